using SocketRest.AspNetCore.Hub;

namespace SocketRest.AspNetCore;

/// <summary>How this application accepts tunnels: for all that it maps. <see cref="SocketRestOptions.Name"/> and <see cref="SocketRestOptions.Instance"/> mean nothing here.</summary>
public sealed class SocketRestServerOptions : SocketRestOptions
{
    /// <summary>
    /// How long shutting down waits for running requests before it cuts them off. Default 10 seconds; from 0 to 49 days, or
    /// <see cref="Timeout.InfiniteTimeSpan"/>. Keep it below the host's own limit (<c>HostOptions.ShutdownTimeout</c>, 30 seconds), which ends the wait as well.
    /// </summary>
    public TimeSpan ShutdownTimeout { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>
    /// Tunnels that there may be at once, those whose handshake is not over among them. Default 10,000; at least 1. One more is answered with
    /// 503 and a <c>Retry-After</c> of 5 to 15 seconds.
    /// </summary>
    public int MaxConnections { get; set; } = 10_000;

    /// <summary>
    /// Handshakes that may be under way at once. Default 1,000; at least 1. One more is answered with 503 and a <c>Retry-After</c> of 1 to 3 seconds.
    /// How long each may take is <see cref="SocketRestOptions.HandshakeTimeout"/>.
    /// </summary>
    public int MaxConcurrentHandshakes { get; set; } = 1_000;

    /// <summary>
    /// New tunnels a second, in the long run. Default 1,000; at least 1. One more is answered with 429 and a <c>Retry-After</c> of up to 30 seconds:
    /// each that is turned away is given a later time, so that they do not come back together.
    /// </summary>
    public int MaxConnectionsPerSecond { get; set; } = 1_000;

    /// <summary>New tunnels that may come all at once after a quiet time. Default 5,000; at least 1.</summary>
    public int ConnectionBurst { get; set; } = 5_000;

    /// <summary>
    /// The origins (<c>https://app.example</c>, with a port where it is not the scheme's own) whose pages may open tunnels in a browser, beside this
    /// server's own origin, which always may. Default: none. <c>*</c> allows every page. Others are answered with 403. Without an <c>Origin</c> header, which programs do
    /// not send, nothing is checked. The server's own origin is what the request's scheme and host say: behind a proxy that changes them, set up
    /// forwarded headers, or list the public origin.
    /// </summary>
    public IList<string> AllowedOrigins { get; } = [];

    internal override void Validate()
    {
        base.Validate();
        Check(MaxConnections >= 1, nameof(MaxConnections), "at least 1");
        Check(MaxConcurrentHandshakes >= 1, nameof(MaxConcurrentHandshakes), "at least 1");
        Check(MaxConnectionsPerSecond >= 1, nameof(MaxConnectionsPerSecond), "at least 1");
        Check(ConnectionBurst >= 1, nameof(ConnectionBurst), "at least 1");
        Check(
            AllowedOrigins.All(origin => origin == Origin.Any || Origin.Parse(origin) is not null),
            nameof(AllowedOrigins),
            "a list of origins such as https://app.example, without a path, or *");
        CheckTime(ShutdownTimeout, nameof(ShutdownTimeout), zeroAllowed: true);
    }
}
