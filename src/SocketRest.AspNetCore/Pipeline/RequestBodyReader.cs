using System.IO.Pipelines;
using Microsoft.AspNetCore.Http;

namespace SocketRest.AspNetCore.Pipeline;

/// <summary>One request's body as the application reads it. Made anew for each request that has readers, so that one that is kept reads nobody else's.</summary>
internal sealed class RequestBodyReader(ServerExchange exchange) : PipeReader
{
    private ServerExchange? _exchange = exchange;
    private bool _completed;
    private bool _started;
    private volatile bool _cancels;
    private long _consumed;
    private long _unconsumed;
    private ReadResult _last;
    private RequestBodyPace? _pace;

    /// <summary>Whether the application has begun to read, after which limits can no longer change.</summary>
    public bool HasStarted => _started;

    /// <summary>Whether everything was read.</summary>
    public bool IsAtEnd { get; private set; }

    public void Detach()
    {
        _exchange = null;
        _pace?.Stop();
    }

    public override ValueTask<ReadResult> ReadAsync(CancellationToken cancellationToken = default)
    {
        if (cancellationToken.IsCancellationRequested)
        {
            return ValueTask.FromCanceled<ReadResult>(cancellationToken);
        }

        ServerExchange exchange = Begin();
        ValueTask<ReadResult> read = exchange.Stream.ReadAsync(cancellationToken);
        return read.IsCompletedSuccessfully ? new(Note(exchange, read.Result))
            : exchange.MinRequestBodyDataRate is null ? Awaited(exchange, read)
            : Paced(exchange, _pace ??= new RequestBodyPace(exchange), read);

        async ValueTask<ReadResult> Awaited(ServerExchange exchange, ValueTask<ReadResult> read) => Note(exchange, await read.ConfigureAwait(false));
    }

    private async ValueTask<ReadResult> Paced(ServerExchange exchange, RequestBodyPace pace, ValueTask<ReadResult> read)
    {
        ReadResult result;
        pace.Begin();
        try
        {
            result = await read.ConfigureAwait(false);
        }
        finally
        {
            pace.Stop();
        }

        if (pace.IsTooSlow)
        {
            exchange.Stream.AdvanceTo(result.Buffer.Start, result.Buffer.Start);
            throw RequestBodyPace.TooSlow();
        }

        result = Note(exchange, result);
        pace.Arrived = _consumed + _unconsumed;
        return result;
    }

    public override bool TryRead(out ReadResult result)
    {
        ServerExchange exchange = Begin();
        if (!exchange.Stream.TryRead(out result))
        {
            return false;
        }

        result = Note(exchange, result);
        return true;
    }

    public override void AdvanceTo(SequencePosition consumed) => AdvanceTo(consumed, consumed);

    public override void AdvanceTo(SequencePosition consumed, SequencePosition examined)
    {
        long count = _last.Buffer.IsEmpty ? 0 : _last.Buffer.Slice(_last.Buffer.Start, consumed).Length;
        _consumed += count;
        _unconsumed -= count;
        IsAtEnd = _last.IsCompleted && _unconsumed == 0;
        _last = default;
        _exchange?.Stream.AdvanceTo(consumed, examined);
    }

    public override void CancelPendingRead()
    {
        if (_exchange is { } exchange)
        {
            _cancels = true;
            exchange.Stream.CancelPendingRead();
        }
    }

    public override void Complete(Exception? exception = null)
    {
        _completed = true;
        if (exception is not null)
        {
            _exchange?.ReportFailure(exception);
        }
    }

    private ServerExchange Begin()
    {
        ServerExchange exchange = _exchange ?? throw Gone();
        if (_completed)
        {
            throw new InvalidOperationException("The request body's reader was completed: there is no more reading.");
        }

        if (_pace is { IsTooSlow: true })
        {
            throw RequestBodyPace.TooSlow();
        }

        if (!_started)
        {
            _started = true;
            if (exchange.MaxRequestBodySize is { } limit && exchange.RequestContentLength > limit)
            {
                throw TooLarge(limit);
            }

            exchange.SendContinueIfExpected();
        }

        return exchange;
    }

    private ReadResult Note(ServerExchange exchange, ReadResult result)
    {
        if (_cancels && (result.IsCanceled || exchange.Stream.IsReadBesidePipe))
        {
            _cancels = false;
            result = new ReadResult(result.Buffer, isCanceled: true, result.IsCompleted);
        }

        _last = result;
        _unconsumed = result.Buffer.Length;
        if (exchange.MaxRequestBodySize is { } limit && _consumed + _unconsumed > limit)
        {
            exchange.Stream.AdvanceTo(result.Buffer.Start, result.Buffer.Start);
            throw TooLarge(limit);
        }

        IsAtEnd = result.IsCompleted && _unconsumed == 0;
        return result;
    }

    private static BadHttpRequestException TooLarge(long limit) =>
        new($"Request body too large. The limit is {limit} bytes.", StatusCodes.Status413PayloadTooLarge);

    private static ObjectDisposedException Gone() => new("The request is over; its body cannot be read any more.");
}
