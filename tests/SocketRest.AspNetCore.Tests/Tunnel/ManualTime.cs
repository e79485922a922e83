namespace SocketRest.AspNetCore.Tests.Tunnel;

/// <summary>A clock whose timestamps stand still until a test moves them. Timers run as always.</summary>
internal sealed class ManualTime : TimeProvider
{
    private long _now;

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override long GetTimestamp() => Volatile.Read(ref _now);

    public void Advance(TimeSpan time) => Interlocked.Add(ref _now, time.Ticks);
}
