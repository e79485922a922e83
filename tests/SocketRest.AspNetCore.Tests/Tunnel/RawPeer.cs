using System.Buffers.Binary;
using System.Net.WebSockets;
using System.Text;
using SocketRest.AspNetCore.Tests.Conformance;
using SocketRest.Protocol;
using SocketRest.Protocol.Hpack;

namespace SocketRest.AspNetCore.Tests.Tunnel;

/// <summary>A peer that speaks the wire by hand: it only does what the test says.</summary>
internal sealed class RawPeer : IDisposable
{
    private readonly HpackEncoder _encoder = new(4096);

    private RawPeer(ClientWebSocket socket) => Socket = socket;

    public ClientWebSocket Socket { get; }

    /// <summary>Opens the WebSocket and says nothing.</summary>
    public static async Task<RawPeer> OpenAsync(Uri tunnel)
    {
        var peer = new RawPeer(new ClientWebSocket());
        peer.Socket.Options.AddSubProtocol(SubProtocol.Name);
        await peer.Socket.ConnectAsync(new UriBuilder(tunnel) { Scheme = "ws" }.Uri, default).InTime();
        return peer;
    }

    public static async Task<RawPeer> ConnectAsync(Uri tunnel, string name, string instance)
    {
        RawPeer peer = await GreetAsync(tunnel, name, instance);
        await peer.SendReadyAsync();
        return peer;
    }

    /// <summary>Has got WELCOME, and has not said READY.</summary>
    public static async Task<RawPeer> GreetAsync(Uri tunnel, string name, string instance)
    {
        RawPeer peer = await OpenAsync(tunnel);
        await peer.SendAsync(FrameType.Hello, $$"""{"versions":[1],"name":"{{name}}","instance":"{{instance}}","settings":{},"serves":false}""");

        // WELCOME comes in one message: nothing else is on its way yet.
        await peer.Socket.ReceiveAsync(new byte[4096], default).InTime();
        return peer;
    }

    public Task SendReadyAsync() => SendAsync(FrameType.Ready, "{}");

    /// <summary>Says that nothing of this side is left: the answer to the GOAWAY of a drain.</summary>
    public Task AnswerGoAwayAsync()
    {
        var frame = new byte[FrameHeader.Size + FramePayload.GoAwayFixed];
        FramePayload.WriteFrame(frame, FrameType.GoAway, FrameFlags.Answer, 0, new byte[FramePayload.GoAwayFixed]);
        return Socket.SendAsync(frame, WebSocketMessageType.Binary, endOfMessage: true, default).InTime();
    }

    public Task SendAsync(FrameType type, string json)
    {
        byte[] payload = Encoding.UTF8.GetBytes(json);
        var frame = new byte[FrameHeader.Size + payload.Length];
        FramePayload.WriteFrame(frame, type, FrameFlags.None, 0, payload);
        return Socket.SendAsync(frame, WebSocketMessageType.Binary, endOfMessage: true, default).InTime();
    }

    /// <summary>A GET without a body whose head has these fields besides.</summary>
    public Task SendRequestAsync(uint id, params (string Name, string Value)[] more)
    {
        var head = new HeaderList();
        foreach ((string name, string value) in more.Prepend((":path", "/")).Prepend((":scheme", "http")).Prepend((":method", "GET")))
        {
            head.Add(name, value);
        }

        byte[] block = new byte[head.EncodedBound + 16];
        int length = _encoder.Encode(head.Span, block);
        byte[] frame = new byte[FrameHeader.Size + length];
        FramePayload.WriteFrame(frame, FrameType.Headers, FrameFlags.EndStream, id, block.AsSpan(0, length));
        return Socket.SendAsync(frame, WebSocketMessageType.Binary, endOfMessage: true, default).InTime();
    }

    /// <summary>The first frame of a stream, and the code that it has if it is RESET.</summary>
    public async Task<(FrameType Type, SocketRestErrorCode Code)> ReceiveAnswerAsync(uint id)
    {
        while (true)
        {
            (FrameHeader frame, byte[] payload) = await ReceiveFrameAsync();
            if (frame.StreamId == id)
            {
                return (frame.Type, frame.Type == FrameType.Reset ? (SocketRestErrorCode)BinaryPrimitives.ReadUInt32BigEndian(payload) : SocketRestErrorCode.None);
            }
        }
    }

    public async Task<(FrameHeader Header, byte[] Payload)> ReceiveFrameAsync()
    {
        FrameHeader header = FrameHeader.Read(await ReceiveExactlyAsync(FrameHeader.Size));
        return (header, await ReceiveExactlyAsync(header.Length));
    }

    public void Dispose() => Socket.Dispose();

    private async Task<byte[]> ReceiveExactlyAsync(int length)
    {
        byte[] bytes = new byte[length];
        for (int start = 0; start < length;)
        {
            ValueWebSocketReceiveResult result = await Socket.ReceiveAsync(bytes.AsMemory(start), default).AsTask().InTime();
            Assert.NotEqual(WebSocketMessageType.Close, result.MessageType);
            start += result.Count;
        }

        return bytes;
    }
}
