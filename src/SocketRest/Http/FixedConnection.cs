using SocketRest.Multiplexing;

namespace SocketRest.Http;

/// <summary>A source that only ever has one connection.</summary>
internal sealed class FixedConnection(TunnelConnection connection) : IConnectionSource
{
    public TunnelConnection? Current => connection;

    public bool CanDialAgain => false;

    public ValueTask<TunnelConnection> GetAsync(CancellationToken cancellationToken) => new(connection);
}
