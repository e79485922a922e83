using System.Net.WebSockets;
using System.Text;
using SocketRest.AspNetCore.Tests.Conformance;
using SocketRest.Protocol;

namespace SocketRest.AspNetCore.Tests.Tunnel;

/// <summary>A peer that speaks the wire by hand: it only does what the test says.</summary>
internal sealed class RawPeer : IDisposable
{
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
        RawPeer peer = await OpenAsync(tunnel);
        await peer.SendAsync(FrameType.Hello, $$"""{"versions":[1],"name":"{{name}}","instance":"{{instance}}","settings":{},"serves":false}""");

        // WELCOME comes in one message: nothing else is on its way yet.
        await peer.Socket.ReceiveAsync(new byte[4096], default).InTime();
        await peer.SendAsync(FrameType.Ready, "{}");
        return peer;
    }

    public Task SendAsync(FrameType type, string json)
    {
        byte[] payload = Encoding.UTF8.GetBytes(json);
        var frame = new byte[FrameHeader.Size + payload.Length];
        FramePayload.WriteFrame(frame, type, FrameFlags.None, 0, payload);
        return Socket.SendAsync(frame, WebSocketMessageType.Binary, endOfMessage: true, default).InTime();
    }

    public void Dispose() => Socket.Dispose();
}
