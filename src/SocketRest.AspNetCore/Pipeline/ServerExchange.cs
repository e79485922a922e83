using System.IO.Pipelines;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;
using SocketRest.Multiplexing;
using SocketRest.Protocol.Hpack;
using SocketRest.Transport;

namespace SocketRest.AspNetCore.Pipeline;

/// <summary>
/// One request on its way through the application: reads its head, runs the pipeline, writes the response. The features that the
/// application sees are in the other part. Used again with its stream.
/// </summary>
internal sealed partial class ServerExchange : IServerExchange
{
    private readonly PipelineServer _server;
    private readonly ExchangeFeatures _features;
    private readonly RequestFields _request = new();
    private readonly ResponseHeaderDictionary _responseHeaders = new();
    private readonly Lock _abortLock = new();
    private Stack<(Func<object, Task> Callback, object State)>? _onStarting;
    private Stack<(Func<object, Task> Callback, object State)>? _onCompleted;
    private RequestBodyReader? _reader;
    private ResponseBodyWriter? _writer;
    private DefaultHttpContext? _context;
    private RequestTelemetry? _telemetry;
    private byte[]? _discarded;
    private CancellationTokenSource? _aborted;
    private bool _isAborted;
    private ResponseStage _stage;
    private bool _bodyForbidden;
    private volatile bool _isInFirstPart;
    private long _responseBytes;

    public ServerExchange(PipelineServer server, TunnelStream stream)
    {
        _server = server;
        Stream = stream;
        _features = new ExchangeFeatures(this);
    }

    public TunnelStream Stream { get; }

    public long? RequestContentLength => _request.Headers.ContentLength;

    public long UnflushedBytes => _stage == ResponseStage.Ended ? 0 : Stream.UnflushedBytes;

    /// <summary>Answers the request that the stream brought.</summary>
    void IThreadPoolWorkItem.Execute() => _ = RunAsync();

    void IServerExchange.OnAborted(SocketRestException reason)
    {
        CancellationTokenSource? source;
        lock (_abortLock)
        {
            _isAborted = true;
            source = _aborted;
        }

        try
        {
            source?.Cancel();
        }
        catch (Exception exception) when (exception is AggregateException or ObjectDisposedException)
        {
            // What an application registers on the token is its own affair; the request is over either way.
            _server.Logger.AbortCallbackFailed(exception);
        }
    }

    /// <summary>RFC 9110 section 10.1.1: the application wants the body, so the caller is asked to send it.</summary>
    public void SendContinueIfExpected()
    {
        if (_stage == ResponseStage.NotStarted
            && _request.Headers.TryGetValue("Expect", out StringValues expect)
            && expect.ToString().Equals("100-continue", StringComparison.OrdinalIgnoreCase))
        {
            var fields = new HeaderList();
            fields.Add(KnownHeaders.Status, "100");
            Stream.SendInformational(fields);
        }
    }

    public Memory<byte> GetResponseMemory(int sizeHint)
    {
        ThrowIfEnded();
        return _bodyForbidden || Stream.IsFaulted
            ? (_discarded ??= new byte[Math.Max(4096, sizeHint)]).Length >= sizeHint ? _discarded : _discarded = new byte[sizeHint]
            : Stream.GetMemory(sizeHint);
    }

    public void AdvanceResponse(int bytes)
    {
        ThrowIfEnded();
        if (bytes == 0)
        {
            return;
        }

        if (_bodyForbidden || Stream.IsFaulted)
        {
            if (_bodyForbidden && !IsHead)
            {
                throw new InvalidOperationException($"Writing to the response body is invalid for responses with status code {_statusCode}.");
            }

            return;
        }

        if (_responseHeaders.ContentLength is { } declared && _responseBytes + bytes > declared && !IsHead)
        {
            throw new InvalidOperationException($"Response Content-Length mismatch: too many bytes written ({_responseBytes + bytes} of {declared}).");
        }

        _responseBytes += bytes;
        Stream.Advance(bytes);
    }

