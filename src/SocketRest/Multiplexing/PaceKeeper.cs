namespace SocketRest.Multiplexing;

/// <summary>Looks once a second after all on a connection that is waited for. Its timer runs only while there is something of the kind.</summary>
internal sealed class PaceKeeper
{
    private static readonly TimeSpan s_second = TimeSpan.FromSeconds(1);

    private readonly Lock _lock = new();
    private readonly HashSet<IPaced> _waiting = [];
    private readonly TimeProvider _time;
    private readonly ITimer _timer;
    private bool _runs;

    public PaceKeeper(TimeProvider time)
    {
        _time = time;
        _timer = time.CreateDetachedTimer(static state => ((PaceKeeper)state!).OnTimer(), this);
    }

    /// <summary>How much is waited for.</summary>
    public int Waiting
    {
        get
        {
            lock (_lock)
            {
                return _waiting.Count;
            }
        }
    }

    public void Add(IPaced waiting)
    {
        lock (_lock)
        {
            _waiting.Add(waiting);
            if (!_runs)
            {
                _runs = true;
                _timer.Change(s_second, Timeout.InfiniteTimeSpan);
            }
        }
    }

    public void Remove(IPaced waiting)
    {
        lock (_lock)
        {
            _waiting.Remove(waiting);
        }
    }

    private void OnTimer()
    {
        IPaced[] all;
        lock (_lock)
        {
            all = [.. _waiting];
        }

        long now = _time.GetTimestamp();
        foreach (IPaced one in all)
        {
            one.OnSecond(now);
        }

        lock (_lock)
        {
            _runs = _waiting.Count > 0;
            if (_runs)
            {
                _timer.Change(s_second, Timeout.InfiniteTimeSpan);
            }
        }
    }
}
