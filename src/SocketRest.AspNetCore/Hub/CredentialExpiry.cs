using SocketRest.Multiplexing;

namespace SocketRest.AspNetCore.Hub;

/// <summary>Ends one connection when its credentials expire.</summary>
internal sealed class CredentialExpiry(TimeProvider time, DateTimeOffset? expires) : IDisposable
{
    /// <summary>A clock that is set does not move timers, and timers know no longer time than 49 days.</summary>
    private static readonly TimeSpan s_longestWait = TimeSpan.FromHours(1);

    private readonly Lock _lock = new();
    private DateTimeOffset? _expires = expires;
    private TunnelConnection? _connection;
    private ITimer? _timer;

    /// <summary>When the credentials expire, or null for never.</summary>
    public DateTimeOffset? Expires
    {
        get
        {
            lock (_lock)
            {
                return _expires;
            }
        }
    }

    public bool IsPast(DateTimeOffset? when) => when <= time.GetUtcNow();

    /// <summary>The connection is there. Its credentials may have been renewed already.</summary>
    public void Start(TunnelConnection connection)
    {
        lock (_lock)
        {
            _connection = connection;
            _timer = time.CreateDetachedTimer(static state => ((CredentialExpiry)state!).OnTimer(), this);
            ArmLocked();
        }
    }

    /// <summary>The connection has new credentials; null is for ever.</summary>
    public void Move(DateTimeOffset? when)
    {
        lock (_lock)
        {
            _expires = when;
            ArmLocked();
        }
    }

    public void Dispose()
    {
        lock (_lock)
        {
            _timer?.Dispose();
            _timer = null;
        }
    }

    private void OnTimer()
    {
        lock (_lock)
        {
            if (_timer is null || !IsPast(_expires))
            {
                ArmLocked();
                return;
            }
        }

        _connection!.Fail(
            new SocketRestException(SocketRestErrorCode.Unauthorized, "The credentials of this connection have expired."), SocketRestErrorCode.Unauthorized);
    }

    private void ArmLocked()
    {
        if (_expires is not { } expires)
        {
            _timer?.Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
            return;
        }

        // Timers count whole milliseconds; one that comes too early would only have to come again.
        double left = Math.Ceiling(Math.Max(0, (expires - time.GetUtcNow()).TotalMilliseconds));
        _timer?.Change(TimeSpan.FromMilliseconds(Math.Min(left, s_longestWait.TotalMilliseconds)), Timeout.InfiniteTimeSpan);
    }
}
