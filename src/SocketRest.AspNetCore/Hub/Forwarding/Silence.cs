namespace SocketRest.AspNetCore.Hub.Forwarding;

/// <summary>How long a direction may be silent that goes on after the other has ended. Without a limit until then.</summary>
internal sealed class Silence(TimeProvider time)
{
    private static readonly TimeSpan s_longest = TimeSpan.FromSeconds(30);

    private CancellationTokenSource? _limit;

    /// <summary>Something was said.</summary>
    public void Break() => Volatile.Read(ref _limit)?.CancelAfter(s_longest);

    /// <summary>From here on too long a silence ends everything.</summary>
    public IDisposable Limit(CancellationTokenSource end)
    {
        var limit = new CancellationTokenSource(s_longest, time);
        limit.Token.UnsafeRegister(static state => End((CancellationTokenSource)state!), end);
        Volatile.Write(ref _limit, limit);
        return new Over(this);
    }

    private static void End(CancellationTokenSource end)
    {
        try
        {
            end.Cancel();
        }
        catch (ObjectDisposedException)
        {
            // The last word and the end of everything met: there is nothing left to end.
        }
    }

    private sealed class Over(Silence silence) : IDisposable
    {
        // Not disposed: who breaks the silence at this moment may hold it.
        public void Dispose() => Interlocked.Exchange(ref silence._limit, null)?.CancelAfter(Timeout.InfiniteTimeSpan);
    }
}
