namespace SocketRest.Multiplexing;

/// <summary>
/// Ends a connection on which nothing has run for a while, as a drain: a call that comes at that moment is not lost. Looks from time to time at the numbers
/// of the streams, which tell whether any was opened; nothing else has to be noted for it.
/// </summary>
internal sealed class IdleLimit
{
    /// <summary>How often it looks within the limit: the end comes later by one of these at most.</summary>
    private const int Looks = 8;

    private readonly TunnelConnection _connection;
    private readonly TimeSpan _limit;
    private readonly TimeSpan _step;
    private readonly ITimer _timer;
    private (uint, uint) _seen;
    private long _idleSince;

    private IdleLimit(TunnelConnection connection, TimeSpan limit)
    {
        _connection = connection;
        _limit = limit;
        _step = TimeSpan.FromMilliseconds(Math.Ceiling(limit.TotalMilliseconds / Looks));
        _timer = connection.Time.CreateDetachedTimer(static state => ((IdleLimit)state!).Look(), this);
    }

    /// <summary>Null when the options switch it off.</summary>
    public static IdleLimit? Create(TunnelConnection connection, SocketRestOptions options) =>
        options.IdleTimeout == Timeout.InfiniteTimeSpan ? null : new IdleLimit(connection, options.IdleTimeout);

    public void Start()
    {
        _seen = _connection.Streams.Latest;
        _idleSince = _connection.Time.GetTimestamp();
        _timer.Change(_step, Timeout.InfiniteTimeSpan);
    }

    public void Stop() => _timer.Dispose();

    private void Look()
    {
        if (_connection.IsEnded)
        {
            return;
        }

        long now = _connection.Time.GetTimestamp();
        (uint, uint) latest = _connection.Streams.Latest;
        if (_connection.OpenStreams > 0 || latest != _seen)
        {
            _seen = latest;
            _idleSince = now;
        }
        else if (_connection.Time.GetElapsedTime(_idleSince, now) >= _limit)
        {
            _connection.Drain.Begin(SocketRestErrorCode.IdleTimeout, $"Nothing ran on the connection for {_limit}.");
            return;
        }

        _timer.Change(_step, Timeout.InfiniteTimeSpan);
    }
}
