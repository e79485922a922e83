namespace SocketRest.AspNetCore;

/// <summary>How this application dials out to serve what calls back through the tunnel.</summary>
public sealed class SocketRestAgentOptions : SocketRestClientOptions
{
    /// <summary>Whether the host's own server listens as well. Default <see langword="false"/>: no port is opened and the application is reached through the tunnel alone.</summary>
    public bool ListenLocally { get; set; }

    /// <summary>
    /// How long shutting down waits for running requests before it cuts them off. Default 10 seconds; from 0 to 49 days, or
    /// <see cref="Timeout.InfiniteTimeSpan"/>. Never more than three quarters of the host's own limit (<c>HostOptions.ShutdownTimeout</c>, 30 seconds by default).
    /// </summary>
    public TimeSpan ShutdownTimeout { get; set; } = TimeSpan.FromSeconds(10);

    internal override void Validate()
    {
        base.Validate();
        CheckTime(ShutdownTimeout, nameof(ShutdownTimeout), zeroAllowed: true);
    }
}
