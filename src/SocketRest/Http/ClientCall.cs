using System.Runtime.CompilerServices;
using SocketRest.Multiplexing;

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
        ValueTask<TunnelStream> opening;
        try
        {
            cancellationToken.ThrowIfCancellationRequested();
            opening = connection.OpenStreamAsync(cancellationToken);
            if (opening.IsCompletedSuccessfully)
            {
                return CallOf(opening.Result).Start(request, cookies, targets, policies, cancellationToken);
            }
        }
        catch (SocketRestException exception)
        {
            return Task.FromException<HttpResponseMessage>(HttpErrors.ForRequest(exception));
        }
        catch (OperationCanceledException)
        {
            return Task.FromCanceled<HttpResponseMessage>(cancellationToken);
        }

        return Waited(opening, request, cookies, targets, policies, cancellationToken);

        static async Task<HttpResponseMessage> Waited(
            ValueTask<TunnelStream> opening,
            HttpRequestMessage request,
            string? cookies,
            TargetCache targets,
            HandlerPolicies? policies,
            CancellationToken cancellationToken)
        {
            TunnelStream opened;
            try
            {
                opened = await opening.ConfigureAwait(false);
            }
            catch (SocketRestException exception)
            {
                throw HttpErrors.ForRequest(exception);
            }

            return await CallOf(opened).Start(request, cookies, targets, policies, cancellationToken).ConfigureAwait(false);
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
        CancellationTokenRegistration cancellation = _cancellation;
        _builder = default;
        _request = null;
        _policies = null;
        _cancellationToken = default;
        _cancellation = default;
        cancellation.Dispose();
        if (failure is not null)
        {
            builder.SetException(failure is SocketRestException exception ? HttpErrors.ForRequest(exception) : failure);
            return;
        }

        HttpResponseMessage response;
        try
        {
            response = Read(request, protocol);
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
            RequestSender.Send(stream, request, content, cancellationToken);
        }
        else
        {
            stream.SendHead(endStream: true, SendUrgency.Now);
        }

        return task;
    }

    private HttpResponseMessage Read(HttpRequestMessage request, string? protocol)
    {
        var body = new TunnelContent();
        HttpResponseMessage response = ResponseHead.Read(stream.RemoteHead, request, body);
        if (protocol is null)
        {
            body.Attach(stream, response);
        }
        else if (response.IsSuccessStatusCode)
        {
            body.AttachDuplex(stream, response);
            UpgradeTranslation.CompleteUpgrade(request, response);
        }
        else
        {
            // Refused: the request has no body after all.
            body.Attach(stream, response);
            stream.EndOutput(trailers: null, SendUrgency.Pool);
        }

        return response;
    }
}
