using System.Net.WebSockets;

namespace SocketRest;

/// <summary>How to dial, on top of what both ends have in common.</summary>
public class SocketRestClientOptions : SocketRestOptions
{
    /// <summary>Where the accepting side listens: a <c>ws</c>, <c>wss</c>, <c>http</c> or <c>https</c> address.</summary>
    public Uri? Uri { get; set; }

    /// <summary>
    /// Sets up each WebSocket before it connects: headers, certificates, proxy, credentials and whatever else <see cref="ClientWebSocketOptions"/> takes.
    /// </summary>
    public Action<ClientWebSocketOptions>? ConfigureWebSocket { get; set; }

    /// <summary>What sends the upgrade request, for instance with a handler of one's own, or <see langword="null"/> (the default) for the framework's choice. Not disposed.</summary>
    public HttpMessageInvoker? Invoker { get; set; }

    /// <summary>
    /// Makes the WebSocket itself, in place of a <see cref="ClientWebSocket"/>; <see cref="Uri"/>, <see cref="ConfigureWebSocket"/> and
    /// <see cref="Invoker"/> are then not looked at. The socket may lack the subprotocol; it is disposed with the connection.
    /// </summary>
    public Func<CancellationToken, Task<WebSocket>>? WebSocketFactory { get; set; }

    /// <summary>
    /// Answers the requests that the other end sends through the tunnel, without ASP.NET: wrap an <see cref="HttpMessageInvoker"/>'s
    /// <see cref="HttpMessageInvoker.SendAsync"/> to hand them on, or answer them here. <see langword="null"/> (the default): this side only asks. The
    /// request and the response are disposed after the answer. An exception becomes a 500 without a body.
    /// </summary>
    public Func<HttpRequestMessage, CancellationToken, Task<HttpResponseMessage>>? RequestHandler { get; set; }

    /// <summary>How long opening the WebSocket may take, before the handshake. Default 30 seconds.</summary>
    public TimeSpan ConnectTimeout { get; set; } = TimeSpan.FromSeconds(30);

    internal override void Validate()
    {
        base.Validate();
        Check(
            WebSocketFactory is not null || Uri is { IsAbsoluteUri: true, Scheme: "ws" or "wss" or "http" or "https" },
            nameof(Uri),
            "an absolute ws, wss, http or https address (or WebSocketFactory be set)");
        CheckLimit(ConnectTimeout, nameof(ConnectTimeout));
    }
}
