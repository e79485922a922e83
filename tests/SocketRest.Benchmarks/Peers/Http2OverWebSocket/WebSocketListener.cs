using System.Net;
using System.Threading.Channels;
using Microsoft.AspNetCore.Connections;

namespace SocketRest.Benchmarks.Peers.Http2OverWebSocket;

/// <summary>A Kestrel transport: its connections are the WebSockets that another endpoint accepted.</summary>
internal sealed class WebSocketListener : IConnectionListenerFactory, IConnectionListenerFactorySelector, IConnectionListener
{
    private readonly Channel<ConnectionContext> _accepted = Channel.CreateUnbounded<ConnectionContext>();

    public EndPoint EndPoint { get; } = new WebSocketEndPoint();

    public void Add(ConnectionContext connection) => _accepted.Writer.TryWrite(connection);

    public bool CanBind(EndPoint endpoint) => endpoint is WebSocketEndPoint;

    public ValueTask<IConnectionListener> BindAsync(EndPoint endpoint, CancellationToken cancellationToken = default) => new(this);

    public async ValueTask<ConnectionContext?> AcceptAsync(CancellationToken cancellationToken = default) =>
        await _accepted.Reader.WaitToReadAsync(cancellationToken) && _accepted.Reader.TryRead(out var connection) ? connection : null;

    public ValueTask UnbindAsync(CancellationToken cancellationToken = default)
    {
        _accepted.Writer.TryComplete();
        return ValueTask.CompletedTask;
    }

    public ValueTask DisposeAsync() => UnbindAsync();
}
