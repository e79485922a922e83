using System.IO.Pipelines;
using SocketRest.Multiplexing;

namespace SocketRest.Http;

/// <summary>
/// Where a message's content writes itself. When the peer wants no more of it, writing goes on without effect, or ends (<see cref="EndsUnwanted"/>).
/// <paramref name="flushEachWrite"/> is for a content that passes on what arrives elsewhere: what copies it never flushes.
/// </summary>
internal sealed class RequestBodyStream(TunnelStream stream, long? declaredLength, bool flushEachWrite = false) : Stream
{
    /// <summary>Written but unflushed bytes that are kept to leave together with what follows.</summary>
    private const int Threshold = 16 * 1024;

    private static readonly object s_done = new();

    private long _written;
    private volatile bool _isInFirstPart;
    private volatile bool _stopped;
    private object? _done;

    /// <summary>Whether a content that nobody wants any more learns of it: one that has no end would write on for ever, and nothing would hold it back.</summary>
    public bool EndsUnwanted { get; init; }

    /// <summary>Whether anything was written.</summary>
    public bool HasBegun => _written > 0;

    /// <summary>With <c>Expect: 100-continue</c>: what the content waits for.</summary>
    public TaskCompletionSource<int>? Proceed { get; set; }

    /// <summary>Whether the content still writes on the thread that started it: what it flushes can then wait for what follows at once.</summary>
    public bool IsInFirstPart
    {
        get => _isInFirstPart;
        set => _isInFirstPart = value;
    }

    public override bool CanRead => false;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        CheckLength(buffer.Length);
        if (stream.IsFaulted)
        {
            return Flushed(cancellationToken);
        }

        ReadOnlySpan<byte> rest = buffer.Span;
        while (!rest.IsEmpty)
        {
            Span<byte> target = stream.GetSpan(Math.Min(rest.Length, Threshold));
            int count = Math.Min(target.Length, rest.Length);
            rest[..count].CopyTo(target);
            stream.Advance(count);
            rest = rest[count..];
        }

        return flushEachWrite || stream.UnflushedBytes >= Threshold ? Flushed(cancellationToken) : ValueTask.CompletedTask;
    }

    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken)
    {
        ValidateBufferArguments(buffer, offset, count);
        return WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();
    }

    public override void Write(byte[] buffer, int offset, int count)
    {
        ValidateBufferArguments(buffer, offset, count);
        SynchronousWait.For(WriteAsync(buffer.AsMemory(offset, count), CancellationToken.None));
    }

    public override Task FlushAsync(CancellationToken cancellationToken) => Flushed(cancellationToken).AsTask();

    public override void Flush() => SynchronousWait.For(Flushed(CancellationToken.None));

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    /// <summary>Called when the content says that it is done.</summary>
    public void CheckComplete()
    {
        if (declaredLength is { } length && _written != length)
        {
            throw new HttpRequestException($"The content wrote {_written} bytes but declares {length}.");
        }
    }

    /// <summary>Keeps the content from being read, if it still waits for its turn. False when it is or was being read.</summary>
    public bool TryForbid() => Proceed?.TrySetResult(499) == true;

    /// <summary>The content will not be touched any more.</summary>
    public void SetDone() => (Interlocked.Exchange(ref _done, s_done) as TaskCompletionSource)?.SetResult();

    /// <summary>
    /// Makes the content stop at its next write and completes when it has let go. Only while nobody has let go of the response: until then the stream
    /// is the request's own.
    /// </summary>
    public Task StopAsync()
    {
        if (Volatile.Read(ref _done) == s_done || Proceed is { Task: { IsCompletedSuccessfully: true, Result: >= 300 } })
        {
            return Task.CompletedTask;
        }

        _stopped = true;
        stream.Reset(new SocketRestException(SocketRestErrorCode.Cancelled, "The request goes elsewhere.", RequestOutcome.Executed));
        var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        return Interlocked.CompareExchange(ref _done, done, null) is null ? done.Task : Task.CompletedTask;
    }

    private void CheckLength(int more)
    {
        _written += more;
        if (declaredLength is { } length && _written > length)
        {
            throw new HttpRequestException($"The content wrote more than the {length} bytes that it declares.");
        }
    }

    private ValueTask Flushed(CancellationToken cancellationToken)
    {
        ValueTask<FlushResult> flush = stream.FlushAsync(_isInFirstPart ? SendUrgency.Later : SendUrgency.Pool, cancellationToken);
        if (flush.IsCompletedSuccessfully)
        {
            Check(flush.Result);
            return ValueTask.CompletedTask;
        }

        return Awaited(flush);

        async ValueTask Awaited(ValueTask<FlushResult> flush) => Check(await flush.ConfigureAwait(false));

        void Check(FlushResult _)
        {
            if (stream.Fault is { } fault && (_stopped || !stream.OutputStopped))
            {
                throw HttpErrors.ForRequest(fault);
            }

            if (EndsUnwanted && stream.OutputStopped)
            {
                throw new OperationCanceledException("The answer is complete, and the other end wants no more of the content.");
            }
        }
    }
}
