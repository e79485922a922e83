using SocketRest.AspNetCore.Hub;

namespace SocketRest.AspNetCore;

/// <summary>How this application accepts tunnels: for all that it maps.</summary>
public sealed class SocketRestServerOptions : SocketRestOptions
{
    private Multiplexing.WindowBudget? _hostWindows;

    /// <summary>
    /// How long shutting down waits for running requests before it cuts them off. Default 10 seconds; from 0 to 49 days, or
    /// <see cref="Timeout.InfiniteTimeSpan"/>. Never more than three quarters of the host's own limit (<c>HostOptions.ShutdownTimeout</c>, 30 seconds by default).
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

    /// <summary>
    /// What the requests of all tunnels together may have granted to the bodies that arrive, in bytes: <see cref="SocketRestOptions.InitialStreamWindow"/> for each
    /// request that has a body, and what windows grow by. Default 1,073,741,824; at least <see cref="SocketRestOptions.InitialStreamWindow"/>. When it is used up
    /// windows grow no more and further requests that have a body are refused, not sent (<see cref="SocketRestErrorCode.RefusedStream"/>); others run.
    /// </summary>
    public long HostWindowBudget { get; set; } = 1L << 30;

    /// <summary>
    /// Largest metadata that a dialling side may send, in bytes of JSON as it sends them. Default 16,384; from 2 to 65,535. More is refused
    /// (<see cref="SocketRestErrorCode.HandshakeRefused"/>). A hub keeps it for as long as the connection lives.
    /// </summary>
    public int MaxMetadataSize { get; set; } = 16 * 1024;

    /// <summary>
    /// Deepest nesting of the metadata that a dialling side may send, itself being the first level. Default 8; from 1 to 15. More is refused
    /// (<see cref="SocketRestErrorCode.HandshakeRefused"/>).
    /// </summary>
    public int MaxMetadataDepth { get; set; } = 8;

    /// <summary>
    /// Decides whether a dialling side may connect under the name that it gives: returns <see langword="false"/> to refuse it
    /// (<see cref="SocketRestErrorCode.Unauthorized"/>, with <see cref="SocketRestHandshakeContext.RefusalReason"/>).
    /// <b>Default <see langword="null"/>: whoever may dial may take any name, that of another included, and be sent what is meant for that one.</b>
    /// Set it wherever requests are sent to a connection because of its name:
    /// <code>options.AuthorizeConnection = context => new(context.Name == context.User?.Identity?.Name);</code>
    /// </summary>
    /// <remarks>
    /// Called after the endpoint's own authorization, once for each handshake, several at a time, before the connection is found by anybody; and again when
    /// a connection renews its credentials (<see cref="SocketRestHandshakeContext.Reauthenticates"/>), which then goes on with the old ones where it is refused.
    /// <see cref="SocketRestOptions.HandshakeTimeout"/> goes on meanwhile and ends the handshake whether this has returned or not. An exception is
    /// logged and refuses the connection.
    /// </remarks>
    public Func<SocketRestHandshakeContext, ValueTask<bool>>? AuthorizeConnection { get; set; }

    /// <summary>
    /// Whether a connection ends (<see cref="SocketRestErrorCode.Unauthorized"/>) when the credentials expire that it was opened with, or those that it showed since
    /// (<see cref="SocketRestClient.ReauthenticateAsync"/>): when <c>AuthenticationProperties.ExpiresUtc</c> has passed, as the authentication scheme sets it. What is running
    /// fails. Default <see langword="false"/>: a connection outlives its credentials.
    /// </summary>
    public bool CloseOnAuthenticationExpiration { get; set; }

    /// <summary>
    /// Called with what happens to connections, as <see cref="SocketRestConnectionRegistry.Events"/> has it: one event after the other, the next when this
    /// has completed. It holds up nothing else; one that is slow misses events and is told how many. An exception is logged. The last events of a
    /// host that stops come within its shutdown time-out. <see langword="null"/> by default.
    /// </summary>
    public Func<SocketRestConnectionEvent, ValueTask>? OnConnectionEvent { get; set; }

    internal override Multiplexing.WindowBudget HostWindows => LazyInitializer.EnsureInitialized(ref _hostWindows, () => new Multiplexing.WindowBudget(HostWindowBudget));

    internal override void Validate()
    {
        base.Validate();
        Check(MaxConnections >= 1, nameof(MaxConnections), "at least 1");
        Check(MaxConcurrentHandshakes >= 1, nameof(MaxConcurrentHandshakes), "at least 1");
        Check(MaxConnectionsPerSecond >= 1, nameof(MaxConnectionsPerSecond), "at least 1");
        Check(ConnectionBurst >= 1, nameof(ConnectionBurst), "at least 1");
        Check(HostWindowBudget >= InitialStreamWindow, nameof(HostWindowBudget), "at least InitialStreamWindow");
        Check(MaxMetadataSize is >= 2 and <= 65_535, nameof(MaxMetadataSize), "from 2 to 65,535");
        Check(MaxMetadataDepth is >= 1 and <= 15, nameof(MaxMetadataDepth), "from 1 to 15");
        Check(
            AllowedOrigins.All(origin => origin == Origin.Any || Origin.Parse(origin) is not null),
            nameof(AllowedOrigins),
            "a list of origins such as https://app.example, without a path, or *");
        CheckTime(ShutdownTimeout, nameof(ShutdownTimeout), zeroAllowed: true);
    }
}
