using SocketRest.Multiplexing;

namespace SocketRest.Http;

/// <summary>Sends a request that has content: beside the answer, which may begin and end before the content does.</summary>
internal static class RequestSender
{
    /// <summary>How long a request with <c>Expect: 100-continue</c> holds back its content, as SocketsHttpHandler does.</summary>
    private static readonly TimeSpan s_expectContinue = TimeSpan.FromSeconds(1);

    /// <summary>Set on a request that is sent synchronously: content that cannot be written in any other way is written so, as SocketsHttpHandler does.</summary>
    public static readonly HttpRequestOptionsKey<bool> IsSynchronous = new("SocketRest.IsSynchronous");

    public static void Send(TunnelStream stream, HttpRequestMessage request, HttpContent content, RequestBodyStream body, CancellationToken cancellationToken)
    {
        if (request.Headers.ExpectContinue == true)
        {
            var proceed = new TaskCompletionSource<int>(TaskCreationOptions.RunContinuationsAsynchronously);
            body.Proceed = proceed;
            stream.StatusReceived = status =>
            {
                if (status is 100 or >= 200 && proceed.TrySetResult(status) && status >= 300)
                {
                    stream.AbandonOutput();
                }
            };
            stream.SendHead(endStream: false, SendUrgency.Now);
            _ = SendExpectedAsync(stream, request, content, body, proceed, cancellationToken);
            return;
        }

        // Most contents are written to their end on this thread and leave together with the head.
        FrameSender sender = stream.Connection.Sender;
        stream.SendHead(endStream: false, SendUrgency.Later);
        if (!SendContentAsync(stream, request, content, body, cancellationToken).IsCompleted)
        {
            sender.SendOwed();
        }
    }

    private static async Task SendExpectedAsync(
        TunnelStream stream,
        HttpRequestMessage request,
        HttpContent content,
        RequestBodyStream body,
        TaskCompletionSource<int> status,
        CancellationToken cancellationToken)
    {
        try
        {
            if (await status.Task.WaitAsync(s_expectContinue, stream.Connection.Time, cancellationToken).ConfigureAwait(false) >= 300)
            {
                // Refused: the stream ends with the answer.
                body.SetDone();
                return;
            }
        }
        catch (TimeoutException)
        {
            // RFC 9110 section 10.1.1: a client does not wait for ever. But the content of a call that has failed or was refused is left alone.
            if (stream.IsFaulted || !status.TrySetResult(100))
            {
                body.SetDone();
                return;
            }
        }
        catch (OperationCanceledException)
        {
            body.SetDone();
            return;
        }

        await SendContentAsync(stream, request, content, body, cancellationToken).ConfigureAwait(false);
    }

    private static async Task SendContentAsync(
        TunnelStream stream, HttpRequestMessage request, HttpContent content, RequestBodyStream body, CancellationToken cancellationToken)
    {
        body.IsInFirstPart = true;
        try
        {
            try
            {
                Task copying = content.CopyToAsync(body, context: null, cancellationToken);
                body.IsInFirstPart = false;
                await copying.ConfigureAwait(false);
            }
            catch (Exception exception) when (exception is NotSupportedException or NotImplementedException && !body.HasBegun
                && request.Options.TryGetValue(IsSynchronous, out bool synchronous) && synchronous)
            {
                body.IsInFirstPart = false;
                content.CopyTo(body, context: null, cancellationToken);
            }

            body.CheckComplete();
            stream.EndOutput(RequestHead.WriteTrailers(request), SendUrgency.Now);
        }
        catch (Exception exception)
        {
            if (!stream.OutputStopped)
            {
                // After a complete answer nobody waits for the head any more, but the other end waits for the rest of the content.
                if (!stream.RemoteEnded)
                {
                    stream.TryFailHead(exception as OperationCanceledException ?? (exception is HttpRequestException ? exception
                        : new HttpRequestException("Sending the request's content failed.", exception)));
                }

                stream.Reset(new SocketRestException(SocketRestErrorCode.Cancelled, $"Sending the request's content failed: {exception.Message}", RequestOutcome.MaybeExecuted, exception));
            }
        }
        finally
        {
            body.SetDone();
        }
    }
}
