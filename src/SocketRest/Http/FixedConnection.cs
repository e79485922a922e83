using SocketRest.Multiplexing;

namespace SocketRest.Http;

/// <summary>A source that only ever has one connection.</summary>
internal sealed class FixedConnection(TunnelConnection connection) : IConnectionSource
{
    public bool HasOthers => false;

    public TunnelConnection? CurrentFor(HttpRequestMessage request) => connection;

    public ValueTask<TunnelConnection> GetAsync(HttpRequestMessage request, CancellationToken cancellationToken) => new(connection);

    public ValueTask<TunnelConnection?> GetNextAsync(IReadOnlyList<TunnelConnection> tried, CancellationToken cancellationToken) => default;
}
