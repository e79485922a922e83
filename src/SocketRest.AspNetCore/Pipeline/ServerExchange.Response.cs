using System.IO.Pipelines;
using Microsoft.AspNetCore.Http;
using SocketRest.Multiplexing;
using SocketRest.Protocol.Hpack;

namespace SocketRest.AspNetCore.Pipeline;

/// <summary>The response on its way: when its head leaves, what may follow it, and how it ends.</summary>
internal sealed partial class ServerExchange
{
    private readonly ResponseHeaderDictionary _responseHeaders = new();
    private Stack<(Func<object, Task> Callback, object State)>? _onStarting;
    private Exception? _failure;
    private byte[]? _discarded;
    private ResponseStage _stage;
    private bool _bodyForbidden;
    private volatile bool _isInFirstPart;
    private long _responseBytes;

    public long UnflushedBytes => _stage == ResponseStage.Ended ? 0 : Stream.UnflushedBytes;

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

        if (!IsHead && (_bodyForbidden || (_stage == ResponseStage.NotStarted && StatusForbidsBody)))
        {
            throw new InvalidOperationException($"Writing to the response body is invalid for responses with status code {_statusCode}.");
        }

        if (_bodyForbidden || Stream.IsFaulted)
        {
            return;
        }

        if (_responseHeaders.ContentLength is { } declared && _responseBytes + bytes > declared && !IsHead)
        {
            throw new InvalidOperationException($"Response Content-Length mismatch: too many bytes written ({_responseBytes + bytes} of {declared}).");
        }

