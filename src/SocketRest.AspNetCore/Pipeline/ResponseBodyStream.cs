using System.Buffers;
using System.IO.Pipelines;

namespace SocketRest.AspNetCore.Pipeline;

/// <summary>The response's body as a stream: every write leaves at once, as on Kestrel.</summary>
internal sealed class ResponseBodyStream(ServerExchange exchange, ResponseBodyWriter writer) : Stream
{
    /// <summary>A large write is handed over in pieces, so that what waits to be sent stays bounded.</summary>
    private const int Piece = 32 * 1024;

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
        if (cancellationToken.IsCancellationRequested)
        {
            return ValueTask.FromCanceled(cancellationToken);
        }

        if (buffer.Length > Piece)
        {
            return WritePiecesAsync(buffer, cancellationToken);
        }

        writer.Write(buffer.Span);
        return Ignore(writer.FlushAsync(cancellationToken));
    }

    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken)
    {
        ValidateBufferArguments(buffer, offset, count);
        return WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();
    }

    public override void Write(byte[] buffer, int offset, int count)
    {
        ValidateBufferArguments(buffer, offset, count);
        CheckSynchronous();
        SocketRest.Http.SynchronousWait.For(WriteAsync(buffer.AsMemory(offset, count), CancellationToken.None));
    }

    public override Task FlushAsync(CancellationToken cancellationToken) => Ignore(writer.FlushAsync(cancellationToken)).AsTask();

    public override void Flush()
    {
        CheckSynchronous();
        SocketRest.Http.SynchronousWait.For(Ignore(writer.FlushAsync(CancellationToken.None)));
    }

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    private async ValueTask WritePiecesAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken)
    {
        while (!buffer.IsEmpty)
        {
            int count = Math.Min(buffer.Length, Piece);
            writer.Write(buffer.Span[..count]);
            buffer = buffer[count..];
            await writer.FlushAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    private static ValueTask Ignore(ValueTask<FlushResult> flush)
    {
        if (flush.IsCompletedSuccessfully)
        {
            _ = flush.Result;
            return ValueTask.CompletedTask;
        }

        return Awaited(flush);

        static async ValueTask Awaited(ValueTask<FlushResult> flush) => await flush.ConfigureAwait(false);
    }

    private void CheckSynchronous()
    {
        if (!exchange.AllowSynchronousIO)
        {
            throw new InvalidOperationException("Synchronous operations are disallowed. Call WriteAsync or set AllowSynchronousIO to true instead.");
        }
    }
}
