namespace SocketRest.Cli.Tests.Management;

/// <summary>The system's clock, set forward by a test. Timers that are due by then fire.</summary>
internal sealed class MovedTime : TimeProvider
{
    private readonly Lock _lock = new();
    private readonly List<MovedTimer> _timers = [];
    private long _ahead;

    public override DateTimeOffset GetUtcNow() => base.GetUtcNow() + TimeSpan.FromTicks(Interlocked.Read(ref _ahead));

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        if (period != Timeout.InfiniteTimeSpan)
            return base.CreateTimer(callback, state, dueTime, period);
        var timer = new MovedTimer(this, base.CreateTimer(callback, state, Timeout.InfiniteTimeSpan, period));
        timer.Change(dueTime, period);
        lock (_lock)
            _timers.Add(timer);
        return timer;
    }

    public void Move(TimeSpan by)
    {
        Interlocked.Add(ref _ahead, by.Ticks);
        MovedTimer[] timers;
        lock (_lock)
            timers = [.. _timers];
        foreach (MovedTimer timer in timers)
            timer.Hasten();
    }

    private sealed class MovedTimer(MovedTime time, ITimer timer) : ITimer
    {
        private DateTimeOffset? _due;

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            _due = dueTime == Timeout.InfiniteTimeSpan ? null : time.GetUtcNow() + dueTime;
            return timer.Change(dueTime, period);
        }

        public void Hasten()
        {
            if (_due <= time.GetUtcNow())
            {
                _due = null;
                timer.Change(TimeSpan.Zero, Timeout.InfiniteTimeSpan);
            }
        }

        public void Dispose()
        {
            lock (time._lock)
                time._timers.Remove(this);
            timer.Dispose();
        }

        public ValueTask DisposeAsync()
        {
            Dispose();
            return default;
        }
    }
}
