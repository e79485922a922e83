using System.Diagnostics.CodeAnalysis;
using System.Net;
using SocketRest.Diagnostics;
using SocketRest.Http;
using SocketRest.Multiplexing;

namespace SocketRest;

/// <summary>
/// Sends HTTP requests through a tunnel: a drop-in for <see cref="SocketsHttpHandler"/>. Failures are <see cref="HttpRequestException"/>s
/// with a <see cref="SocketRestException"/> inside that says whether the request may have run, or with what the request's own content threw; a body
/// that breaks off is an <see cref="HttpIOException"/>, with a <see cref="SocketRestException"/> inside as well. Disposing the handler never closes
/// the connection. Made by <see cref="SocketRestClient.CreateHandler"/>, <see cref="SocketRestConnection.CreateHandler"/>, and a hub's connection registry.
/// </summary>
/// <remarks>
/// Any <see cref="HttpRequestMessage.Version"/> and version policy is accepted; responses say HTTP/2, whose semantics the tunnel shares.
/// A request that is under way has no time limit beside the caller's own (<see cref="HttpClient.Timeout"/>, cancellation tokens). One that waits for
/// a connection has none either, and goes through attempts that fail, unless <see cref="SocketRestClientOptions.FailFastWhileDisconnected"/> is set; where the
/// other end takes no more at once it has <see cref="SocketRestOptions.RequestWaitTimeout"/>.
/// A handler of a client that can dial again sends a request again, up to three times, that was certainly not sent
/// (<see cref="RequestOutcome.NotSent"/>: the connection was drained or lost, the other end refused it without processing it) and of whose content
/// nothing was read; one of a hub's registry sends it to each other connection of the same name, once. Nothing else is ever sent twice unasked, and nothing at all
/// by a handler of a <see cref="SocketRestConnection"/>.
/// </remarks>
public sealed class SocketRestHandler : HttpMessageHandler
{
    /// <summary>
    /// Trailers for a request with content: called once the content has been written, its fields follow the body. Set it in
    /// <see cref="HttpRequestMessage.Options"/>; <see cref="HttpClient"/> itself has no place for them. Not called for a request without content.
    /// </summary>
    public static readonly HttpRequestOptionsKey<Func<IEnumerable<KeyValuePair<string, string>>>> RequestTrailers = new("SocketRest.RequestTrailers");

    private readonly IConnectionSource _source;
    private readonly TargetCache _targets = new();
    private readonly HandlerPolicies _policies;
    private bool _disposed;

    internal SocketRestHandler(IConnectionSource source)
    {
        _source = source;
        var settings = new HandlerSettings();
        _policies = new HandlerPolicies(settings, SendOnceAsync, source.HasOthers ? new Resender(source, settings, _targets) : null);
    }

    /// <summary>
    /// Whether redirects are followed. Default <see langword="true"/>. One that leaves the scheme, host or port of the request is returned
    /// and not followed: it points out of the tunnel. A request that is redirected is changed in place and loses its Authorization.
    /// </summary>
    /// <exception cref="InvalidOperationException">Set after the first request.</exception>
    public bool AllowAutoRedirect
    {
        get => _policies.Settings.AllowAutoRedirect;
        set => _policies.Settings.AllowAutoRedirect = value;
    }

    /// <summary>How many redirects in a row are followed; the next one is returned. Default 50; at least 1.</summary>
    /// <exception cref="InvalidOperationException">Set after the first request.</exception>
    /// <exception cref="ArgumentOutOfRangeException">Less than 1.</exception>
    public int MaxAutomaticRedirections
    {
        get => _policies.Settings.MaxAutomaticRedirections;
        set => _policies.Settings.MaxAutomaticRedirections = value;
    }

    /// <summary>Whether cookies are kept and sent. Default <see langword="true"/>.</summary>
    /// <exception cref="InvalidOperationException">Set after the first request.</exception>
    public bool UseCookies
    {
        get => _policies.Settings.UseCookies;
        set => _policies.Settings.UseCookies = value;
    }

    /// <summary>Where cookies are kept. Default, and after <see langword="null"/> was set: a container of this handler's own.</summary>
    /// <exception cref="InvalidOperationException">Set after the first request.</exception>
    [AllowNull]
    public CookieContainer CookieContainer
    {
        get => _policies.Settings.CookieContainer;
        set => _policies.Settings.CookieContainer = value;
    }

