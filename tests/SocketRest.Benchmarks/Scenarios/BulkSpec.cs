using SocketRest.Benchmarks.Measuring;
using SocketRest.Benchmarks.Peers;

namespace SocketRest.Benchmarks.Scenarios;

/// <summary>A peer of a bulk scenario, and what it is there for.</summary>
internal sealed record BulkSpec(Role Role, Func<Task<IBulkPeer>> StartAsync)
{
    /// <summary>Bulk as the body of one HTTP exchange through the peer.</summary>
    public static BulkSpec Http(PeerSpec spec) =>
        new(spec.Role, async () => new HttpBulkPeer(await spec.StartAsync(PeerSettings.Default)));
}
