using SocketRest.Multiplexing;

namespace SocketRest.Http;

/// <summary>Both directions of an accepted CONNECT as one stream. Every write leaves at once; disposing ends both directions after what was written.</summary>
internal sealed class DuplexStream(TunnelStream stream, ResponseBodyStream reading) : Stream
{
    private readonly RequestBodyStream _writing = new(stream, declaredLength: null);
    private int _disposed;
    private bool _writingEnded;

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) => reading.ReadAsync(buffer, cancellationToken);

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) => reading.ReadAsync(buffer, offset, count, cancellationToken);

    public override int Read(byte[] buffer, int offset, int count) => reading.Read(buffer, offset, count);

    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        ObjectDisposedException.ThrowIf(_disposed != 0, this);
        await _writing.WriteAsync(buffer, cancellationToken).ConfigureAwait(false);
        await _writing.FlushAsync(cancellationToken).ConfigureAwait(false);
    }

    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override void Write(byte[] buffer, int offset, int count) => SynchronousWait.For(WriteAsync(buffer.AsMemory(offset, count), CancellationToken.None));

    public override Task FlushAsync(CancellationToken cancellationToken) => _writing.FlushAsync(cancellationToken);

    public override void Flush() => _writing.Flush();

    /// <summary>Has the callback called when what is written reaches nobody any more, although that is no error where the other end has said all that it had to say.</summary>
    public void OnUnheard(Action callback) => stream.OnUnheard(callback);

    /// <summary>Nothing more is written; reading goes on. Not beside a write.</summary>
    public void EndWriting()
    {
        if (!_writingEnded && _disposed == 0)
        {
            _writingEnded = true;
            stream.EndOutput(trailers: null, SendUrgency.Pool);
        }
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing && Interlocked.Exchange(ref _disposed, 1) == 0)
        {
            if (!_writingEnded && !stream.IsFaulted)
            {
                // In this order: once its output has ended a stream may be at work for somebody else.
                stream.StopRemote();
                stream.EndOutput(trailers: null, SendUrgency.Pool);
            }

            _writing.Dispose();
            reading.Dispose();
        }

        base.Dispose(disposing);
    }
}
