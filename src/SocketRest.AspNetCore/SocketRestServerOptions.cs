namespace SocketRest.AspNetCore;

/// <summary>How this application accepts tunnels: for all that it maps. <see cref="SocketRestOptions.Name"/> and <see cref="SocketRestOptions.Instance"/> mean nothing here.</summary>
public sealed class SocketRestServerOptions : SocketRestOptions
{
    /// <summary>
    /// How long shutting down waits for running requests before it cuts them off. Default 10 seconds; from 0 to 49 days, or
    /// <see cref="Timeout.InfiniteTimeSpan"/>. Keep it below the host's own limit (<c>HostOptions.ShutdownTimeout</c>, 30 seconds), which ends the wait as well.
    /// </summary>
    public TimeSpan ShutdownTimeout { get; set; } = TimeSpan.FromSeconds(10);

    internal override void Validate()
    {
        base.Validate();
        CheckTime(ShutdownTimeout, nameof(ShutdownTimeout), zeroAllowed: true);
    }
}
