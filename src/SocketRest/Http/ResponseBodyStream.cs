using System.Buffers;
using System.IO.Pipelines;
using SocketRest.Multiplexing;

namespace SocketRest.Http;

/// <summary>
/// The response's body as it arrives. Lets go of the tunnel stream at the end of the body, or resets it when disposed or dropped before.
/// </summary>
internal sealed class ResponseBodyStream : Stream
{
    private readonly HttpResponseMessage _response;
    private readonly LeakGuard? _guard;
    private TunnelStream? _stream;
    private bool _ended;
    private int _reading;

    public ResponseBodyStream(TunnelStream stream, HttpResponseMessage response)
    {
        _stream = stream;
        _response = response;
        if (!stream.RemoteEnded)
        {
            _guard = new LeakGuard(stream);
        }
    }

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
        if (cancellationToken.IsCancellationRequested)
        {
            return ValueTask.FromCanceled<int>(cancellationToken);
        }

        try
        {
            if (TryReadNow(buffer, out int count))
            {
                return new(count);
            }
        }
        catch (HttpIOException exception)
        {
            return ValueTask.FromException<int>(exception);
        }

        return Awaited(buffer, cancellationToken);

        async ValueTask<int> Awaited(Memory<byte> buffer, CancellationToken cancellationToken)
        {
            while (true)
            {
                await WaitAsync(cancellationToken).ConfigureAwait(false);
                if (TryReadNow(buffer, out int count))
                {
                    return count;
                }
            }
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

    public override async Task CopyToAsync(Stream destination, int bufferSize, CancellationToken cancellationToken)
    {
        ValidateCopyToArguments(destination, bufferSize);
        while (true)
        {
            if (Read(out ReadResult result))
            {
                foreach (ReadOnlyMemory<byte> segment in result.Buffer)
                {
                    await destination.WriteAsync(segment, cancellationToken).ConfigureAwait(false);
                }

                if (Advance(result, result.Buffer.End))
                {
                    return;
                }
            }
            else if (_ended)
            {
                return;
            }
            else
            {
                await WaitAsync(cancellationToken).ConfigureAwait(false);
            }
        }
    }

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (Interlocked.Exchange(ref _stream, null) is { } stream)
        {
            _guard?.Dispose();
            if (Volatile.Read(ref _reading) != 0)
            {
                // Somebody is still at the buffers: they must not become another call's.
                stream.Pin();
            }

            stream.Release();
        }

        base.Dispose(disposing);
    }

    private bool TryReadNow(Memory<byte> buffer, out int count)
    {
        count = 0;
        if (!Read(out ReadResult result))
        {
            return _ended;
        }

        ReadOnlySequence<byte> available = result.Buffer;
        if (buffer.IsEmpty && !available.IsEmpty)
        {
            Advance(result, available.Start);
            return true;
        }

        count = (int)Math.Min(available.Length, buffer.Length);
        SequencePosition end = available.GetPosition(count);
        available.Slice(0, end).CopyTo(buffer.Span);
        return Advance(result, end) || count > 0;
    }

    private bool Read(out ReadResult result)
    {
        result = default;
        if (_ended)
        {
            return false;
        }

        TunnelStream stream = BeginReading();
        bool read = false;
        try
        {
            return read = stream.TryRead(out result);
        }
        catch (SocketRestException exception)
        {
            throw HttpErrors.ForBody(exception);
        }
        finally
        {
            if (!read)
            {
                EndReading();
            }
        }
    }

    /// <summary>Gives back what was consumed; true at the end of the body.</summary>
    private bool Advance(ReadResult result, SequencePosition consumed)
    {
        bool all = result.Buffer.IsEmpty || consumed.Equals(result.Buffer.End);
        TunnelStream? stream = _stream;
        if (stream is null)
        {
            return true;
        }

        stream.AdvanceTo(consumed, consumed);
        EndReading();
        if (!all || !result.IsCompleted)
        {
            return false;
        }

        _ended = true;
        if (stream.RemoteTrailers is { } trailers)
        {
            ResponseHead.ReadTrailers(trailers, _response);
        }

        Dispose();
        return true;
    }

    /// <summary>From here until <see cref="EndReading"/> the stream and its buffers are in use, whatever another thread disposes.</summary>
    private TunnelStream BeginReading()
    {
        // With a full fence: either the one who disposes sees this, or the stream is seen to be gone.
        Interlocked.Exchange(ref _reading, 1);
        if (_stream is { } stream)
        {
            return stream;
        }

        EndReading();
        throw new ObjectDisposedException(nameof(ResponseBodyStream));
    }

    private void EndReading() => Volatile.Write(ref _reading, 0);

    private async ValueTask WaitAsync(CancellationToken cancellationToken)
    {
        TunnelStream stream = BeginReading();
        try
        {
            ReadResult result = await stream.ReadAsync(cancellationToken).ConfigureAwait(false);
            stream.AdvanceTo(result.Buffer.Start, result.Buffer.Start);
            EndReading();
        }
        catch (SocketRestException exception)
        {
            throw HttpErrors.ForBody(exception);
        }
        catch (OperationCanceledException)
        {
            // The caller gave up on the body: so does the tunnel.
            Dispose();
            throw;
        }
    }
}
