namespace SocketRest.Benchmarks.Fuzzing;

/// <summary>How the peer of a fuzzed connection leaves.</summary>
internal enum Ending
{
    /// <summary>It closes the WebSocket when the other side has nothing more to say.</summary>
    ClosesLate,

    /// <summary>It closes the WebSocket right behind its last byte.</summary>
    Closes,

    /// <summary>The network is gone right behind its last byte.</summary>
    IsLost,
}
