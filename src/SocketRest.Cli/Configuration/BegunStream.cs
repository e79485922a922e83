namespace SocketRest.Cli.Configuration;

/// <summary>A stream whose beginning was read already: it is given out once more, and then the rest, or what broke it off.</summary>
internal sealed class BegunStream(ReadOnlyMemory<byte> start, Stream rest, Exception? broken) : Stream
{
    private ReadOnlyMemory<byte> _start = start;

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

    public override int Read(byte[] buffer, int offset, int count) => TakeStart(buffer.AsSpan(offset, count)) is > 0 and var taken ? taken : Rest().Read(buffer, offset, count);

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
        TakeStart(buffer.Span) is > 0 and var taken ? new(taken) : Rest().ReadAsync(buffer, cancellationToken);

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            rest.Dispose();
        }

        base.Dispose(disposing);
    }

    private Stream Rest() => broken is null ? rest : throw new HttpIOException(HttpRequestError.ResponseEnded, broken.Message, broken);

    private int TakeStart(Span<byte> into)
    {
        int count = Math.Min(into.Length, _start.Length);
        _start.Span[..count].CopyTo(into);
        _start = _start[count..];
        return count;
    }
}
