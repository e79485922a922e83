using System.Buffers;
using System.IO.Pipelines;
using SocketRest.Multiplexing;

namespace SocketRest.Http;

/// <summary>
/// The body of a request that this side answers, as a stream. With <paramref name="isAwaited"/> the caller holds it back until it is asked for (RFC 9110 section 10.1.1).
/// </summary>
internal sealed class RequestInputStream(TunnelStream stream, bool isAwaited) : Stream
{
    private TunnelStream? _stream = stream;
    private bool _isAwaited = isAwaited;
    private int _reading;

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        // Before looking at the stream: whoever disposes does it the other way round, so that one of both notices.
        Interlocked.Exchange(ref _reading, 1);
        try
        {
            TunnelStream stream = Volatile.Read(ref _stream)
                ?? throw new ObjectDisposedException(nameof(RequestInputStream), "The request is over; its body cannot be read any more.");
            if (_isAwaited)
            {
                _isAwaited = false;
                stream.SendContinue();
            }

            ReadResult result = await stream.ReadAsync(cancellationToken).ConfigureAwait(false);
            ReadOnlySequence<byte> available = result.Buffer;
            int count = (int)Math.Min(available.Length, buffer.Length);
            SequencePosition end = available.GetPosition(count);
            available.Slice(0, end).CopyTo(buffer.Span);
            stream.AdvanceTo(end, end);
            return count;
        }
        finally
        {
            Volatile.Write(ref _reading, 0);
        }
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken)
    {
        ValidateBufferArguments(buffer, offset, count);
        return ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();
    }

    public override int Read(byte[] buffer, int offset, int count)
    {
        ValidateBufferArguments(buffer, offset, count);
        return SynchronousWait.For(ReadAsync(buffer.AsMemory(offset, count), CancellationToken.None));
    }

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        // The tunnel stream goes on to serve other requests, unless somebody is still at its buffers: an upload that its reader has not heard the end of.
        if (Interlocked.Exchange(ref _stream, null) is { } stream && Interlocked.CompareExchange(ref _reading, 0, 0) != 0)
        {
            stream.Pin();
        }

        base.Dispose(disposing);
    }
}
