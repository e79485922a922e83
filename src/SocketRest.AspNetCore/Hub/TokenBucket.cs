namespace SocketRest.AspNetCore.Hub;

/// <summary>So many a second, with a burst. Not safe for several threads at once.</summary>
internal sealed class TokenBucket(int perSecond, int burst, TimeProvider time)
{
    /// <summary>What is turned away is asked to wait this long at most: those who do not come back must not hold a place for ever.</summary>
    private static readonly TimeSpan s_longestWait = TimeSpan.FromSeconds(30);

    private double _tokens = burst;
    private double _promised;
    private long _refilled = time.GetTimestamp();

    /// <summary>Takes one, or says when to come again: each that is turned away is given a later time, so that they do not come back together.</summary>
    public bool TryTake(out TimeSpan wait)
    {
        long now = time.GetTimestamp();
        double earned = time.GetElapsedTime(_refilled, now).TotalSeconds * perSecond;
        _refilled = now;
        _tokens = Math.Min(burst, _tokens + earned);
        _promised = Math.Max(0, _promised - earned);
        if (_tokens >= 1)
        {
            _tokens--;
            wait = default;
            return true;
        }

        wait = TimeSpan.FromSeconds(Math.Min((_promised + 1) / perSecond, s_longestWait.TotalSeconds));
        _promised = Math.Min(_promised + 1, perSecond * s_longestWait.TotalSeconds);
        return false;
    }
}
