namespace SocketRest.Multiplexing;

/// <summary>
/// Starts what lives as long as a connection or a host: it must not carry the context in which it was made, which is that of somebody's request, along
/// for all that time. Also for a caller that has suppressed the flow of its context itself.
/// </summary>
internal static class Detached
{
    /// <summary>A timer that is not armed yet and runs in no context of anybody's.</summary>
    public static ITimer CreateDetachedTimer(this TimeProvider time, TimerCallback callback, object state)
    {
        using AsyncFlowControl suppressed = Suppress();
        return time.CreateTimer(callback, state, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Runs it on the pool, in no context of anybody's.</summary>
    public static Task Run(Func<Task> work)
    {
        using AsyncFlowControl suppressed = Suppress();
        return Task.Run(work);
    }

    private static AsyncFlowControl Suppress() => ExecutionContext.IsFlowSuppressed() ? default : ExecutionContext.SuppressFlow();
}
