using System.Threading.Channels;
using SocketRest.AspNetCore.Tests.Conformance;

namespace SocketRest.AspNetCore.Tests.Tunnel;

/// <summary>A clock whose timers only fire when the test lets them: it sees what is waited for.</summary>
internal sealed class HeldTime : TimeProvider
{
    private readonly Channel<(TimeSpan Due, Action Release)> _timers = Channel.CreateUnbounded<(TimeSpan, Action)>();

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        if (dueTime != Timeout.InfiniteTimeSpan)
        {
            _timers.Writer.TryWrite((dueTime, () => callback(state)));
        }

        return new Held();
    }

    /// <summary>The next wait that is meant, once it has begun.</summary>
    public async Task<(TimeSpan Due, Action Release)> NextAsync(Func<TimeSpan, bool> meant)
    {
        while (true)
        {
            (TimeSpan Due, Action Release) timer = await _timers.Reader.ReadAsync().InTime();
            if (meant(timer.Due))
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
