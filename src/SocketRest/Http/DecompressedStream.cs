using System.IO.Compression;
using System.Net;

namespace SocketRest.Http;

/// <summary>
/// Reads a coded body decompressed. Once the decoder has its end it reads on to the end of the body: only there do the trailers and a body
/// cut short show, and an exchange that is disposed before is reset.
/// </summary>
internal sealed class DecompressedStream(Stream source, DecompressionMethods method) : Stream
{
    private readonly CodedBodyStream _source = new(source);
    private Stream? _decoder;
    private bool _ended;
    private bool _disposed;

    public override bool CanRead => !_disposed;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public override int Read(Span<byte> buffer)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        if (_ended)
            return 0;
        if (_decoder is null && method == DecompressionMethods.Deflate)
            _source.Peek();
        var read = (_decoder ??= CreateDecoder()).Read(buffer);
        if (read == 0 && !buffer.IsEmpty)
        {
            _source.ReadToEnd();
            _ended = true;
        }

        return read;
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        if (_ended)
            return 0;
        if (_decoder is null && method == DecompressionMethods.Deflate)
            await _source.PeekAsync(cancellationToken).ConfigureAwait(false);
        var read = await (_decoder ??= CreateDecoder()).ReadAsync(buffer, cancellationToken).ConfigureAwait(false);
        if (read == 0 && !buffer.IsEmpty)
        {
            await _source.ReadToEndAsync(cancellationToken).ConfigureAwait(false);
            _ended = true;
        }

        return read;
    }

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
        if (disposing && !_disposed)
        {
            _disposed = true;
            _decoder?.Dispose();
            _source.Dispose();
        }

        base.Dispose(disposing);
    }

    // RFC 9110, section 8.4.1.2: "deflate" is the zlib format, and some send bare deflate all the same. The low half of a zlib
    // stream's first byte is 8, the compression method (RFC 1950, section 2.2), which bare deflate does not begin with.
    private Stream CreateDecoder() => method switch
    {
        DecompressionMethods.GZip => new GZipStream(_source, CompressionMode.Decompress, leaveOpen: true),
        DecompressionMethods.Brotli => new BrotliStream(_source, CompressionMode.Decompress, leaveOpen: true),
        _ when (_source.First & 0x0f) == 8 => new ZLibStream(_source, CompressionMode.Decompress, leaveOpen: true),
        _ => new DeflateStream(_source, CompressionMode.Decompress, leaveOpen: true),
    };
}
