using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;
using SocketRest.Multiplexing;
using SocketRest.Transport;

namespace SocketRest.AspNetCore.Pipeline;

/// <summary>
/// One request on its way through the application: reads its head, runs the pipeline, sees to its end. The response, upgrades and the features that the
/// application sees are in the other parts. Used again with its stream.
/// </summary>
internal sealed partial class ServerExchange : IServerExchange
{
    private readonly PipelineServer _server;
    private readonly ExchangeFeatures _features;
    private readonly RequestFields _request = new();
    private readonly Lock _abortLock = new();
    private Stack<(Func<object, Task> Callback, object State)>? _onCompleted;
    private RequestBodyReader? _reader;
    private ResponseBodyWriter? _writer;
    private DefaultHttpContext? _context;
    private RequestTelemetry? _telemetry;
    private CancellationTokenSource? _aborted;
    private bool _isAborted;
    private volatile bool _isOver;

    public ServerExchange(PipelineServer server, TunnelStream stream)
    {
        _server = server;
        Stream = stream;
        _features = new ExchangeFeatures(this);
    }

    public TunnelStream Stream { get; }

    public long? RequestContentLength => _request.Headers.ContentLength;

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
            Stream.SendContinue();
        }
    }

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
            _isOver = true;
            Stream.Release();
        }
    }

    private bool TryBegin()
    {
        Reset();
        if (_request.Read(Stream.RemoteHead) is { } fault)
        {
            Stream.ResetMalformed(fault);
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
                    if (_stage == ResponseStage.NotStarted && _onStarting is { Count: > 0 })
                    {
                        await RunStartingCallbacksAsync().ConfigureAwait(false);
                    }

                    FinishResponse();
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

    private void OnApplicationFailed(Exception exception)
    {
        exception = _failure ?? exception;
        _failure = null;
        bool cancelled = exception is OperationCanceledException or IOException && Stream.IsFaulted;
        if (!cancelled)
        {
            _telemetry?.Fail(exception);
            _server.Logger.ApplicationFailed(exception, _traceIdentifier ?? TraceIdentifier);
        }

        if (_stage != ResponseStage.NotStarted)
        {
            if (_stage != ResponseStage.Ended)
            {
                AbortResponse("The application failed after its response had begun.");
            }

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

    private void Reset()
    {
        _isOver = false;
        _stage = ResponseStage.NotStarted;
        _responseHeaders.Reset();
        _onStarting?.Clear();
        _onCompleted?.Clear();
        _failure = null;
        _bodyForbidden = false;
        _responseBytes = 0;
        if (_aborted is not null || _isAborted)
        {
            lock (_abortLock)
            {
                _aborted = null;
                _isAborted = Stream.IsFaulted;
            }
        }
    }
}