        Stream.Advance(bytes);
        _responseBytes += bytes;
    }

    public ValueTask<FlushResult> FlushResponseAsync(CancellationToken cancellationToken)
    {
        // Whoever writes on for as long as somebody listens learns of the end by this alone.
        if (cancellationToken.IsCancellationRequested)
        {
            return ValueTask.FromCanceled<FlushResult>(cancellationToken);
        }

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
        await RunStartingCallbacksAsync().ConfigureAwait(false);
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
            await RunStartingCallbacksAsync().ConfigureAwait(false);
        }

        FinishResponse();
    }

    /// <summary>The writer of the body takes no more. With an error the response is none that anybody could take for whole.</summary>
    public ValueTask CompleteBodyAsync(Exception? exception)
    {
        if (exception is null)
        {
            return _stage == ResponseStage.Ended ? default : new(CompleteResponseAsync());
        }

        if (_stage == ResponseStage.NotStarted)
        {
            ReportFailure(exception);
            FinishResponse();
        }
        else if (_stage == ResponseStage.Started)
        {
            AbortResponse("The response's writer was completed with an error.");
        }

        return default;
    }

    /// <summary>The application has failed without throwing: whatever it does from now on, a response that has not begun becomes a 500, and any other is broken off.</summary>
    public void ReportFailure(Exception exception) => _failure ??= exception;

    public void AbortResponse(string reason)
    {
        if (_isOver)
        {
            // Somebody has kept what belongs to another request by now.
            return;
        }

        var why = new SocketRestException(SocketRestErrorCode.ApplicationAborted, reason, RequestOutcome.Executed);
        if ((_stage == ResponseStage.Ended || (_stage == ResponseStage.Started && _bodyForbidden)) && !Stream.IsFaulted)
        {
            // A response that is complete stays so, sent or not: only the rest of the request is not wanted. At once, since the exchange may soon be another's.
            Stream.StopRemote();
            ((IServerExchange)this).OnAborted(why);
        }
        else
        {
            // Seen by whoever asks for the token from now on; whoever has it is told on another thread.
            lock (_abortLock)
            {
                _isAborted = true;
            }

            Stream.Reset(why);
        }
    }

    /// <summary>What the caller asked, whatever an application makes of the method: the caller reads the answer by that.</summary>
    private bool IsHead => HttpMethods.IsHead(_request.Method);

    private bool StatusForbidsBody => !_isUpgraded && _statusCode is (>= 100 and < 200) or 204 or 205 or 304;

    private void VerifyContentLength()
    {
        if (_responseHeaders.ContentLength is { } declared && _responseBytes < declared && !IsHead && _statusCode != StatusCodes.Status304NotModified
            && _stage != ResponseStage.Ended && !Stream.IsFaulted)
        {
            throw new InvalidOperationException($"Response Content-Length mismatch: too few bytes written ({_responseBytes} of {declared}).");
        }
    }

    private async Task RunStartingCallbacksAsync()
    {
        while (_stage == ResponseStage.NotStarted && _failure is null && _onStarting is { Count: > 0 } callbacks)
        {
            (Func<object, Task> callback, object state) = callbacks.Pop();
            try
            {
                await callback(state).ConfigureAwait(false);
            }
            catch (Exception exception)
            {
                // As on Kestrel: whoever happened to write is told, and cannot turn it into a success by not caring.
                ReportFailure(exception);
            }
        }
    }

    private void FinishResponse()
    {
        if (_failure is { } failure)
        {
            OnApplicationFailed(failure);
        }
        else
        {
            VerifyContentLength();
        }

        EndResponse();
    }

    /// <summary>Sends the head, which is all of a response that has no body unless it has trailers already.</summary>
    private void SendHead(bool endStream, bool trailersFollow = false)
    {
        if (_failure is not null)
        {
            throw new ObjectDisposedException("The response was given up because the application has failed.", _failure);
        }

        SettleLength();
        WriteHead();
        _stage = ResponseStage.Started;
        _responseHeaders.SetReadOnly();
        _bodyForbidden = IsHead || StatusForbidsBody;
        if (_bodyForbidden)
        {
            Stream.DiscardOutput();
        }

        if (_minResponseDataRate is { } rate && !endStream && !_bodyForbidden)
        {
            Stream.RequirePace(rate.BytesPerSecond, rate.GracePeriod);
        }

        endStream |= _bodyForbidden && !trailersFollow;
        Stream.SendHead(endStream, endStream ? SendUrgency.Now : SendUrgency.Later);
    }

    /// <summary>RFC 9110 section 8.6: a status without content has no length either, and 205 says that it is 0.</summary>
    private void SettleLength()
    {
        if (_isUpgraded || _statusCode is >= 200 and not (204 or 205))
        {
            return;
        }

        long? length = _responseHeaders.ContentLength;
        if (length > 0)
        {
            throw new InvalidOperationException($"A response with the status code {_statusCode} has no content, and no Content-Length of {length}.");
        }

        if (_statusCode != StatusCodes.Status205ResetContent)
        {
            _responseHeaders.ContentLength = null;
        }
        else if (!IsHead)
        {
            _responseHeaders.ContentLength = 0;
        }
    }

    /// <summary>What cannot be expressed is the application's failure before its response has begun: it may still answer that it failed.</summary>
    private void WriteHead()
    {
        try
        {
            ResponseFields.WriteHead(Stream.Head, _isUpgraded ? StatusCodes.Status200OK : _statusCode, _responseHeaders, _server.Date);
        }
        catch
        {
            Stream.Head.Clear();
            throw;
        }

        SayIfDeclined();
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
        bool headIsAll = _bodyForbidden;
        if (_stage == ResponseStage.NotStarted)
        {
            bool empty = Stream.UnflushedBytes == 0 || IsHead || StatusForbidsBody;
            if (empty && _responseHeaders.ContentLength is null && !IsHead && trailers is null && _statusCode is not ((>= 100 and < 200) or 204 or 304))
            {
                _responseHeaders.ContentLength = 0;
            }

            SendHead(endStream: empty && trailers is null, trailersFollow: trailers is not null);
            if (empty && trailers is null)
            {
                _stage = ResponseStage.Ended;
                return;
            }
        }

        _stage = ResponseStage.Ended;
        CloseTrailers();
        if (!headIsAll)
        {
            Stream.EndOutput(trailers, SendUrgency.Now);
        }
    }

    /// <summary>What comes too late to be sent fails where it is written.</summary>
    private void CloseTrailers()
    {
        if (_stage == ResponseStage.Ended && _trailers is ResponseHeaderDictionary own)
        {
            own.SetReadOnly();
        }
    }

    private void ThrowIfEnded()
    {
        if (_stage == ResponseStage.Ended)
        {
            throw new InvalidOperationException("Writing is not allowed after the response has been completed.");
        }
    }
}
