using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Net.WebSockets;
using SocketRest.Protocol;

namespace SocketRest.Dialling;

/// <summary>Opens the WebSockets of a client.</summary>
internal sealed class SocketOpener(SocketRestClientOptions options)
{
    /// <summary>Opens one, within the time limit. <paramref name="resumes"/> names the connection to go on with, or is null for a new one.</summary>
    /// <exception cref="SocketRestException">There is none.</exception>
    public async Task<WebSocket> OpenAsync(string? resumes, CancellationToken cancellationToken)
    {
        using var limit = new CancellationTokenSource(options.ConnectTimeout, options.TimeProvider);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        Task<WebSocket>? opening = null;
        try
        {
            opening = options.WebSocketFactory is { } factory ? factory(either.Token) : OpenClientSocketAsync(resumes, either.Token);

            // Neither the time limit nor disposal depends on a factory that looks at its token.
            return await opening.WaitAsync(either.Token).ConfigureAwait(false);
        }
        catch (Exception exception)
        {
            _ = opening?.ContinueWith(
                static late => late.Result.Dispose(),
                CancellationToken.None,
                TaskContinuationOptions.OnlyOnRanToCompletion,
                TaskScheduler.Default);
            cancellationToken.ThrowIfCancellationRequested();
            throw exception as SocketRestException ?? new SocketRestException(
                SocketRestErrorCode.ConnectFailed,
                limit.IsCancellationRequested
                    ? $"No WebSocket to {options.Uri} within {options.ConnectTimeout}."
                    : $"No WebSocket to {options.Uri}: {exception.Message}",
                innerException: exception);
        }
    }

    private async Task<WebSocket> OpenClientSocketAsync(string? resumes, CancellationToken cancellationToken)
    {
        var socket = new ClientWebSocket();
        try
        {
            socket.Options.AddSubProtocol(SubProtocol.Name);

            // The tunnel has its own heartbeat; two would only cost each other's wake-ups.
            socket.Options.KeepAliveInterval = Timeout.InfiniteTimeSpan;
            options.ConfigureWebSocket?.Invoke(socket.Options);
            if (resumes is not null)
            {
                socket.Options.SetRequestHeader(SubProtocol.ConnectionHeader, resumes);
            }

            await AuthorizeAsync(socket.Options, cancellationToken).ConfigureAwait(false);
            socket.Options.CollectHttpResponseDetails = true;
            await socket.ConnectAsync(WebSocketAddress(options.Uri!), options.Invoker, cancellationToken).ConfigureAwait(false);
            return socket;
        }
        catch (WebSocketException exception) when (Refusal(socket) is { } refusal)
        {
            socket.Dispose();
            throw new SocketRestException(
                socket.HttpStatusCode is HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden ? SocketRestErrorCode.Unauthorized : SocketRestErrorCode.ConnectFailed,
                $"No WebSocket to {options.Uri}: {refusal} {exception.Message}",
                innerException: exception)
            {
                RetryAfter = RetryAfter(socket),
            };
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private async Task AuthorizeAsync(ClientWebSocketOptions upgrade, CancellationToken cancellationToken)
    {
        if (options.AuthorizationProvider is not { } provider)
        {
            return;
        }

        string? value;
        try
        {
            value = await provider(cancellationToken).ConfigureAwait(false);
        }
        catch (Exception exception)
        {
            throw new SocketRestException(
                SocketRestErrorCode.ConnectFailed, $"No WebSocket to {options.Uri}: the {nameof(options.AuthorizationProvider)} failed: {exception.Message}", innerException: exception);
        }

        if (value is null)
        {
            return;
        }

        if (value.AsSpan().ContainsAnyExceptInRange(' ', '~'))
        {
            // Found here: what the framework says of it might quote it.
            throw new SocketRestException(
                SocketRestErrorCode.ConnectFailed, $"No WebSocket to {options.Uri}: the {nameof(options.AuthorizationProvider)}'s value is not printable ASCII.");
        }

        upgrade.SetRequestHeader("Authorization", value);
    }

    private TimeSpan? RetryAfter(ClientWebSocket socket)
    {
        if (!RetryConditionHeaderValue.TryParse(Field(socket, "Retry-After"), out RetryConditionHeaderValue? value))
        {
            return null;
        }

        if (value.Date is not { } date)
        {
            return value.Delta;
        }

        // By the clock that said so, where it tells the time: a device's own may be wrong by years.
        DateTimeOffset now = DateTimeOffset.TryParseExact(
            Field(socket, "Date"), "r", CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out DateTimeOffset said) ? said : options.TimeProvider.GetUtcNow();
        return date > now ? date - now : TimeSpan.Zero;
    }

    private static string? Field(ClientWebSocket socket, string name) =>
        socket.HttpResponseHeaders?.TryGetValue(name, out IEnumerable<string>? values) == true ? values.FirstOrDefault() : null;

    private static string? Refusal(ClientWebSocket socket) => (int)socket.HttpStatusCode switch
    {
        0 => null,
        401 => "The other end wants credentials that it did not get (401).",
        403 => "The other end does not allow this connection (403).",
        404 => "There is no tunnel endpoint at this path (404).",
        429 => "The other end takes no more connections a second than come already (429).",
        503 => "The other end takes no connection at the moment (503).",
        int status => $"The other end answered the upgrade with {status}.",
    };

    private static Uri WebSocketAddress(Uri uri) => uri.Scheme switch
    {
        "http" => new UriBuilder(uri) { Scheme = "ws" }.Uri,
        "https" => new UriBuilder(uri) { Scheme = "wss" }.Uri,
        _ => uri,
    };
}
