using System.IO.Pipelines;

namespace SocketRest.Tests.Dialogues;

/// <summary>One end of an in-memory line. What waits on it goes on on the thread pool, as with a real socket.</summary>
internal sealed class DuplexPipeStream : Stream
{
    private readonly Pipe _from;
    private readonly Pipe _to;
    private readonly Stream _input;
    private readonly Stream _output;
    private DuplexPipeStream? _other;
    private volatile bool _waits;
    private long _read;
    private long _written;

    private DuplexPipeStream(Pipe from, Pipe to)
    {
        _from = from;
        _to = to;
        _input = from.Reader.AsStream();
        _output = to.Writer.AsStream();
    }

    /// <summary>Whether all that the other end has written was taken at this one, where somebody waits for more.</summary>
    public bool IsTakenIn => Volatile.Read(ref _read) == _other!.Written && _waits;

    private long Written => Volatile.Read(ref _written);

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    /// <summary>Two ends; each way holds up to <paramref name="capacity"/> bytes before its writer has to wait.</summary>
    public static (DuplexPipeStream One, DuplexPipeStream Other) CreatePair(int capacity)
    {
        var options = new PipeOptions(pauseWriterThreshold: capacity, resumeWriterThreshold: capacity / 2, useSynchronizationContext: false);
        var there = new Pipe(options);
        var back = new Pipe(options);
        var one = new DuplexPipeStream(back, there);
        var other = new DuplexPipeStream(there, back) { _other = one };
        one._other = other;
        return (one, other);
    }

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        int count;
        ValueTask<int> read = _input.ReadAsync(buffer, cancellationToken);
        try
        {
            _waits = !read.IsCompleted;
            count = await read.ConfigureAwait(false);
        }
        finally
        {
            _waits = false;
        }

        Volatile.Write(ref _read, _read + count);
        return count;
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        Volatile.Write(ref _written, _written + buffer.Length);
        return _output.WriteAsync(buffer, cancellationToken);
    }

    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override void Flush()
    {
    }

    public override Task FlushAsync(CancellationToken cancellationToken) => _output.FlushAsync(cancellationToken);

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            // A pending read or write ends too, as it does when a real socket is closed under it.
            _from.Reader.CancelPendingRead();
            _to.Writer.CancelPendingFlush();
            _to.Writer.Complete();
            _from.Reader.Complete(new IOException("The other end is gone."));
        }

        base.Dispose(disposing);
    }
}
