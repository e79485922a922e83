namespace SocketRest.Http;

/// <summary>What a decoder reads from: a body whose first byte can be seen before, and that knows whether its end was read.</summary>
internal sealed class CodedBodyStream(Stream body) : Stream
{
    private const int SkippedAtOnce = 4096;

    private readonly byte[] _first = new byte[1];
    private bool _firstIsPending;
    private bool _ended;

    /// <summary>The first byte, after a peek, or 0 where there is none.</summary>
    public byte First => _first[0];

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public void Peek() => _firstIsPending = Read(_first) > 0;

    public async ValueTask PeekAsync(CancellationToken cancellationToken) =>
        _firstIsPending = await ReadAsync(_first, cancellationToken).ConfigureAwait(false) > 0;

    /// <summary>Skips what follows the coded data.</summary>
    public void ReadToEnd()
    {
        if (_ended)
            return;
        var skipped = new byte[SkippedAtOnce];
        while (Read(skipped) > 0)
        {
        }
    }

    public async ValueTask ReadToEndAsync(CancellationToken cancellationToken)
    {
        if (_ended)
            return;
        var skipped = new byte[SkippedAtOnce];
        while (await ReadAsync(skipped, cancellationToken).ConfigureAwait(false) > 0)
        {
        }
    }

    public override int Read(Span<byte> buffer) => TakeFirst(buffer) ? 1 : Note(buffer.Length, body.Read(buffer));

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
        TakeFirst(buffer.Span) ? new ValueTask<int>(1) : ReadBodyAsync(buffer, cancellationToken);

    public override int Read(byte[] buffer, int offset, int count)
    {
        ValidateBufferArguments(buffer, offset, count);
        return Read(buffer.AsSpan(offset, count));
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken)
    {
        ValidateBufferArguments(buffer, offset, count);
        return ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();
    }

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing)
            body.Dispose();
        base.Dispose(disposing);
    }

    private async ValueTask<int> ReadBodyAsync(Memory<byte> buffer, CancellationToken cancellationToken) =>
        Note(buffer.Length, await body.ReadAsync(buffer, cancellationToken).ConfigureAwait(false));

    private bool TakeFirst(Span<byte> buffer)
    {
        if (!_firstIsPending || buffer.IsEmpty)
            return false;
        buffer[0] = First;
        _firstIsPending = false;
        return true;
    }

    private int Note(int wanted, int read)
    {
        if (read == 0 && wanted > 0)
            _ended = true;
        return read;
    }
}
