using System.Net;
using System.Net.WebSockets;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features.Authentication;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using SocketRest.AspNetCore.Pipeline;
using SocketRest.Multiplexing;
using SocketRest.Protocol;
using SocketRest.Transport;

namespace SocketRest.AspNetCore.Hub;

/// <summary>Takes a WebSocket from its upgrade through the handshake to its end, and keeps the registry true.</summary>
internal sealed class TunnelAcceptor
{
    /// <summary>Connections that came while the host stops may be there still; nobody is to wait for those.</summary>
    internal static readonly TimeSpan LastWord = TimeSpan.FromSeconds(5);

    private readonly SocketRestConnectionRegistry _registry;
    private readonly PipelineServer _server;
    private readonly IOptions<SocketRestServerOptions> _options;
    private readonly IHostApplicationLifetime _lifetime;
    private readonly IOptions<HostOptions> _host;
    private readonly ILogger _logger;
    private readonly Lazy<Admission> _admission;
    private readonly HandshakePolicy _policy;
    private readonly ConnectionStore _store;
    private volatile bool _stopping;

    public TunnelAcceptor(
        SocketRestConnectionRegistry registry,
        PipelineServer server,
        IOptions<SocketRestServerOptions> options,
        IHostApplicationLifetime lifetime,
        IOptions<HostOptions> host,
        ILoggerFactory loggers)
    {
        _registry = registry;
        _server = server;
        _options = options;
        _lifetime = lifetime;
        _host = host;
        _logger = loggers.CreateLogger("SocketRest.AspNetCore.Hub");
        _admission = new(() => new Admission(options.Value));
        _policy = new HandshakePolicy(options, _logger);
        _store = new ConnectionStore(_policy, registry);
    }

    /// <summary>Says why an upgrade is not even to be considered, or null.</summary>
    public UpgradeRefusal? Refuse(HttpRequest request) => _stopping && !_store.IsResumed(request)
        ? new(StatusCodes.Status503ServiceUnavailable, "This host is shutting down.", RetryAfter: null)
        : Origin.Check(request, _options.Value.AllowedOrigins);

    public async Task AcceptAsync(HttpContext context, TunnelEndpoint endpoint, string? subProtocol)
    {
        bool resumes = _store.IsResumed(context.Request);
        if (!_admission.Value.TryEnter(resumes, out Admission.Place? place, out UpgradeRefusal? refusal))
        {
            await refusal.WriteAsync(context).ConfigureAwait(false);
            return;
        }

        // In a method of its own: what stands here stands as long as the socket.
        using var cut = new RequestCut(context);
        if (await OpenAsync(context, endpoint, place, subProtocol, cut, resumes).ConfigureAwait(false) is { } open)
        {
            using (open.Socket)
            {
                await open.Over.ConfigureAwait(false);
            }
        }
    }

    /// <summary>Takes the upgrade to the end of its handshake. Null where nothing came of it; else the socket, and what completes when it is not needed any more.</summary>
    private async Task<(WebSocket Socket, Task Over)?> OpenAsync(
        HttpContext context, TunnelEndpoint endpoint, Admission.Place place, string? subProtocol, RequestCut cut, bool resumes)
    {
        ConnectionIdentity identity = Identify(context);
        CredentialExpiry? expiry = _options.Value.CloseOnAuthenticationExpiration && identity.User is not null
            ? new CredentialExpiry(_options.Value.TimeProvider, context.Features.Get<IAuthenticateResultFeature>()?.AuthenticateResult?.Properties?.ExpiresUtc)
            : null;
        ConnectionStore.Upgrade upgrade = _store.For(context, endpoint, place, expiry);
        WebSocket? unused = null;
        try
        {
            identity = identity with { Reauthenticator = await Reauthenticator.CreateAsync(context, identity.User, _policy, expiry).ConfigureAwait(false) };
            WebSocket socket = unused = await context.WebSockets.AcceptWebSocketAsync(new WebSocketAcceptContext
            {
                SubProtocol = subProtocol,
                KeepAliveInterval = Timeout.InfiniteTimeSpan,
            }).ConfigureAwait(false);
            var handshake = new Handshake(new WebSocketTransport(socket, cut.Cut), _options.Value, endpoint.ServesApplication ? _server : null, _logger);
            if (await ShakeHandsAsync(context, identity, handshake, upgrade, resumes).ConfigureAwait(false) is not { } connection)
            {
                return null;
            }

            if (!upgrade.GavePlaceAway)
            {
                // The connection that came back has its place already.
                place.Dispose();
            }

            if (_stopping)
            {
                _ = connection.DrainAsync(CancellationToken.None);
            }

            unused = null;
            return (socket, Task.WhenAny(handshake.Link.Lost, connection.Completion));
        }
        finally
        {
            unused?.Dispose();
            place.EndHandshake();
            if (!upgrade.GavePlaceAway)
            {
                place.Dispose();
            }
        }
    }

    /// <summary>Null where nothing came of it, which the handshake has logged.</summary>
    private async Task<TunnelConnection?> ShakeHandsAsync(
        HttpContext context, ConnectionIdentity identity, Handshake handshake, ConnectionStore.Upgrade upgrade, bool resumes)
    {
        // One that is back to finish what runs is waited for.
        using var limit = new HandshakeLimit(_options.Value.TimeProvider, context.RequestAborted, resumes ? CancellationToken.None : _lifetime.ApplicationStopping);
        HandshakeResult result = await handshake.AcceptAsync(identity, limit.Token, AdmitAsync, upgrade).ConfigureAwait(false);
        if (_stopping)
        {
            _store.DrainUnfinished();
        }

        return result.IsExpected ? result.Connection : result.OrThrow();

        // Who said that a connection is here already was let in without a place for one.
        async ValueTask<ConnectionErrorException?> AdmitAsync(ConnectionIdentity claimed, CancellationToken token) => resumes
            ? new ConnectionErrorException(SocketRestErrorCode.HandshakeRefused, $"The upgrade request has {SubProtocol.ConnectionHeader}, but HELLO asks for a new connection.")
            : await _policy.CheckAsync(context, claimed, token).ConfigureAwait(false)
                ?? (limit.TryLetIn() ? null : new ConnectionErrorException(SocketRestErrorCode.HandshakeRefused, "This host is shutting down."));
    }

    /// <summary>Lets every connection finish what runs, for as long as the options say, then cuts it off.</summary>
    public async Task StopAsync(CancellationToken cancellationToken)
    {
        _stopping = true;
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(ShutdownLimit.Of(_options.Value.ShutdownTimeout, _host.Value));
        await Task.WhenAll(_registry.Connections.Select(connection => StopAsync(connection, limit.Token))).ConfigureAwait(false);

        _store.DrainUnfinished();

        // A connection's end is told a moment after it, and whoever listens does so until the host has stopped.
        await _store.WhenEmptyAsync().WaitAsync(LastWord, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
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

        // A copy: the request's own objects are used again once the upgrade has ended. HttpContext.User would make a nobody that stays as long as the connection.
        User = context.Features.Get<IHttpAuthenticationFeature>()?.User is { Identity.IsAuthenticated: true } user ? Reauthenticator.Copy(user) : null,
    };
}
