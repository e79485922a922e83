namespace SocketRest;

/// <summary>What became of a client's connection, for <see cref="SocketRestClient.StateChanges"/>.</summary>
public sealed record SocketRestStateChange
{
    internal SocketRestStateChange()
    {
    }

    /// <summary>The state from now on.</summary>
    public required SocketRestConnectionState State { get; init; }

    /// <summary>When that was, by <see cref="SocketRestOptions.TimeProvider"/>.</summary>
    public required DateTimeOffset At { get; init; }

    /// <summary>Which attempt since the last connection this is about, the first being 1.</summary>
    public int Attempt { get; init; }

    /// <summary>The connection that was made or has ended; <see langword="null"/> while there is none and after an attempt that failed.</summary>
    public SocketRestConnection? Connection { get; init; }

    /// <summary>
    /// Why there is no connection, or why it lost its socket; <see langword="null"/> unless <see cref="State"/> is <see cref="SocketRestConnectionState.Disconnected"/>
    /// or <see cref="SocketRestConnectionState.Interrupted"/>.
    /// </summary>
    public SocketRestException? Reason { get; init; }

    /// <summary>How many changes this reader missed directly before this one, because it read more slowly than they came.</summary>
    public int Missed { get; init; }
}
