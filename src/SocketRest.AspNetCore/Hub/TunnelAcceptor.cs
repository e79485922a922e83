using System.Net;
using System.Net.WebSockets;
using System.Security.Claims;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using SocketRest.AspNetCore.Pipeline;
using SocketRest.Multiplexing;
using SocketRest.Transport;

namespace SocketRest.AspNetCore.Hub;

/// <summary>Takes a WebSocket from its upgrade through the handshake to its end, and keeps the registry true.</summary>
internal sealed class TunnelAcceptor(
    SocketRestConnectionRegistry registry,
    PipelineServer server,
    IOptions<SocketRestServerOptions> options,
    IHostApplicationLifetime lifetime,
    ILoggerFactory loggers)
{
    private readonly ILogger _logger = loggers.CreateLogger("SocketRest.AspNetCore.Hub");
    private readonly Lazy<Admission> _admission = new(() => new Admission(options.Value));
    private readonly HandshakePolicy _policy = new(options, loggers.CreateLogger("SocketRest.AspNetCore.Hub"));
    private volatile bool _stopping;

    /// <summary>Says why an upgrade is not even to be considered, or null.</summary>
    public UpgradeRefusal? Refuse(HttpRequest request) => _stopping
        ? new(StatusCodes.Status503ServiceUnavailable, "This host is shutting down.", TimeSpan.FromSeconds(1))
        : Origin.Check(request, options.Value.AllowedOrigins);

    public async Task AcceptAsync(HttpContext context, string? subProtocol, bool servesApplication)
    {
        if (!_admission.Value.TryEnter(out Admission.Place? place, out UpgradeRefusal? refusal))
        {
            await refusal.WriteAsync(context).ConfigureAwait(false);
            return;
        }

        using Admission.Place held = place;
        using WebSocket socket = await context.WebSockets.AcceptWebSocketAsync(new WebSocketAcceptContext
        {
            SubProtocol = subProtocol,
            KeepAliveInterval = Timeout.InfiniteTimeSpan,
        }).ConfigureAwait(false);

        // A peer that never speaks must not hold up the host that stops.
        using var giveUp = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, lifetime.ApplicationStopping);
        TunnelConnection connection;
        try
        {
            connection = await new Handshake(new WebSocketTransport(socket), options.Value, servesApplication ? server : null, _logger)
                .AcceptAsync(Identify(context), giveUp.Token, (identity, token) => _policy.CheckAsync(context, identity, token))
                .ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is SocketRestException or OperationCanceledException)
        {
            // Logged by the handshake; the socket is gone.
            return;
        }

        place.EndHandshake();
        SocketRestConnection shown = connection.Public;
        foreach (SocketRestConnection replaced in registry.Add(shown))
        {
            replaced.Tunnel.Fail(
                new SocketRestException(SocketRestErrorCode.Replaced, "A newer connection of the same name and instance took this one's place."),
                SocketRestErrorCode.Replaced);
        }

        var events = new ConnectionEvents(shown, registry.Broadcaster);
        events.Begin();
        try
        {
            if (_stopping)
            {
                _ = connection.DrainAsync(CancellationToken.None);
            }

            await connection.Completion.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
        finally
        {
            registry.Remove(shown);
            events.End();
        }
    }

    /// <summary>Lets every connection finish what runs, for as long as the options say, then cuts it off.</summary>
    public async Task StopAsync(CancellationToken cancellationToken)
    {
        _stopping = true;
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(options.Value.ShutdownTimeout);
        await Task.WhenAll(registry.Connections.Select(connection => StopAsync(connection, limit.Token))).ConfigureAwait(false);
    }

    private static async Task StopAsync(SocketRestConnection connection, CancellationToken limit)
    {
        try
        {
            await connection.DrainAsync(limit).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            await connection.CloseAsync().ConfigureAwait(false);
        }
    }

    private static ConnectionIdentity Identify(HttpContext context) => new()
    {
        Id = Handshake.NewConnectionId(),
        RemoteEndPoint = new IPEndPoint(context.Connection.RemoteIpAddress ?? IPAddress.None, context.Connection.RemotePort),
        LocalEndPoint = new IPEndPoint(context.Connection.LocalIpAddress ?? IPAddress.None, context.Connection.LocalPort),

        // A copy: the request's own objects are used again once the upgrade has ended.
        User = context.User.Identity is { IsAuthenticated: true } ? new ClaimsPrincipal(context.User.Identities.Select(identity => identity.Clone())) : null,
    };
}
