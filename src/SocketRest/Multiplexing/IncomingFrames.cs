using System.Buffers.Binary;
using SocketRest.Protocol;

namespace SocketRest.Multiplexing;

/// <summary>
/// Takes the peer's bytes apart and hands each frame to whom it concerns. Runs on the read loop alone. What breaks the protocol
/// beyond one stream is thrown as <see cref="ConnectionErrorException"/>.
/// </summary>
internal sealed class IncomingFrames(TunnelConnection connection, int maxHeaderFields, PeerBudget budget)
{
    private readonly IncomingHeads _heads = new(connection, maxHeaderFields, budget);
    private readonly IncomingBodies _bodies = new(connection, budget);

    /// <summary>
    /// Processes as much as there is: DATA in whatever pieces it comes, everything else a frame at a time. Returns the bytes used;
    /// <paramref name="needed"/> is the size of the frame that is still incomplete.
    /// </summary>
    public int Process(ReadOnlySpan<byte> bytes, ReadLoop loop, out int needed)
    {
        int position = 0;
        needed = FrameHeader.Size;
        while (true)
        {
            ReadOnlySpan<byte> rest = bytes[position..];
            if (_bodies.Remaining > 0)
            {
                if (rest.IsEmpty)
                {
                    return position;
                }

                int count = Math.Min(_bodies.Remaining, rest.Length);
                _bodies.OnPiece(rest[..count]);
                position += count;
                continue;
            }

            if (rest.Length < FrameHeader.Size)
            {
                return position;
            }

            FrameHeader header = FrameHeader.Read(rest);
            if (header.Type == FrameType.Data)
            {
                position += FrameHeader.Size;
                _bodies.OnHeader(header);
                continue;
            }

            int size = FrameHeader.Size + header.Length;
            if (rest.Length < size)
            {
                needed = size;
                return position;
            }

            position += size;
            OnFrame(header, rest[FrameHeader.Size..size], loop);
            if (header.IsCounted)
            {
                connection.CountReceived(size);
            }
        }
    }

    /// <summary>Nothing is expected for a while.</summary>
    public void TrimExcess() => _heads.TrimExcess();

    /// <summary>The peer's bytes go on over another socket, from the end of the last whole frame.</summary>
    public void GoOn() => _bodies.GoOn();

    private void OnFrame(FrameHeader header, ReadOnlySpan<byte> payload, ReadLoop loop)
    {
        if (header.IsCounted)
        {
            _bodies.ThrowIfRepeating();
        }

        switch (header.Type)
        {
            case FrameType.Headers:
                _heads.OnFrame(header, payload, loop);
                break;
            case FrameType.Reset:
                OnReset(header, payload);
                break;
            case FrameType.Window:
                OnWindow(header, payload);
                break;
            case FrameType.GoAway:
                Require(header, payload.Length >= FramePayload.GoAwayFixed);
                budget.NoteGoAway();
                connection.OnGoAway(
                    BinaryPrimitives.ReadUInt32BigEndian(payload),
                    WireCode.Received(BinaryPrimitives.ReadUInt32BigEndian(payload[4..])),
                    FramePayload.ReadSentence(payload[FramePayload.GoAwayFixed..]),
                    (header.Flags & FrameFlags.Answer) != 0);
                break;
            case FrameType.Ping:
                Require(header, payload.Length is >= FramePayload.PingNumber and <= FramePayload.PingNumber + FramePayload.MaxPingData);
                if (!connection.Pings.OnReceived((header.Flags & FrameFlags.Answer) != 0, payload))
                {
                    budget.NoteEmpty();
                }

                break;
            case FrameType.Ack:
                Require(header, payload.Length == FramePayload.Ack);
                budget.NoteCredit();
                connection.OnAck(BinaryPrimitives.ReadUInt64BigEndian(payload));
                break;
            case FrameType.Hello or FrameType.Welcome or FrameType.Ready or FrameType.Refuse:
                throw new ConnectionErrorException(SocketRestErrorCode.ProtocolError, $"{header.Type} is no frame for a connection that is established.");
            case FrameType.Reauthenticate or FrameType.Reauthenticated when connection.Reauthentication is { } agreed:
                budget.NoteReauthentication();
                agreed.OnReceived(header.Type, payload);
                break;
            case FrameType.Reauthenticate or FrameType.Reauthenticated:
                throw new ConnectionErrorException(SocketRestErrorCode.ProtocolError, $"{header.Type} was not agreed upon.");
            default:
                // An unknown type comes from a newer peer and is skipped (PROTOCOL.md, "Unknown frames").
                budget.NoteEmpty();
                break;
        }
    }

    private void OnReset(FrameHeader header, ReadOnlySpan<byte> payload)
    {
        Require(header, payload.Length >= FramePayload.ResetFixed);
        if (connection.Streams.TryPin(header.StreamId, out TunnelStream? stream))
        {
            // Once the answer has begun the request has had its say: to let go of the rest is a caller's right.
            if (!stream.IsLocal && !stream.HeadCommitted)
            {
                budget.NoteReset();
            }

            stream.OnReset(
                WireCode.Received(BinaryPrimitives.ReadUInt32BigEndian(payload)),
                FramePayload.ReadSentence(payload[FramePayload.ResetFixed..]));
        }
        else if (header.StreamId == 0 || connection.Streams.IsNew(header.StreamId))
        {
            throw new ConnectionErrorException(SocketRestErrorCode.ProtocolError, $"RESET for stream {header.StreamId}, which was never opened.");
        }
    }

    private void OnWindow(FrameHeader header, ReadOnlySpan<byte> payload)
    {
        Require(header, payload.Length == FramePayload.Window);
        budget.NoteCredit();
        uint increment = BinaryPrimitives.ReadUInt32BigEndian(payload);
        if (increment is 0 or > int.MaxValue)
        {
            throw new ConnectionErrorException(SocketRestErrorCode.ProtocolError, $"A WINDOW of {increment} bytes.");
        }

        if (header.StreamId == 0)
        {
            throw new ConnectionErrorException(SocketRestErrorCode.ProtocolError, "WINDOW on stream 0: there is no window of the connection.");
        }

        if (!connection.Streams.TryAddCredit(header.StreamId, increment, out TunnelStream? enqueue, out bool isNew))
        {
            throw new ConnectionErrorException(SocketRestErrorCode.FlowControlError, $"The window of stream {header.StreamId} exceeds 2,147,483,647 bytes.");
        }

        if (isNew)
        {
            throw new ConnectionErrorException(SocketRestErrorCode.ProtocolError, $"WINDOW for stream {header.StreamId}, which was never opened.");
        }

        if (enqueue is not null)
        {
            connection.Sender.EnqueueMarked(enqueue);
        }
    }

    private static void Require(FrameHeader header, bool valid)
    {
        if (!valid)
        {
            throw new ConnectionErrorException(SocketRestErrorCode.FrameSizeError, $"{header.Type} with a payload of {header.Length} bytes.");
        }
    }
}
