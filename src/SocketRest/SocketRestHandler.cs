using SocketRest.Http;
using SocketRest.Multiplexing;

namespace SocketRest;

/// <summary>
/// Sends HTTP requests through a tunnel: a drop-in for <see cref="SocketsHttpHandler"/>. Failures are <see cref="HttpRequestException"/>s
/// with a <see cref="SocketRestException"/> inside that says whether the request may have run; a body that breaks off is an
/// <see cref="HttpIOException"/>. Disposing the handler never closes the connection.
/// </summary>
/// <remarks>
/// Any <see cref="HttpRequestMessage.Version"/> and version policy is accepted; responses say HTTP/2, whose semantics the tunnel shares.
/// There is no time limit beside the caller's own (<see cref="HttpClient.Timeout"/>, cancellation tokens).
/// </remarks>
public sealed class SocketRestHandler : HttpMessageHandler
{
    private readonly IConnectionSource _source;
    private readonly AuthorityCache _authorities = new();
    private bool _disposed;

    internal SocketRestHandler(IConnectionSource source) => _source = source;

    /// <inheritdoc/>
    protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        Check(request);
        return SendOnceAsync(request, cancellationToken);
    }

    /// <inheritdoc/>
    protected override HttpResponseMessage Send(HttpRequestMessage request, CancellationToken cancellationToken) =>
        SynchronousWait.For(new ValueTask<HttpResponseMessage>(SendAsync(request, cancellationToken)));

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

    private Task<HttpResponseMessage> SendOnceAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        return _source.Current is { } connection
            ? ClientExchange.SendAsync(connection, request, _authorities, cancellationToken)
            : WaitAndSendAsync(request, cancellationToken);
    }

    private async Task<HttpResponseMessage> WaitAndSendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        TunnelConnection connection;
        try
        {
            connection = await _source.GetAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (SocketRestException exception)
        {
            throw HttpErrors.ForRequest(exception);
        }

        return await ClientExchange.SendAsync(connection, request, _authorities, cancellationToken).ConfigureAwait(false);
    }
}
