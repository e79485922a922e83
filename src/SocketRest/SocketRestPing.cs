namespace SocketRest;

/// <summary>A PING that came in, or the answer to one of this side's, for <see cref="SocketRestConnection.Pings"/>.</summary>
public sealed record SocketRestPing
{
    internal SocketRestPing()
    {
    }

    /// <summary>
    /// How long the answer took, through both ends' send queues; <see langword="null"/> for a PING of the other end, which this side has answered by itself.
    /// </summary>
    public TimeSpan? RoundTrip { get; init; }

    /// <summary>What travelled with it: up to 1,024 bytes, none with the heartbeat's own.</summary>
    public ReadOnlyMemory<byte> Data { get; init; }

    /// <summary>When it came, by <see cref="SocketRestOptions.TimeProvider"/>.</summary>
    public required DateTimeOffset At { get; init; }

    /// <summary>How many this reader missed directly before this one, because it read more slowly than they came.</summary>
    public int Missed { get; init; }
}
