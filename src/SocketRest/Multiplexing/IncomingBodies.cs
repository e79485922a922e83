using SocketRest.Protocol;

namespace SocketRest.Multiplexing;

/// <summary>The DATA frames among a peer's: taken in whatever pieces they come, and after a resume from where the one that was cut broke off.</summary>
internal sealed class IncomingBodies(TunnelConnection connection, PeerBudget budget)
{
    private FrameHeader _frame;
    private int _repeated;
    private TunnelStream? _stream;

    /// <summary>Bytes of the frame that have not come yet.</summary>
    public int Remaining { get; private set; }

    /// <summary>
    /// The peer's bytes go on over another socket, from the end of the last whole frame. The DATA frame that was cut comes once more: what it has
    /// brought already is not taken twice.
    /// </summary>
    public void GoOn()
    {
        if (Remaining > 0)
        {
            _repeated += _frame.Length - Remaining;
            Remaining = 0;
            _stream = null;
        }
    }

    /// <summary>A frame of another kind is here, whose turn it is not while one is to be repeated.</summary>
    /// <exception cref="ConnectionErrorException">One is.</exception>
    public void ThrowIfRepeating()
    {
        if (_repeated > 0)
        {
            throw NotRepeated();
        }
    }

    public void OnHeader(FrameHeader header)
    {
        if (_repeated > 0 && header != _frame)
        {
            throw NotRepeated();
        }

        if (header.StreamId == 0)
        {
            throw new ConnectionErrorException(SocketRestErrorCode.ProtocolError, "DATA on stream 0.");
        }

        if (!connection.Streams.TryGet(header.StreamId, out TunnelStream? stream, out bool remoteEnded))
        {
            if (connection.Streams.IsNew(header.StreamId))
            {
                throw new ConnectionErrorException(SocketRestErrorCode.ProtocolError, $"DATA for stream {header.StreamId}, which was never opened.");
            }
        }
        else if (remoteEnded)
        {
            budget.ResetPinned(header.StreamId, SocketRestErrorCode.StreamClosed, "DATA after the end of the stream.");
            stream = null;
        }
        else if (!stream.RemoteHeadReceived)
        {
            stream.Reset(MessageFault.Malformed("DATA came before HEADERS."));
            stream = null;
        }

        _frame = header;
        _stream = stream;
        Remaining = header.Length;
        if (Remaining == 0)
        {
            if (!header.EndStream)
            {
                budget.NoteEmpty();
            }

            OnEnd();
        }
    }

    public void OnPiece(ReadOnlySpan<byte> piece)
    {
        if (_repeated > 0)
        {
            int repeated = Math.Min(_repeated, piece.Length);
            _repeated -= repeated;
            Remaining -= repeated;
            piece = piece[repeated..];
            if (piece.IsEmpty)
            {
                return;
            }
        }

        if (piece.Length == _frame.Length && _frame.EndStream && _stream is { } whole && whole.TryTakeWhole(piece))
        {
            _stream = null;
        }

        if (_stream is { } stream)
        {
            budget.Judge(stream, stream.OnData(piece));
        }

        Remaining -= piece.Length;
        if (Remaining == 0)
        {
            OnEnd();
        }
    }

    private void OnEnd()
    {
        if (_frame.EndStream && _stream is { IsFaulted: false } stream)
        {
            budget.Judge(stream, stream.OnRemoteEnd(withHead: false));
        }

        _stream = null;
        connection.CountReceived(FrameHeader.Size + _frame.Length);
    }

    private static ConnectionErrorException NotRepeated() =>
        new(SocketRestErrorCode.ProtocolError, "After a resume the frame that was cut did not come first, or not as it was.");
}
