using System.Threading.Channels;

namespace SocketRest.Tests.Serving;

/// <summary>A clock that stands still until a test moves it, and whose timers only fire when the test lets them: it sees what is waited for.</summary>
internal sealed class HeldTime : TimeProvider
{
    private readonly Channel<(TimeSpan Due, Action Release)> _timers = Channel.CreateUnbounded<(TimeSpan, Action)>();
    private long _now = TimeSpan.TicksPerDay;

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override long GetTimestamp() => Volatile.Read(ref _now);

    public void Advance(TimeSpan time) => Interlocked.Add(ref _now, time.Ticks);

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        if (dueTime != Timeout.InfiniteTimeSpan)
        {
            _timers.Writer.TryWrite((dueTime, () => callback(state)));
        }

        return new Held();
    }

    /// <summary>The next wait of up to ten seconds, once it has begun.</summary>
    public async Task<(TimeSpan Due, Action Release)> NextAsync()
    {
        while (true)
        {
            (TimeSpan Due, Action Release) timer = await _timers.Reader.ReadAsync().InTime();
            if (timer.Due <= TimeSpan.FromSeconds(10))
            {
                return timer;
            }
        }
    }

    private sealed class Held : ITimer
    {
        public bool Change(TimeSpan dueTime, TimeSpan period) => true;

        public void Dispose()
        {
        }

        public ValueTask DisposeAsync() => default;
    }
}
