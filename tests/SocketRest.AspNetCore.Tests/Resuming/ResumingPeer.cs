using System.Buffers.Binary;
using System.Net.WebSockets;
using System.Text;
using System.Text.Json.Nodes;
using SocketRest.AspNetCore.Tests.Conformance;
using SocketRest.Protocol;

namespace SocketRest.AspNetCore.Tests.Resuming;

/// <summary>A dialling side played by hand that comes back to its connection as the test wants it, rightly or not.</summary>
internal sealed class ResumingPeer : IDisposable
{
    private readonly byte[] _buffer = new byte[64 * 1024];
    private int _length;

    private ResumingPeer(ClientWebSocket socket) => Socket = socket;

    public ClientWebSocket Socket { get; }

    /// <summary>What the hub said in WELCOME or REFUSE.</summary>
    public JsonNode Answer { get; private set; } = null!;

    public string Id => (string)Answer["id"]!;

    public string Token => (string)Answer["token"]!;

    /// <summary>Makes a connection.</summary>
    public static async Task<ResumingPeer> DialAsync(Uri tunnel, string? user = null, string name = "raw")
    {
        ResumingPeer peer = await OpenAsync(tunnel, null, user);
        await peer.SendAsync(FrameType.Hello, $$"""{"versions":[1],"name":"{{name}}","settings":{} }""");
        Assert.Equal(FrameType.Welcome, await peer.ReceiveAnswerAsync());
        await peer.SendAsync(FrameType.Ready, "{}");
        return peer;
    }

    /// <summary>Asks to go on with a connection. <paramref name="names"/> says which one in the upgrade request, as it should, or does not.</summary>
    public static async Task<(ResumingPeer Peer, FrameType Answer)> ComeBackAsync(
        Uri tunnel, string id, string token, ulong attempt, string? user = null, bool names = true)
    {
        ResumingPeer peer = await OpenAsync(tunnel, names ? id : null, user);
        await peer.SendAsync(
            FrameType.Hello, $$"""{"versions":[1],"settings":{},"resume":{"id":"{{id}}","token":"{{token}}","received":0,"attempt":{{attempt}} } }""");
        FrameType answer = await peer.ReceiveAnswerAsync();
        if (answer == FrameType.Welcome)
        {
            await peer.SendAsync(FrameType.Ready, "{}");
        }

        return (peer, answer);
    }

    /// <summary>Opens the WebSocket and says nothing.</summary>
    public static async Task<ResumingPeer> OpenAsync(Uri tunnel, string? names, string? user = null)
    {
        var peer = new ResumingPeer(new ClientWebSocket());
        peer.Socket.Options.AddSubProtocol(SubProtocol.Name);
        if (names is not null)
        {
            peer.Socket.Options.SetRequestHeader(SubProtocol.ConnectionHeader, names);
        }

        if (user is not null)
        {
            peer.Socket.Options.SetRequestHeader("x-user", user);
        }

        await peer.Socket.ConnectAsync(new UriBuilder(tunnel) { Scheme = "ws" }.Uri, default).InTime();
        return peer;
    }

    public Task SendAsync(FrameType type, string json)
    {
        byte[] payload = Encoding.UTF8.GetBytes(json);
        var frame = new byte[FrameHeader.Size + payload.Length];
        FramePayload.WriteFrame(frame, type, FrameFlags.None, 0, payload);
        return Socket.SendAsync(frame, WebSocketMessageType.Binary, endOfMessage: true, default).InTime();
    }

    /// <summary>An answered PING: the link is alive.</summary>
    public async Task PingAsync()
    {
        var frame = new byte[FrameHeader.Size + 8];
        FramePayload.WriteFrame(frame, FrameType.Ping, FrameFlags.None, 0, BitConverter.GetBytes(4_711L));
        await Socket.SendAsync(frame, WebSocketMessageType.Binary, endOfMessage: true, default).InTime();
        while (await ReceiveFrameAsync() is not { Type: FrameType.Ping })
        {
        }
    }

    public async Task<FrameType> ReceiveAnswerAsync()
    {
        (FrameType type, byte[] payload) = await ReceiveFrameAsync();
        Answer = JsonNode.Parse(payload)!;
        return type;
    }

    /// <summary>The hub has let go of this socket.</summary>
    public async Task ExpectCutAsync() => await Assert.ThrowsAnyAsync<Exception>(async () =>
    {
        while (true)
        {
            await ReceiveFrameAsync();
        }
    });

    public void Dispose() => Socket.Dispose();

    private async Task<(FrameType Type, byte[] Payload)> ReceiveFrameAsync()
    {
        while (true)
        {
            if (_length >= FrameHeader.Size)
            {
                int size = FrameHeader.Size + BinaryPrimitives.ReadUInt16BigEndian(_buffer.AsSpan(2));
                if (_length >= size)
                {
                    var type = (FrameType)_buffer[0];
                    byte[] payload = _buffer[FrameHeader.Size..size];
                    _buffer.AsSpan(size, _length - size).CopyTo(_buffer);
                    _length -= size;
                    return (type, payload);
                }
            }

            ValueWebSocketReceiveResult result = await Socket.ReceiveAsync(_buffer.AsMemory(_length), default).AsTask().InTime();
            Assert.NotEqual(WebSocketMessageType.Close, result.MessageType);
            _length += result.Count;
        }
    }
}
