namespace SocketRest.Multiplexing;

/// <summary>
/// Timers that live as long as a connection: they must not carry the context in which it was made, which is that of somebody's request, along for
/// all that time.
/// </summary>
internal static class DetachedTimer
{
    /// <summary>A timer that is not armed yet and runs in no context of anybody's.</summary>
    public static ITimer CreateDetachedTimer(this TimeProvider time, TimerCallback callback, object state)
    {
        if (ExecutionContext.IsFlowSuppressed())
        {
            return time.CreateTimer(callback, state, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        }

        using (ExecutionContext.SuppressFlow())
        {
            return time.CreateTimer(callback, state, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        }
    }
}