    /// <summary>Which content codings are asked for and undone. Default <see cref="DecompressionMethods.None"/>.</summary>
    /// <exception cref="InvalidOperationException">Set after the first request.</exception>
    public DecompressionMethods AutomaticDecompression
    {
        get => _policies.Settings.AutomaticDecompression;
        set => _policies.Settings.AutomaticDecompression = value;
    }

    /// <summary>What an invoker over this handler does, without the invoker.</summary>
    internal Task<HttpResponseMessage> CallAsync(HttpRequestMessage request, CancellationToken cancellationToken) => SendAsync(request, cancellationToken);

    /// <inheritdoc/>
    protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        Check(request);
        if (ClientTelemetry.IsInvolved)
        {
            // Each hop of a redirect is a request of its own, and the caller's trace has to reach it: the policies run in the caller's context.
            return PolicyPipeline.SendAsync(request, _policies.Settings, _policies.SendOnce, async: true, cancellationToken).AsTask();
        }

        return SendAsync(request, PolicyPipeline.Prepare(request, _policies.Settings), _policies, cancellationToken);
    }

    /// <inheritdoc/>
    protected override HttpResponseMessage Send(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        if (request.Content is not null)
        {
            request.Options.Set(RequestSender.IsSynchronous, true);
        }

        return SynchronousWait.For(new ValueTask<HttpResponseMessage>(SendAsync(request, cancellationToken)));
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        _disposed = true;
        base.Dispose(disposing);
    }

    private void Check(HttpRequestMessage request)
    {
        ArgumentNullException.ThrowIfNull(request);
        ObjectDisposedException.ThrowIf(_disposed, this);
        if (request.RequestUri is not { IsAbsoluteUri: true })
        {
            throw new InvalidOperationException("The request needs an absolute address: set its RequestUri or the client's BaseAddress. Any host name will do unless the application asks for one.");
        }
    }

    private ValueTask<HttpResponseMessage> SendOnceAsync(HttpRequestMessage request, string? cookies, bool async, CancellationToken cancellationToken) =>
        new(ClientTelemetry.IsListenedTo
            ? ObserveAsync(request, cookies, cancellationToken)
            : SendAgainIfUnsentAsync(request, cookies, cancellationToken));

    private async Task<HttpResponseMessage> ObserveAsync(HttpRequestMessage request, string? cookies, CancellationToken cancellationToken)
    {
        var observed = ObservedRequest.Start(request);
        HttpResponseMessage response;
        try
        {
            response = await SendAgainIfUnsentAsync(request, cookies, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception exception)
        {
            observed.End(exception);
            throw;
        }

        observed.End(response);
        return response;
    }

    private async Task<HttpResponseMessage> SendAgainIfUnsentAsync(HttpRequestMessage request, string? cookies, CancellationToken cancellationToken)
    {
        try
        {
            return await SendAsync(request, cookies, policies: null, cancellationToken).ConfigureAwait(false);
        }
        catch (HttpRequestException failure) when (
            _policies.Resender is not null && failure.InnerException is SocketRestException reason && Resender.MayResend(reason))
        {
            return await _policies.Resender.SendAsync(request, reason, cancellationToken).ConfigureAwait(false);
        }
    }

    private Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, string? cookies, HandlerPolicies? policies, CancellationToken cancellationToken)
    {
        return _source.CurrentFor(request) is { } connection
            ? ClientCall.SendAsync(connection, request, cookies, _targets, policies, cancellationToken)
            : WaitAndSendAsync(request, cookies, policies, cancellationToken);
    }

    private async Task<HttpResponseMessage> WaitAndSendAsync(
        HttpRequestMessage request,
        string? cookies,
        HandlerPolicies? policies,
        CancellationToken cancellationToken)
    {
        TunnelConnection connection;
        try
        {
            connection = await _source.GetAsync(request, cancellationToken).ConfigureAwait(false);
        }
        catch (SocketRestException exception)
        {
            throw HttpErrors.ForRequest(exception);
        }

        return await ClientCall.SendAsync(connection, request, cookies, _targets, policies, cancellationToken).ConfigureAwait(false);
    }
}
