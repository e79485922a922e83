using System.Runtime.CompilerServices;
using SocketRest.Multiplexing;
using SocketRest.Transport;

namespace SocketRest.Http;

/// <summary>
/// One request and its answer on one connection. Kept with its stream and used again with it; the task that the caller awaits is all that
/// a plain call allocates here.
/// </summary>
internal sealed class ClientCall(TunnelStream stream) : IHeadReceiver
{
    private AsyncTaskMethodBuilder<HttpResponseMessage> _builder;
    private HttpRequestMessage? _request;
    private HandlerPolicies? _policies;
    private RequestBodyStream? _upload;
    private CancellationTokenRegistration _cancellation;
    private CancellationToken _cancellationToken;
    private string? _protocol;

    /// <summary>
    /// Sends the request. <paramref name="policies"/> is null for one that belongs to a chain of redirects, whose first call applies the
    /// policies to the last response.
    /// </summary>
    public static Task<HttpResponseMessage> SendAsync(
        TunnelConnection connection,
        HttpRequestMessage request,
        string? cookies,
        TargetCache targets,
        HandlerPolicies? policies,
        CancellationToken cancellationToken)
    {
        if (cancellationToken.IsCancellationRequested)
        {
            return Task.FromCanceled<HttpResponseMessage>(cancellationToken);
        }

        ValueTask<TunnelStream> opening = connection.OpenStreamAsync(cancellationToken);
        if (opening.IsCompletedSuccessfully)
        {
            return CallOf(opening.Result).Start(request, cookies, targets, policies, cancellationToken);
        }

        Task<TunnelStream> opened = opening.AsTask();
        return opened.IsCompleted && opened.Failure is SocketRestException failure
            ? Unopened(connection, failure, request, policies, cancellationToken)
            : Waited(connection, opened, request, cookies, targets, policies, cancellationToken);

        static async Task<HttpResponseMessage> Waited(
            TunnelConnection connection,
            Task<TunnelStream> opening,
            HttpRequestMessage request,
            string? cookies,
            TargetCache targets,
            HandlerPolicies? policies,
            CancellationToken cancellationToken)
        {
            TunnelStream stream;
            try
            {
                stream = await opening.ConfigureAwait(false);
            }
            catch (SocketRestException exception)
            {
                return await Unopened(connection, exception, request, policies, cancellationToken).ConfigureAwait(false);
            }

            return await CallOf(stream).Start(request, cookies, targets, policies, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>The response's head has arrived, or never will. Runs on a thread of the pool, and the caller goes on from here.</summary>
    public void OnHead(Exception? failure)
    {
        // All of it out of the fields first: the caller may let go of the stream at once and meet this object in its next call.
        AsyncTaskMethodBuilder<HttpResponseMessage> builder = _builder;
        HttpRequestMessage request = _request!;
        HandlerPolicies? policies = _policies;
        CancellationToken cancellationToken = _cancellationToken;
        string? protocol = _protocol;
        RequestBodyStream? upload = _upload;
        CancellationTokenRegistration cancellation = _cancellation;
        _builder = default;
        _request = null;
        _policies = null;
        _upload = null;
        _cancellationToken = default;
        _cancellation = default;
        cancellation.Dispose();
        if (failure is SocketRestException exception)
        {
            // In this order: looking whether the content is untouched forbids to touch it from here on.
            exception.UntouchedOn = exception.Outcome == RequestOutcome.NotSent && (request.Content is null || upload?.TryForbid() == true) ? stream.Connection : null;
            if (policies is not null && policies.TryResend(request, exception, cancellationToken, out ValueTask<HttpResponseMessage> resending))
            {
                _ = CompleteAsync(builder, resending);
            }
            else
            {
                builder.SetException(HttpErrors.ForRequest(exception));
            }

            return;
        }

        if (failure is not null)
        {
            builder.SetException(failure);
            return;
        }

        HttpResponseMessage response;
        try
        {
            response = Read(request, protocol, upload);
            if (policies is not null)
            {
                ValueTask<HttpResponseMessage> completing = PolicyPipeline.CompleteAsync(
                    response, request, policies.Settings, policies.SendOnce, async: true, cancellationToken);
                if (!completing.IsCompletedSuccessfully)
                {
                    _ = CompleteAsync(builder, completing);
                    return;
                }

                response = completing.Result;
            }
        }
        catch (Exception unexpected)
        {
            builder.SetException(unexpected);
            return;
        }

        builder.SetResult(response);
    }

    /// <summary>There was no stream for the request, so that nothing of it was looked at.</summary>
    private static Task<HttpResponseMessage> Unopened(
        TunnelConnection connection, SocketRestException failure, HttpRequestMessage request, HandlerPolicies? policies, CancellationToken cancellationToken)
    {
        failure.UntouchedOn = connection;
        return policies is not null && policies.TryResend(request, failure, cancellationToken, out ValueTask<HttpResponseMessage> resending)
            ? resending.AsTask()
            : Task.FromException<HttpResponseMessage>(HttpErrors.ForRequest(failure));
    }

    private static ClientCall CallOf(TunnelStream stream) => (ClientCall)(stream.HeadReceiver ??= new ClientCall(stream));

    private static async Task CompleteAsync(AsyncTaskMethodBuilder<HttpResponseMessage> builder, ValueTask<HttpResponseMessage> completing)
    {
        HttpResponseMessage response;
        try
        {
            response = await completing.ConfigureAwait(false);
        }
        catch (Exception exception)
        {
            builder.SetException(exception);
            return;
        }

        builder.SetResult(response);
    }

    private Task<HttpResponseMessage> Start(
        HttpRequestMessage request,
        string? cookies,
        TargetCache targets,
        HandlerPolicies? policies,
        CancellationToken cancellationToken)
    {
        try
        {
            _protocol = UpgradeTranslation.ProtocolOf(request);
            RequestHead.Write(request, _protocol, cookies, stream.Head, targets);
        }
        catch (Exception exception)
        {
            stream.Abandon();
            return Task.FromException<HttpResponseMessage>(exception);
        }

        _builder = AsyncTaskMethodBuilder<HttpResponseMessage>.Create();
        _request = request;
        _policies = policies;
        _cancellationToken = cancellationToken;
        Task<HttpResponseMessage> task = _builder.Task;
        stream.ExpectsBody = request.Method != HttpMethod.Head;
        _cancellation = cancellationToken.UnsafeRegister(static (state, token) => ((TunnelStream)state!).Cancel(token), stream);

        // From here on the answer may come at any moment, on another thread.
        if (_protocol is not null)
        {
            stream.SendHead(endStream: false, SendUrgency.Now);
        }
        else if (request.Content is { } content)
        {
            var upload = new RequestBodyStream(stream, content.Headers.ContentLength) { EndsUnwanted = true };
            _upload = upload;
            RequestSender.Send(stream, request, content, upload, cancellationToken);
        }
        else
        {
            stream.SendHead(endStream: true, SendUrgency.Now);
        }

        return task;
    }

    private HttpResponseMessage Read(HttpRequestMessage request, string? protocol, RequestBodyStream? upload)
    {
        var body = new TunnelContent { Upload = upload };
        HttpResponseMessage response = ResponseHead.Read(stream.RemoteHead, request, body);
        if (protocol is null)
        {
            body.Attach(stream, response);
        }
        else if (UpgradeTranslation.IsAccepted(request, protocol, response))
        {
            body.AttachDuplex(stream, response);
            UpgradeTranslation.CompleteUpgrade(request, response, protocol);
        }
        else
        {
            // Refused, or answered without it: the request has no body after all.
            body.Attach(stream, response);
            stream.EndOutput(trailers: null, SendUrgency.Pool);
        }

        return response;
    }
}
