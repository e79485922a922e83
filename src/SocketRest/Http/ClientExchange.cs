using SocketRest.Multiplexing;

namespace SocketRest.Http;

/// <summary>One request and its answer on one connection.</summary>
internal static class ClientExchange
{
    /// <summary>How long a request with <c>Expect: 100-continue</c> holds back its content, as SocketsHttpHandler does.</summary>
    private static readonly TimeSpan s_expectContinue = TimeSpan.FromSeconds(1);

    /// <summary>
    /// Sends the request and returns its response. <paramref name="policies"/> is null for one that belongs to a chain of redirects,
    /// whose first call applies the policies to the last response.
    /// </summary>
    public static async Task<HttpResponseMessage> SendAsync(
        TunnelConnection connection,
        HttpRequestMessage request,
        string? cookies,
        AuthorityCache authorities,
        HandlerPolicies? policies,
        CancellationToken cancellationToken)
    {
        TunnelStream stream;
        try
        {
            stream = await connection.OpenStreamAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (SocketRestException exception)
        {
            throw HttpErrors.ForRequest(exception);
        }

        string? protocol;
        try
        {
            protocol = UpgradeTranslation.ProtocolOf(request);
            RequestHead.Write(request, protocol, cookies, stream.Head, authorities);
        }
        catch
        {
            stream.Abandon();
            throw;
        }

        stream.ExpectsBody = request.Method != HttpMethod.Head;
        CancellationTokenRegistration cancellation = default;
        try
        {
            cancellation = cancellationToken.UnsafeRegister(static (state, token) => ((TunnelStream)state!).Cancel(token), stream);
            if (protocol is not null)
            {
                stream.SendHead(endStream: false, SendUrgency.Now);
            }
            else if (request.Content is { } content)
            {
                SendWithContent(stream, request, content, cancellationToken);
            }
            else
            {
                stream.SendHead(endStream: true, SendUrgency.Now);
            }

            await stream.WaitForHeadAsync().ConfigureAwait(false);
        }
        catch (SocketRestException exception)
        {
            throw HttpErrors.ForRequest(exception);
        }
        finally
        {
            await cancellation.DisposeAsync().ConfigureAwait(false);
        }

        var body = new TunnelContent();
        HttpResponseMessage response = ResponseHead.Read(stream.RemoteHead, request, body);
        if (protocol is not null && response.IsSuccessStatusCode)
        {
            body.AttachDuplex(stream, response);
            UpgradeTranslation.CompleteUpgrade(request, response);
            return response;
        }

        if (protocol is not null)
        {
            // Refused: the request has no body after all.
            stream.EndOutput(trailers: null, SendUrgency.Pool);
        }

        body.Attach(stream, response);
        return policies is null
            ? response
            : await PolicyPipeline.CompleteAsync(response, request, policies.Settings, policies.SendOnce, async: true, cancellationToken).ConfigureAwait(false);
    }

    private static void SendWithContent(TunnelStream stream, HttpRequestMessage request, HttpContent content, CancellationToken cancellationToken)
    {
        if (request.Headers.ExpectContinue == true)
        {
            var proceed = new TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously);
            stream.InformationalReceived = status =>
            {
                if (status == 100)
                {
                    proceed.TrySetResult(true);
                }
            };
            stream.SendHead(endStream: false, SendUrgency.Now);
            _ = SendExpectedAsync(stream, request, content, proceed.Task, cancellationToken);
            return;
        }

        // Not eager: most contents are written at once and leave together with the head.
        stream.SendHead(endStream: false, SendUrgency.Pool);
        Task sending = SendContentAsync(stream, request, content, cancellationToken);
        if (sending.IsFaulted)
        {
            _ = sending.Exception;
        }
    }

    private static async Task SendExpectedAsync(TunnelStream stream, HttpRequestMessage request, HttpContent content, Task<bool> proceed, CancellationToken cancellationToken)
    {
        try
        {
            await proceed.WaitAsync(s_expectContinue, stream.Connection.Time, cancellationToken).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            // RFC 9110 section 10.1.1: a client does not wait for ever.
            if (stream.RemoteHeadReceived && StatusIsFinalRefusal(stream))
            {
                return;
            }
        }
        catch (OperationCanceledException)
        {
            return;
        }

        await SendContentAsync(stream, request, content, cancellationToken).ConfigureAwait(false);
    }

    private static bool StatusIsFinalRefusal(TunnelStream stream) =>
        stream.RemoteHead.Count > 0 && stream.RemoteHead[0].Value[0] is not ('1' or '2');

    private static async Task SendContentAsync(TunnelStream stream, HttpRequestMessage request, HttpContent content, CancellationToken cancellationToken)
    {
        var body = new RequestBodyStream(stream, content.Headers.ContentLength);
        try
        {
            await content.CopyToAsync(body, context: null, cancellationToken).ConfigureAwait(false);
            body.CheckComplete();
            stream.EndOutput(RequestHead.WriteTrailers(request), SendUrgency.Now);
        }
        catch (Exception exception)
        {
            if (!stream.OutputStopped && !stream.RemoteEnded)
            {
                stream.TryFailHead(exception as OperationCanceledException ?? (exception is HttpRequestException ? exception
                    : new HttpRequestException("Sending the request's content failed.", exception)));
                stream.Reset(new SocketRestException(SocketRestErrorCode.Cancelled, $"Sending the request's content failed: {exception.Message}", RequestOutcome.MaybeExecuted, exception));
            }
        }
    }
}
