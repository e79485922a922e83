using System.Buffers.Binary;
using System.Globalization;
using SocketRest.Protocol;
using SocketRest.Protocol.Hpack;

namespace SocketRest.Multiplexing;

/// <summary>
/// Takes the peer's bytes apart and hands each frame to whom it concerns. Runs on the read loop alone. What breaks the protocol
/// beyond one stream is thrown as <see cref="ConnectionErrorException"/>.
/// </summary>
internal sealed class IncomingFrames(TunnelConnection connection, int maxHeaderFields, PeerBudget budget)
{
    private readonly HpackDecoder _decoder = new(connection.LocalSettings.HeaderTable, connection.LocalSettings.MaxHeaderList, maxHeaderFields);
    private readonly HeaderList _discarded = new();
    private FrameHeader _data;
    private int _dataRemaining;
    private int _dataRepeated;
    private TunnelStream? _dataStream;

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
            if (_dataRemaining > 0)
            {
                if (rest.IsEmpty)
                {
                    return position;
                }

                int count = Math.Min(_dataRemaining, rest.Length);
                OnDataPiece(rest[..count]);
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
                OnDataHeader(header);
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
    public void TrimExcess() => _decoder.TrimExcess();

    /// <summary>
    /// The peer's bytes go on over another socket, from the end of the last whole frame. The DATA frame that was cut comes once more: what it has
    /// brought already is not taken twice.
    /// </summary>
    public void GoOn()
    {
        if (_dataRemaining > 0)
        {
            _dataRepeated += _data.Length - _dataRemaining;
            _dataRemaining = 0;
            _dataStream = null;
        }
    }

    private void OnFrame(FrameHeader header, ReadOnlySpan<byte> payload, ReadLoop loop)
    {
        if (_dataRepeated > 0 && header.IsCounted)
        {
            throw NotRepeated();
        }

        switch (header.Type)
        {
            case FrameType.Headers:
                OnHeaders(header, payload, loop);
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

    private void OnHeaders(FrameHeader header, ReadOnlySpan<byte> block, ReadLoop loop)
    {
        uint id = header.StreamId;
        if (id == 0)
        {
            throw new ConnectionErrorException(SocketRestErrorCode.ProtocolError, "HEADERS on stream 0.");
        }

        if (connection.Streams.TryGet(id, out TunnelStream? stream, out bool remoteEnded))
        {
            if (remoteEnded)
            {
                Discard(block);
                ResetPinned(id, SocketRestErrorCode.StreamClosed, "HEADERS after the end of the stream.");
            }
            else if (stream.RemoteHeadReceived)
            {
                OnTrailers(stream, header, block);
            }
            else
            {
                OnResponseHead(stream, header, block, loop);
            }
        }
        else if (!connection.Streams.IsNew(id))
        {
            // Already ended here: the tables must follow the wire all the same.
            Discard(block);
        }
        else if (connection.Streams.IsLocal(id))
        {
            throw new ConnectionErrorException(SocketRestErrorCode.ProtocolError, $"HEADERS for stream {id}, which was never opened.");
        }
        else
        {
            OnRequestHead(header, block, loop);
        }
    }

    private void OnRequestHead(FrameHeader header, ReadOnlySpan<byte> block, ReadLoop loop)
    {
        uint id = header.StreamId;
        connection.Streams.NoteRemote(id);
        budget.NoteOpened();
        if (!connection.TryAccept(id, out TunnelStream? stream, out SocketRestErrorCode refusal, out string? sentence))
        {
            Discard(block);
            connection.Sender.QueueReset(id, refusal, sentence);
            if (refusal == SocketRestErrorCode.RefusedStream)
            {
                budget.NoteReset();
            }

            return;
        }

        Decode(block, stream.RemoteHead);
        stream.RemoteHeadReceived = true;
        if (Fault(stream.RemoteHead, header.EndStream, bodyExpected: true, out long length) is { } fault)
        {
            stream.Reset(fault);
            budget.NoteReset();
            return;
        }

        stream.ExpectLength(length);
        if (header.EndStream)
        {
            stream.OnRemoteEnd(withHead: true);
        }
        else if (!stream.TryReserve())
        {
            stream.Reset(new SocketRestException(SocketRestErrorCode.RefusedStream, "This host takes no more bodies at the moment.", RequestOutcome.NotSent));
            return;
        }

        if (connection.Served.TryRun(stream))
        {
            loop.Dispatch(stream.Exchange!);
        }
    }

    private void OnResponseHead(TunnelStream stream, FrameHeader header, ReadOnlySpan<byte> block, ReadLoop loop)
    {
        HeaderList fields = stream.RemoteHead;
        fields.Clear();
        Decode(block, fields);
        int status = StatusOf(fields);
        if (status is >= 100 and < 200 && fields.Malformed is null && !fields.TooLarge)
        {
            if (header.EndStream || status == 101)
            {
                stream.Reset(Malformed($"An interim response {status} ended the exchange."));
                return;
            }

            budget.NoteEmpty();
            stream.StatusReceived?.Invoke(status);
            return;
        }

        stream.RemoteHeadReceived = true;
        if (status < 0)
        {
            stream.Reset(Malformed("The response has no valid :status."));
            return;
        }

        bool bodyExpected = stream.ExpectsBody && status is not (204 or 304);
        if (Fault(fields, header.EndStream, bodyExpected, out long length) is { } fault)
        {
            stream.Reset(fault);
            return;
        }

        // Pseudo-headers stand in front (RFC 9113 section 8.3), and a response has this one only.
        if (fields.Count > 1 && fields[1].Name[0] == ':')
        {
            stream.Reset(Malformed("The response holds a request's pseudo-header."));
            return;
        }

        stream.ExpectLength(bodyExpected ? length : 0);

        stream.StatusReceived?.Invoke(status);
        if (header.EndStream)
        {
            stream.OnRemoteEnd(withHead: true);
        }

        if (stream.TryDeliverHead())
        {
            loop.Dispatch(stream);
        }
    }

    private void OnTrailers(TunnelStream stream, FrameHeader header, ReadOnlySpan<byte> block)
    {
        var trailers = new HeaderList();
        Decode(block, trailers);
        if (!header.EndStream)
        {
            ResetBlamed(stream, Malformed("A second block of fields did not end the stream."));
        }
        else if (trailers.TooLarge)
        {
            ResetBlamed(stream, TooLarge());
        }
        else if (trailers.Malformed is { } why)
        {
            ResetBlamed(stream, Malformed(why));
        }
        else if (trailers.Count > 0 && trailers[0].Name[0] == ':')
        {
            ResetBlamed(stream, Malformed("Trailers hold a pseudo-header."));
        }
        else
        {
            stream.OnTrailers(trailers);
            Blame(stream, stream.OnRemoteEnd(withHead: false));
        }
    }

    private void OnDataHeader(FrameHeader header)
    {
        if (_dataRepeated > 0 && header != _data)
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
            ResetPinned(header.StreamId, SocketRestErrorCode.StreamClosed, "DATA after the end of the stream.");
            stream = null;
        }
        else if (!stream.RemoteHeadReceived)
        {
            stream.Reset(Malformed("DATA came before HEADERS."));
            stream = null;
        }

        _data = header;
        _dataStream = stream;
        _dataRemaining = header.Length;
        if (_dataRemaining == 0)
        {
            if (!header.EndStream)
            {
                budget.NoteEmpty();
            }

            OnDataEnd();
        }
    }

    private void OnDataPiece(ReadOnlySpan<byte> piece)
    {
        if (_dataRepeated > 0)
        {
            int repeated = Math.Min(_dataRepeated, piece.Length);
            _dataRepeated -= repeated;
            _dataRemaining -= repeated;
            piece = piece[repeated..];
            if (piece.IsEmpty)
            {
                return;
            }
        }

        if (piece.Length == _data.Length && _data.EndStream && _dataStream is { } whole && whole.TryTakeWhole(piece))
        {
            _dataStream = null;
        }

        if (_dataStream is { } stream)
        {
            Blame(stream, stream.OnData(piece));
        }

        _dataRemaining -= piece.Length;
        if (_dataRemaining == 0)
        {
            OnDataEnd();
        }
    }

    private void OnDataEnd()
    {
        if (_data.EndStream && _dataStream is { IsFaulted: false } stream)
        {
            Blame(stream, stream.OnRemoteEnd(withHead: false));
        }

        _dataStream = null;
        connection.CountReceived(FrameHeader.Size + _data.Length);
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

    private static ConnectionErrorException NotRepeated() =>
        new(SocketRestErrorCode.ProtocolError, "After a resume the frame that was cut did not come first, or not as it was.");

    private void ResetPinned(uint id, SocketRestErrorCode code, string message)
    {
        if (connection.Streams.TryPin(id, out TunnelStream? stream))
        {
            ResetBlamed(stream, new SocketRestException(code, message, RequestOutcome.Executed));
        }
    }

    /// <summary>Ends a stream for what the peer did on it: to make this side reset its streams costs as much as resetting them.</summary>
    private void ResetBlamed(TunnelStream stream, SocketRestException reason)
    {
        stream.Reset(reason);
        Blame(stream, wentWell: false);
    }

    private void Blame(TunnelStream stream, bool wentWell)
    {
        if (!wentWell && !stream.IsLocal)
        {
            budget.NoteReset();
        }
    }

    private void Discard(ReadOnlySpan<byte> block)
    {
        Decode(block, _discarded);
        _discarded.Clear();
    }

    private void Decode(ReadOnlySpan<byte> block, HeaderList fields)
    {
        try
        {
            _decoder.Decode(block, fields);
        }
        catch (HpackException exception)
        {
            throw new ConnectionErrorException(SocketRestErrorCode.CompressionError, exception.Message, exception);
        }
    }

    /// <summary>Says what makes the head unusable, or finds the declared length (-1 without one).</summary>
    private static SocketRestException? Fault(HeaderList fields, bool endStream, bool bodyExpected, out long length)
    {
        length = -1;
        if (fields.TooLarge)
        {
            return TooLarge();
        }

        if (fields.Malformed is { } why)
        {
            return Malformed(why);
        }

        foreach (ref readonly HeaderField field in fields.Span)
        {
            if (field.Name.Length != ContentLength.Length || !field.Name.Equals(ContentLength, StringComparison.OrdinalIgnoreCase))
            {
                continue;
            }

            if (!long.TryParse(field.Value, NumberStyles.None, CultureInfo.InvariantCulture, out long value) || (length >= 0 && value != length))
            {
                return Malformed("The Content-Length is no length.");
            }

            length = value;
        }

        return endStream && length > 0 && bodyExpected ? Malformed($"The body is empty but its Content-Length is {length}.") : null;
    }

    private const string ContentLength = "Content-Length";

    private static int StatusOf(HeaderList fields)
    {
        if (fields.Count == 0 || fields[0].Name != ":status")
        {
            return -1;
        }

        string value = fields[0].Value;
        return value.Length == 3 && int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out int status) && status >= 100 ? status : -1;
    }

    private static SocketRestException Malformed(string why) =>
        new(SocketRestErrorCode.MalformedMessage, why, RequestOutcome.Executed);

    private static SocketRestException TooLarge() =>
        new(SocketRestErrorCode.HeadersTooLarge, "The header fields are larger than the receiving side accepts.", RequestOutcome.Executed);

    private static void Require(FrameHeader header, bool valid)
    {
        if (!valid)
        {
            throw new ConnectionErrorException(SocketRestErrorCode.FrameSizeError, $"{header.Type} with a payload of {header.Length} bytes.");
        }
    }
}
