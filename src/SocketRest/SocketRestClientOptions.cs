using System.Net.WebSockets;
using SocketRest.Protocol;

namespace SocketRest;

/// <summary>How to dial, on top of what both ends have in common.</summary>
public class SocketRestClientOptions : SocketRestOptions
{
    /// <summary>
    /// The name under which the other end finds this one, or <see langword="null"/> (the default) for none. From 1 to 256 characters without control
    /// characters. The other end may refuse a name that is not for this side's credentials.
    /// </summary>
    public string? Name { get; set; }

    /// <summary>
    /// Tells processes of one name apart: a new connection with the same name and instance replaces the old one. Default: random, so
    /// that each options object is an instance of its own. From 1 to 256 characters without control characters.
    /// </summary>
    public string Instance { get; set; } = Guid.NewGuid().ToString("N");

    /// <summary>Where the accepting side listens: an absolute <c>ws</c>, <c>wss</c>, <c>http</c> or <c>https</c> address. Required unless <see cref="WebSocketFactory"/> is set.</summary>
    public Uri? Uri { get; set; }

    /// <summary>
    /// Sets up each WebSocket before it connects: headers, certificates, proxy, credentials and whatever else <see cref="ClientWebSocketOptions"/> takes.
    /// The subprotocol is set already, and <see cref="ClientWebSocketOptions.KeepAliveInterval"/> is infinite, since
    /// <see cref="SocketRestOptions.HeartbeatInterval"/> finds a peer that has vanished. <see langword="null"/> by default.
    /// </summary>
    public Action<ClientWebSocketOptions>? ConfigureWebSocket { get; set; }

    /// <summary>
    /// Yields the Authorization field of the upgrade request, for instance <c>Bearer ...</c>, or <see langword="null"/> to leave it as it is. Asked anew for each attempt to
    /// connect, within <see cref="ConnectTimeout"/> and after <see cref="ConfigureWebSocket"/>; what it throws is a failed attempt. Also asked by
    /// <see cref="SocketRestClient.ReauthenticateAsync"/>. Its value is never logged. <see langword="null"/> by default.
    /// </summary>
    public Func<CancellationToken, ValueTask<string?>>? AuthorizationProvider { get; set; }

    /// <summary>What sends the upgrade request, for instance with a handler of one's own, or <see langword="null"/> (the default) for the framework's choice. Not disposed.</summary>
    public HttpMessageInvoker? Invoker { get; set; }

    /// <summary>
    /// Makes the WebSocket itself, in place of a <see cref="ClientWebSocket"/>; <see cref="ConfigureWebSocket"/>, <see cref="AuthorizationProvider"/> and <see cref="Invoker"/> are then not
    /// looked at to connect, and <see cref="Uri"/> is but a name for the other end. Called for each dial. The socket may lack the subprotocol; it is disposed
    /// with the connection. <see langword="null"/> by default.
    /// </summary>
    public Func<CancellationToken, Task<WebSocket>>? WebSocketFactory { get; set; }

    /// <summary>
    /// Answers the requests that the other end sends through the tunnel, without ASP.NET: wrap an <see cref="HttpMessageInvoker"/>'s
    /// <see cref="HttpMessageInvoker.SendAsync"/> to hand them on, or answer them here. <see langword="null"/> (the default): this side only asks.
    /// </summary>
    /// <remarks>
    /// Called for up to <see cref="SocketRestOptions.MaxConcurrentStreams"/> requests at once. The token is cancelled when the caller gives up or the
    /// connection ends. The request and the response are disposed after the answer. An exception becomes a 500 without a body; one of the response's
    /// content, once that has begun, breaks the answer off. WebSockets are refused unless <see cref="ServeUpgrades"/> is set. <c>OPTIONS *</c> has an address
    /// without a path (<c>http://host</c>), and <see cref="HttpRequestMessage"/> has no place for trailers of a request: they are not seen here.
    /// </remarks>
    public Func<HttpRequestMessage, CancellationToken, Task<HttpResponseMessage>>? RequestHandler { get; set; }

    /// <summary>
    /// Whether <see cref="RequestHandler"/> is asked for WebSockets and other upgrades as well. Default <see langword="false"/>: they are refused, not sent.
    /// </summary>
    /// <remarks>
    /// Such a request is an extended CONNECT (RFC 8441): <see cref="HttpMethod.Connect"/> with <see cref="System.Net.Http.Headers.HttpRequestHeaders.Protocol"/>. Its content is what the caller
    /// sends, the content of an answer with a status from 200 to 299 what the caller receives, both at once for as long as they last. Any other status refuses the upgrade.
    /// A request that offers another protocol in HTTP/1.1's way, and can do without, keeps its method and has the fields <c>Upgrade</c> and <c>Connection</c>: an answer of 101 accepts it, any
    /// other is an ordinary one. Where this is <see langword="false"/> such a request comes without the offer.
    /// </remarks>
    public bool ServeUpgrades { get; set; }

    /// <summary>
    /// How long opening the WebSocket may take, before the handshake. Default 30 seconds; positive and at most 49 days, or <see cref="Timeout.InfiniteTimeSpan"/>.
    /// </summary>
    public TimeSpan ConnectTimeout { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// Whether a connection that was lost or drained is replaced without being asked for, from the first time that it was. Default <see langword="null"/>: where this side
    /// serves (<see cref="RequestHandler"/>; an agent always), and not where it only calls, which dials with its next request. Either way attempts go on for
    /// ever while a request waits.
    /// </summary>
    public bool? KeepConnected { get; set; }

    /// <summary>
    /// The longest wait between two attempts to connect, unless the other end asks for a longer one (of an hour at most). Default 30 seconds;
    /// positive and at most 49 days. <see cref="SocketRestClient"/> says how the waits grow.
    /// </summary>
    public TimeSpan MaxReconnectDelay { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// Whether a request that finds no connection fails at once, not sent, and only makes the client dial. Default <see langword="false"/>: it waits until there is one,
    /// as long as its caller does (<see cref="HttpClient.Timeout"/>, cancellation tokens). <see cref="SocketRestClient.GetConnectionAsync"/> waits either way.
    /// </summary>
    public bool FailFastWhileDisconnected { get; set; }

    /// <summary>
    /// Called with what becomes of the connection, as <see cref="SocketRestClient.StateChanges"/> has it: one change after the other, the next when this has completed.
    /// It holds up nothing else; one that is slow misses changes and is told how many. An exception is logged. <see langword="null"/> by default.
    /// </summary>
    public Func<SocketRestStateChange, ValueTask>? OnStateChange { get; set; }

    internal override void Validate()
    {
        base.Validate();
        Check(Name is null || IsUsable(Name), nameof(Name), "from 1 to 256 characters, none of them a control character");
        Check(IsUsable(Instance), nameof(Instance), "from 1 to 256 characters, none of them a control character");
        Check(
            WebSocketFactory is not null || Uri is { IsAbsoluteUri: true, Scheme: "ws" or "wss" or "http" or "https" },
            nameof(Uri),
            "an absolute ws, wss, http or https address (or WebSocketFactory be set)");
        CheckTime(ConnectTimeout, nameof(ConnectTimeout));
        Check(MaxReconnectDelay > TimeSpan.Zero && MaxReconnectDelay <= TimeSpan.FromDays(49), nameof(MaxReconnectDelay), "positive and at most 49 days");
    }

    private static bool IsUsable(string? name) => name is { Length: > 0 and <= 256 } && !FramePayload.MayForge(name);
}
