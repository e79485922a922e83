namespace SocketRest.Dialling;

/// <summary>How long to wait before the next attempt to connect: twice as long at most after each failure, and any part of that, so that many who lost the same hub do not come back in step.</summary>
internal sealed class Backoff(TimeSpan cap)
{
    /// <summary>The ceiling of the first wait.</summary>
    public static readonly TimeSpan First = TimeSpan.FromMilliseconds(100);

    /// <summary>What the other end may ask for at most: a mistake there must not lose a device for good.</summary>
    public static readonly TimeSpan LongestAsked = TimeSpan.FromHours(1);

    /// <summary>
    /// A connection that ends sooner counts as a failed attempt: two clients of one name and instance would evict each other without a pause.
    /// </summary>
    public static readonly TimeSpan Settled = TimeSpan.FromSeconds(10);

    private TimeSpan _ceiling = First < cap ? First : cap;

    /// <summary>The wait after an attempt that failed, or after a connection that ended.</summary>
    public TimeSpan Next(SocketRestException? failure = null)
    {
        TimeSpan wait;
        if (failure is { ErrorCode: SocketRestErrorCode.Unauthorized or SocketRestErrorCode.VersionNotSupported })
        {
            // Only a person can change that: asking often is of no use, and giving up would strand a device whose key comes back into force.
            wait = cap * (0.5 + (Random.Shared.NextDouble() / 2));
        }
        else
        {
            wait = _ceiling * Random.Shared.NextDouble();
            _ceiling = _ceiling * 2 < cap ? _ceiling * 2 : cap;
        }

        if (failure?.RetryAfter is { } asked)
        {
            TimeSpan longest = LongestAsked > wait ? LongestAsked : wait;
            wait = asked < longest - wait ? asked + wait : longest;
        }

        return Whole(wait);
    }

    /// <summary>The wait after a connection was drained, however many were before it: only so long that those who were on it do not come all at once.</summary>
    public TimeSpan AtOnce() => Whole((First < cap ? First : cap) * Random.Shared.NextDouble());

    /// <summary>The connection has lasted: its loss is the first failure again.</summary>
    public void Reset() => _ceiling = First < cap ? First : cap;

    /// <summary>Timers count whole milliseconds and cut off the rest: what was asked for is not cut short, and no attempt follows without a pause.</summary>
    private static TimeSpan Whole(TimeSpan wait) => TimeSpan.FromMilliseconds(Math.Max(1, Math.Ceiling(wait.TotalMilliseconds)));
}
