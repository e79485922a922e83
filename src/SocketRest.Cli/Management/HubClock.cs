namespace SocketRest.Cli.Management;

/// <summary>When the hub started.</summary>
internal sealed class HubClock(TimeProvider time)
{
    private readonly long _since = time.GetTimestamp();

    public DateTimeOffset Started { get; } = time.GetUtcNow();

    public TimeSpan Uptime => time.GetElapsedTime(_since);
}
