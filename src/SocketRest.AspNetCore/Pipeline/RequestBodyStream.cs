using System.Buffers;
using System.IO.Pipelines;

namespace SocketRest.AspNetCore.Pipeline;

/// <summary>The request's body as a stream over its reader.</summary>
internal sealed class RequestBodyStream(ServerExchange exchange, RequestBodyReader reader) : Stream
{
    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        ValueTask<ReadResult> read = reader.ReadAsync(cancellationToken);
        return read.IsCompletedSuccessfully ? new(Take(read.Result, buffer.Span)) : Awaited(read, buffer);

        async ValueTask<int> Awaited(ValueTask<ReadResult> read, Memory<byte> buffer) => Take(await read.ConfigureAwait(false), buffer.Span);
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken)
    {
        ValidateBufferArguments(buffer, offset, count);
        return ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();
    }

    public override int Read(byte[] buffer, int offset, int count)
    {
        ValidateBufferArguments(buffer, offset, count);
        if (!exchange.AllowSynchronousIO)
        {
            throw new InvalidOperationException("Synchronous operations are disallowed. Call ReadAsync or set AllowSynchronousIO to true instead.");
        }

        return SocketRest.Http.SynchronousWait.For(ReadAsync(buffer.AsMemory(offset, count), CancellationToken.None));
    }

    public override Task CopyToAsync(Stream destination, int bufferSize, CancellationToken cancellationToken)
    {
        ValidateCopyToArguments(destination, bufferSize);
        return reader.CopyToAsync(destination, cancellationToken);
    }

    public override void Flush()
    {
    }

    public override Task FlushAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    private int Take(ReadResult result, Span<byte> buffer)
    {
        ReadOnlySequence<byte> available = result.Buffer;
        if (result.IsCanceled)
        {
            reader.AdvanceTo(available.Start);
            throw new OperationCanceledException("The read was cancelled.");
        }

        int count = (int)Math.Min(available.Length, buffer.Length);
        SequencePosition end = available.GetPosition(count);
        available.Slice(0, end).CopyTo(buffer);
        reader.AdvanceTo(end);
        return count;
    }
}
