namespace SocketRest.Multiplexing;

/// <summary>
/// Finished streams that are kept for the next calls of a connection. When none of them is needed for a while all are let go of: looked at by a timer that
/// is only there while something is kept.
/// </summary>
internal sealed class StreamReserve(TunnelConnection connection)
{
    /// <summary>How often it looks whether any was needed: they go after twice this without a call, or sooner.</summary>
    public static readonly TimeSpan Look = TimeSpan.FromSeconds(5);

    private const int MaxKept = 1024;

    private readonly Lock _lock = new();
    private readonly Stack<TunnelStream> _local = new();
    private readonly Stack<TunnelStream> _remote = new();
    private ITimer? _timer;
    private bool _used;
    private bool _closed;

    public int Count
    {
        get
        {
            lock (_lock)
            {
                return _local.Count + _remote.Count;
            }
        }
    }

    public TunnelStream? TakeLocal()
    {
        lock (_lock)
        {
            return _local.TryPop(out TunnelStream? stream) ? stream : null;
        }
    }

    public TunnelStream? TakeRemote()
    {
        lock (_lock)
        {
            return _remote.TryPop(out TunnelStream? stream) ? stream : null;
        }
    }

    public void Keep(TunnelStream stream)
    {
        Stack<TunnelStream> kept = stream.IsLocal ? _local : _remote;
        lock (_lock)
        {
            if (_closed || kept.Count >= MaxKept)
            {
                return;
            }

            kept.Push(stream);
            _used = true;
            if (_timer is null)
            {
                _timer = connection.Time.CreateDetachedTimer(static state => ((StreamReserve)state!).OnTimer(), this);
                _timer.Change(Look, Timeout.InfiniteTimeSpan);
            }
        }
    }

    /// <summary>Keeps none from now on: whoever keeps the connection, to look at how it ended, does not keep these.</summary>
    public void Close()
    {
        lock (_lock)
        {
            _closed = true;
            ClearLocked();
        }
    }

    private void OnTimer()
    {
        lock (_lock)
        {
            if (_closed)
            {
                return;
            }

            if (_used)
            {
                _used = false;
                _timer!.Change(Look, Timeout.InfiniteTimeSpan);
                return;
            }

            ClearLocked();
        }

        connection.TrimExcess();
    }

    private void ClearLocked()
    {
        _local.Clear();
        _local.TrimExcess();
        _remote.Clear();
        _remote.TrimExcess();
        _timer?.Dispose();
        _timer = null;
    }
}
