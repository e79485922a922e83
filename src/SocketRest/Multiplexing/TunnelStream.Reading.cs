using System.Buffers;
using System.IO.Pipelines;

namespace SocketRest.Multiplexing;

/// <summary>How the application reads the peer's body.</summary>
internal sealed partial class TunnelStream
{
    private ReadOnlySequence<byte> _lastRead;

    /// <summary>How many bytes at the beginning of what comes next were looked at before.</summary>
    private long _seen;

    /// <summary>Reads the body. Throws <see cref="SocketRestException"/> when the stream ended before the body did.</summary>
    public ValueTask<ReadResult> ReadAsync(CancellationToken cancellationToken)
    {
        if (TryReadBesidePipe(out ReadResult beside))
        {
            return new(beside);
        }

        ThrowIfCutShort();
        ValueTask<ReadResult> read = _input.Reader.ReadAsync(cancellationToken);
        if (!read.IsCompletedSuccessfully)
        {
            return Awaited(this, read);
        }

        ReadResult result = read.Result;
        if (result.IsCanceled)
        {
            ThrowIfCutShort();
        }

        _lastRead = result.Buffer;
        return new(result);

        static async ValueTask<ReadResult> Awaited(TunnelStream stream, ValueTask<ReadResult> read)
        {
            ReadResult result = await read.ConfigureAwait(false);
            if (result.IsCanceled)
            {
                stream.ThrowIfCutShort();
            }

            stream._lastRead = result.Buffer;
            return result;
        }
    }

    public bool TryRead(out ReadResult result)
    {
        if (TryReadBesidePipe(out result))
        {
            return true;
        }

        ThrowIfCutShort();
        if (!_input.Reader.TryRead(out result))
        {
            return false;
        }

        if (result.IsCanceled)
        {
            ThrowIfCutShort();
        }

        _lastRead = result.Buffer;
        return true;
    }

    public void AdvanceTo(SequencePosition consumed, SequencePosition examined)
    {
        if ((State & StreamState.SmallInput) != 0)
        {
            if (consumed.GetObject() is not null)
            {
                // The top bit is the sequence's own mark for positions in arrays.
                _smallInputRead = consumed.GetInteger() & int.MaxValue;
            }

            return;
        }

        if (!_inputUsed)
        {
            return;
        }

        SequencePosition start = _lastRead.Start;
        long read;
        long seen;
        if (_lastRead.IsSingleSegment)
        {
            read = consumed.GetInteger() - start.GetInteger();
            seen = examined.GetInteger() - start.GetInteger();
        }
        else
        {
            read = _lastRead.Slice(start, consumed).Length;
            seen = consumed.Equals(examined) ? read : _lastRead.Slice(start, examined).Length;
        }

        _lastRead = default;
        _input.Reader.AdvanceTo(consumed, examined);

        // What was looked at makes room, consumed or not: who has to see more than a window in one piece would wait for ever.
        long fresh = seen - _seen;
        _seen = Math.Max(_seen, seen) - Math.Max(read, 0);
        if (fresh > 0)
        {
            GrantCredit((int)fresh);
        }
    }

    /// <summary>Whether all of the body is there and does not come through the pipe, which then knows of no cancelled read.</summary>
    public bool IsReadBesidePipe => (State & StreamState.SmallInput) != 0 || (RemoteEnded && !_inputUsed);

    /// <summary>Ends the wait of a read, or the next one's, where the body comes through the pipe. Before the stream is released.</summary>
    public void CancelPendingRead()
    {
        Pin();
        _input.Reader.CancelPendingRead();
    }

    private void ThrowIfCutShort()
    {
        if (Fault is { } fault && !RemoteEnded)
        {
            throw fault.For(fault.Outcome);
        }
    }
}
