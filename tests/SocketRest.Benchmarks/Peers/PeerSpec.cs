using SocketRest.Benchmarks.Measuring;

namespace SocketRest.Benchmarks.Peers;

/// <summary>A peer of a scenario, and what it is there for.</summary>
internal sealed record PeerSpec(Role Role, Func<PeerSettings, Task<Peer>> StartAsync);
