namespace SocketRest.Cli.Tests.Management;

/// <summary>The system's clock, set forward by a test.</summary>
internal sealed class MovedTime : TimeProvider
{
    private long _ahead;

    public override DateTimeOffset GetUtcNow() => base.GetUtcNow() + TimeSpan.FromTicks(Interlocked.Read(ref _ahead));

    public void Move(TimeSpan by) => Interlocked.Add(ref _ahead, by.Ticks);
}
