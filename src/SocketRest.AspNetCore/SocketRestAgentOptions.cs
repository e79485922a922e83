namespace SocketRest.AspNetCore;

/// <summary>How this application dials out to serve what calls back through the tunnel.</summary>
public sealed class SocketRestAgentOptions : SocketRestClientOptions
{
    /// <summary>Whether the host's own server listens as well. Default <see langword="false"/>: no port is opened and the application is reached through the tunnel alone.</summary>
    public bool ListenLocally { get; set; }

    /// <summary>
    /// The longest wait between two attempts to connect, unless the other end asks for a longer one (of an hour at most). Default 30 seconds;
    /// positive and at most 49 days. The first wait, and the one after a connection that lasted ten seconds or more,
    /// is at most a tenth of a second, each next one twice as long; a random part of up to a half is taken off each.
    /// </summary>
    public TimeSpan MaxReconnectDelay { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// How long shutting down waits for running requests before it cuts them off. Default 10 seconds; from 0 to 49 days, or
    /// <see cref="Timeout.InfiniteTimeSpan"/>. Keep it below the host's own limit (<c>HostOptions.ShutdownTimeout</c>, 30 seconds), which ends the wait as well.
    /// </summary>
    public TimeSpan ShutdownTimeout { get; set; } = TimeSpan.FromSeconds(10);

    internal override void Validate()
    {
        base.Validate();
        Check(MaxReconnectDelay > TimeSpan.Zero && MaxReconnectDelay <= TimeSpan.FromDays(49), nameof(MaxReconnectDelay), "positive and at most 49 days");
        CheckTime(ShutdownTimeout, nameof(ShutdownTimeout), zeroAllowed: true);
    }
}
