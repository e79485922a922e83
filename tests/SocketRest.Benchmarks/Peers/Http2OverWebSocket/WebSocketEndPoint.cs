using System.Net;

namespace SocketRest.Benchmarks.Peers.Http2OverWebSocket;

/// <summary>Tells Kestrel to take this endpoint's connections from <see cref="WebSocketListener"/>.</summary>
internal sealed class WebSocketEndPoint : EndPoint
{
    public override string ToString() => "websocket";
}
