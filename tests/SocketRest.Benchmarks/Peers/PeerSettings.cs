using SocketRest.Benchmarks.Measuring;

namespace SocketRest.Benchmarks.Peers;

internal sealed record PeerSettings
{
    public static PeerSettings Default { get; } = new();

    /// <summary>Counts what passes the client's sockets, where set.</summary>
    public WireCounter? Wire { get; init; }

    /// <summary>Keeps HTTP/2 on one connection, as a tunnel is one.</summary>
    public bool OneConnection { get; init; }
}
