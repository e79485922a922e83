using System.Buffers;
using System.IO.Pipelines;
using SocketRest.Multiplexing;

namespace SocketRest.Http;

/// <summary>The body of a request that this side answers, as a stream.</summary>
internal sealed class RequestInputStream(TunnelStream stream) : Stream
{
    private TunnelStream? _stream = stream;

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
        TunnelStream stream = _stream ?? throw new ObjectDisposedException(nameof(RequestInputStream), "The request is over; its body cannot be read any more.");
        ReadResult result = await stream.ReadAsync(cancellationToken).ConfigureAwait(false);
        ReadOnlySequence<byte> available = result.Buffer;
        int count = (int)Math.Min(available.Length, buffer.Length);
        SequencePosition end = available.GetPosition(count);
        available.Slice(0, end).CopyTo(buffer.Span);
        stream.AdvanceTo(end, end);
        return count;
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
        // The tunnel stream goes on to serve other requests.
        _stream = null;
        base.Dispose(disposing);
    }
}
