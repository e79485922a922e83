using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Text;
using SocketRest.AspNetCore.Tests.Conformance;
using SocketRest.Protocol;

namespace SocketRest.AspNetCore.Tests.Tunnel;

/// <summary>A peer on a bare TCP socket that keeps next to nothing itself, so that what the process holds is the hub's. It reads the handshake and nothing after it.</summary>
internal sealed class HostilePeer : IDisposable
{
    private readonly Socket _socket = new(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true, ReceiveBufferSize = 4096 };

    private MemoryStream _waiting = new();

    public static async Task<HostilePeer> ConnectAsync(Uri tunnel, string metadata, int streamWindow)
    {
        var peer = new HostilePeer();
        await peer._socket.ConnectAsync(IPAddress.Loopback, tunnel.Port).InTime();
        await peer.SendRawAsync(Encoding.ASCII.GetBytes(
            $"GET {tunnel.AbsolutePath} HTTP/1.1\r\nHost: {tunnel.Authority}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
            + $"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Protocol: {SubProtocol.Name}\r\n\r\n"));
        await peer.ReceiveUntilAsync("\r\n\r\n");
        peer.AddFrame(FrameType.Hello, 0, Encoding.UTF8.GetBytes($$"""{"versions":[1],"settings":{"streamWindow":{{streamWindow}}},"metadata":{{metadata}}}"""));
        await peer.SendAsync();
        await peer.ReceiveUntilAsync("\"serves\":true");
        peer.AddFrame(FrameType.Ready, 0, "{}"u8.ToArray());
        return peer;
    }

    /// <summary>POST with a field of the given length, which no table knows.</summary>
    public void AddRequest(uint id, string path, string value, bool endStream = false) =>
        AddFrame(FrameType.Headers, id, [0x83, 0x86, .. Literal(1, "device"), .. Literal(4, path), 0x00, .. Text("x"), .. Text(value)], endStream ? FrameFlags.EndStream : FrameFlags.None);

    public void AddBody(uint id, int length)
    {
        // Pieces that fit no buffer well.
        for (int left = length; left > 0; left -= 2049)
        {
            AddFrame(FrameType.Data, id, new byte[Math.Min(left, 2049)]);
        }
    }

    public void AddReset(uint id) => AddFrame(FrameType.Reset, id, [0, 0, 0, (byte)SocketRestErrorCode.Cancelled]);

    public void AddWindow(uint id, uint increment)
    {
        byte[] payload = new byte[4];
        BinaryPrimitives.WriteUInt32BigEndian(payload, increment);
        AddFrame(FrameType.Window, id, payload);
    }

    public void AddPing() => AddFrame(FrameType.Ping, 0, new byte[8]);

    /// <summary>A frame of the largest size without its last byte.</summary>
    public void AddHalfHeaders(uint id)
    {
        byte[] frame = new byte[FrameHeader.Size + FrameHeader.MaxPayload];
        FramePayload.WriteFrame(frame, FrameType.Headers, FrameFlags.None, id, new byte[FrameHeader.MaxPayload]);
        _waiting.Write(frame.AsSpan(0, frame.Length - 1));
    }

    public void Dispose() => _socket.Dispose();

    /// <summary>Sends what was added: one WebSocket message, masked with zeros, which change nothing.</summary>
    public async Task SendAsync()
    {
        int length = (int)_waiting.Length;
        await SendRawAsync([0x82, 0xFF, 0, 0, 0, 0, (byte)(length >> 24), (byte)(length >> 16), (byte)(length >> 8), (byte)length, 0, 0, 0, 0, .. _waiting.ToArray()]);
        _waiting = new MemoryStream();
    }

    private void AddFrame(FrameType type, uint id, byte[] payload, FrameFlags flags = FrameFlags.None)
    {
        byte[] frame = new byte[FrameHeader.Size + payload.Length];
        FramePayload.WriteFrame(frame, type, flags, id, payload);
        _waiting.Write(frame);
    }

    /// <summary>
    /// Not the asynchronous way, in which the socket keeps the last buffer that it sent; and on a thread of its own: those of the pool are the hub's, which has to read.
    /// </summary>
    private async Task SendRawAsync(byte[] bytes) => Assert.Equal(
        bytes.Length,
        await Task.Factory.StartNew(() => _socket.Send(bytes), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default).InTime());

    private async Task ReceiveUntilAsync(string end)
    {
        byte[] buffer = new byte[4096];
        for (int length = 0; !Encoding.Latin1.GetString(buffer, 0, length).Contains(end, StringComparison.Ordinal);)
        {
            int count = await _socket.ReceiveAsync(buffer.AsMemory(length)).InTime();
            Assert.NotEqual(0, count);
            length += count;
        }
    }

    private static byte[] Literal(int nameIndex, string value) => [(byte)nameIndex, .. Text(value)];

    private static byte[] Text(string text)
    {
        byte[] length = new byte[8];
        int position = 0;
        int rest = text.Length - 127;
        length[position++] = (byte)Math.Min(text.Length, 127);
        if (rest >= 0)
        {
            for (; rest >= 128; rest >>= 7)
            {
                length[position++] = (byte)(rest | 0x80);
            }

            length[position++] = (byte)rest;
        }

        return [.. length.AsSpan(0, position), .. Encoding.ASCII.GetBytes(text)];
    }
}