    public ValueTask<FlushResult> FlushResponseAsync(CancellationToken cancellationToken)
    {
        if (_stage == ResponseStage.NotStarted)
        {
            if (_onStarting is { Count: > 0 })
            {
                return StartAndFlush(cancellationToken);
            }

            SendHead(endStream: false);
        }

        if (_stage == ResponseStage.Ended || _bodyForbidden)
        {
            return new(new FlushResult(isCanceled: false, isCompleted: false));
        }

        return Stream.FlushAsync(_isInFirstPart ? SendUrgency.Later : SendUrgency.Pool, cancellationToken);

        async ValueTask<FlushResult> StartAndFlush(CancellationToken cancellationToken)
        {
            await StartResponseAsync().ConfigureAwait(false);
            return await FlushResponseAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    public async Task StartResponseAsync()
    {
        while (_stage == ResponseStage.NotStarted && _onStarting is { Count: > 0 } callbacks)
        {
            (Func<object, Task> callback, object state) = callbacks.Pop();
            await callback(state).ConfigureAwait(false);
        }

        if (_stage == ResponseStage.NotStarted)
        {
            SendHead(endStream: false);
        }
    }

    /// <summary>Ends the response: head, body and trailers are complete.</summary>
    public async Task CompleteResponseAsync()
    {
        if (_stage == ResponseStage.NotStarted && _onStarting is { Count: > 0 })
        {
            await StartResponseAsync().ConfigureAwait(false);
        }

        EndResponse();
    }

    public void AbortResponse(string reason) =>
        Stream.Reset(new SocketRestException(SocketRestErrorCode.ApplicationAborted, reason, RequestOutcome.Executed));

    private bool IsHead => HttpMethods.IsHead(_method);

    private async Task RunAsync()
    {
        try
        {
            if (!TryBegin())
            {
                return;
            }

            await RunApplicationAsync().ConfigureAwait(false);
        }
        catch (Exception exception)
        {
            _server.Logger.ExchangeFailed(exception);
            AbortResponse("The serving side failed.");
        }
        finally
        {
            _reader?.Detach();
            _writer?.Detach();
            _reader = null;
            _writer = null;
            ForgetRequest();
            Stream.Release();
        }
    }

    private bool TryBegin()
    {
        Reset();
        if (_request.Read(Stream.RemoteHead) is { } fault)
        {
            Stream.Reset(new SocketRestException(SocketRestErrorCode.MalformedMessage, fault, RequestOutcome.NotSent));
            return false;
        }

        InitializeFeatures();
        return true;
    }

    private async Task RunApplicationAsync()
    {
        HttpContext context = _server.CreateContext(_features, ref _context);
        try
        {
            if (_server.Telemetry.IsListenedTo)
            {
                (_telemetry ??= new RequestTelemetry(_server.Telemetry)).Begin(context, Stream.Connection.Identity.Id);
            }

            try
            {
                Task running = FirstPart(context);
                await running.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                if (running.IsCompletedSuccessfully)
                {
                    VerifyContentLength();
                    if (_stage == ResponseStage.NotStarted && _onStarting is { Count: > 0 })
                    {
                        await StartResponseAsync().ConfigureAwait(false);
                    }
                }
                else
                {
                    OnApplicationFailed(running.Failure!);
                }
            }
            catch (Exception exception)
            {
                OnApplicationFailed(exception);
            }

            EndResponse();
            if (_onCompleted is { Count: > 0 })
            {
                await RunCompletedCallbacksAsync().ConfigureAwait(false);
            }
        }
        finally
        {
            EndContext(context);
        }
    }

    private void EndContext(HttpContext context)
    {
        try
        {
            _telemetry?.End(context);
        }
        finally
        {
            _server.DisposeContext(context);
        }
    }

    /// <summary>
    /// Runs the application up to the first point at which it waits. Most get to their end: what they flush until then leaves with the end
    /// of the response, in one message.
    /// </summary>
    private Task FirstPart(HttpContext context)
    {
        _isInFirstPart = true;
        Task running;
        try
        {
            running = _server.Application(context);
        }
        finally
        {
            _isInFirstPart = false;
        }

        if (!running.IsCompleted && _stage != ResponseStage.NotStarted)
        {
            Stream.Connection.Sender.SendOwed();
        }

        return running;
    }

    private void VerifyContentLength()
    {
        if (_responseHeaders.ContentLength is { } declared && _responseBytes < declared && !IsHead && _statusCode != StatusCodes.Status304NotModified
            && _stage != ResponseStage.Ended && !Stream.IsFaulted)
        {
            throw new InvalidOperationException($"Response Content-Length mismatch: too few bytes written ({_responseBytes} of {declared}).");
        }
    }

    private void OnApplicationFailed(Exception exception)
    {
        bool cancelled = exception is OperationCanceledException or IOException && Stream.IsFaulted;
        if (!cancelled)
        {
            _telemetry?.Fail(exception);
            _server.Logger.ApplicationFailed(exception, _traceIdentifier ?? TraceIdentifier);
        }

        if (_stage != ResponseStage.NotStarted)
        {
            AbortResponse("The application failed after its response had begun.");
            return;
        }

        _onStarting?.Clear();
        _responseHeaders.Reset();
        _statusCode = exception is BadHttpRequestException bad ? bad.StatusCode : StatusCodes.Status500InternalServerError;
        _reasonPhrase = null;
        _trailers = null;
        Stream.DiscardOutput();
        _responseBytes = 0;
    }

    private async Task RunCompletedCallbacksAsync()
    {
        while (_onCompleted!.TryPop(out (Func<object, Task> Callback, object State) entry))
        {
            try
            {
                await entry.Callback(entry.State).ConfigureAwait(false);
            }
            catch (Exception exception)
            {
                _server.Logger.ApplicationFailed(exception, TraceIdentifier);
            }
        }
    }

    private void SendHead(bool endStream)
    {
        _stage = ResponseStage.Started;
        _bodyForbidden = IsHead || (!_isUpgraded && _statusCode is (>= 100 and < 200) or 204 or 205 or 304);
        _responseHeaders.SetReadOnly();
        ResponseFields.WriteHead(Stream.Head, _isUpgraded ? StatusCodes.Status200OK : _statusCode, _responseHeaders, _server.Date);
        SayIfDeclined();
        if (_minResponseDataRate is { } rate && !endStream && !_bodyForbidden)
        {
            Stream.RequirePace(rate.BytesPerSecond, rate.GracePeriod);
        }

        Stream.SendHead(endStream || _bodyForbidden, endStream || _bodyForbidden ? SendUrgency.Now : SendUrgency.Later);
    }

    private void EndResponse()
    {
        if (_stage == ResponseStage.Ended || Stream.IsFaulted)
        {
            if (_stage == ResponseStage.NotStarted)
            {
                // Nobody sees it but who looks at the request afterwards, to whom an answer that was never sent is no success. As Kestrel's.
                _statusCode = StatusCodes.Status499ClientClosedRequest;
            }

            _stage = ResponseStage.Ended;
            return;
        }

        HeaderList? trailers = ResponseFields.WriteTrailers(_trailers);
        if (_stage == ResponseStage.NotStarted)
        {
            bool empty = Stream.UnflushedBytes == 0;
            if (empty && _responseHeaders.ContentLength is null && !IsHead && trailers is null && _statusCode is not ((>= 100 and < 200) or 204 or 304))
            {
                _responseHeaders.ContentLength = 0;
            }

            SendHead(endStream: empty && trailers is null);
            if (empty && trailers is null)
            {
                _stage = ResponseStage.Ended;
                return;
            }
        }

        _stage = ResponseStage.Ended;
        if (!_bodyForbidden)
        {
            Stream.EndOutput(trailers, SendUrgency.Now);
        }
    }

    private void ThrowIfEnded()
    {
        if (_stage == ResponseStage.Ended)
        {
            throw new InvalidOperationException("Writing is not allowed after the response has been completed.");
        }
    }

    private void Reset()
    {
        _stage = ResponseStage.NotStarted;
        _responseHeaders.Reset();
        _onStarting?.Clear();
        _onCompleted?.Clear();
        _bodyForbidden = false;
        _responseBytes = 0;
        if (_aborted is not null)
        {
            lock (_abortLock)
            {
                _aborted = null;
            }
        }
    }
}
