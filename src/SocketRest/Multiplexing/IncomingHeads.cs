using SocketRest.Protocol;
using SocketRest.Protocol.Hpack;

namespace SocketRest.Multiplexing;

/// <summary>The HEADERS frames among a peer's: a request's head, a response's, or trailers.</summary>
internal sealed class IncomingHeads(TunnelConnection connection, int maxHeaderFields, PeerBudget budget)
{
    private readonly HpackDecoder _decoder = new(connection.LocalSettings.HeaderTable, connection.LocalSettings.MaxHeaderList, maxHeaderFields);
    private readonly HeaderList _discarded = new();

    /// <summary>Nothing is expected for a while.</summary>
    public void TrimExcess() => _decoder.TrimExcess();

    public void OnFrame(FrameHeader header, ReadOnlySpan<byte> block, ReadLoop loop)
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
                budget.ResetPinned(id, SocketRestErrorCode.StreamClosed, "HEADERS after the end of the stream.");
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
        uint before = connection.Streams.NoteRemote(id);
        budget.NoteOpened();
        if (!connection.TryAccept(id, out TunnelStream? stream, out SocketRestErrorCode refusal, out string? sentence))
        {
            connection.Streams.NoteNotDispatched(before);
            Discard(block);
            connection.Sender.QueueReset(id, refusal, sentence);
            if (refusal == SocketRestErrorCode.RefusedStream)
            {
                budget.NoteReset();
            }

            return;
        }

        try
        {
            Decode(block, stream.RemoteHead);
        }
        catch
        {
            connection.Streams.NoteNotDispatched(before);
            throw;
        }

        stream.RemoteHeadReceived = true;
        if (MessageFault.Of(stream.RemoteHead, header.EndStream, bodyExpected: true, out long length) is { } fault)
        {
            connection.Streams.NoteNotDispatched(before);
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
            connection.Streams.NoteNotDispatched(before);
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
        int status = MessageFault.StatusOf(fields);
        if (status is >= 100 and < 200 && fields.Malformed is null && !fields.TooLarge)
        {
            if (header.EndStream || status == 101)
            {
                stream.Reset(MessageFault.Malformed($"An interim response {status} ended the exchange."));
                return;
            }

            budget.NoteEmpty();
            stream.StatusReceived?.Invoke(status);
            return;
        }

        stream.RemoteHeadReceived = true;
        if (status < 0)
        {
            stream.Reset(MessageFault.Malformed("The response has no valid :status."));
            return;
        }

        bool bodyExpected = stream.ExpectsBody && status is not (204 or 304);
        if (MessageFault.Of(fields, header.EndStream, bodyExpected, out long length) is { } fault)
        {
            stream.Reset(fault);
            return;
        }

        // Pseudo-headers stand in front (RFC 9113 section 8.3), and a response has this one only.
        if (fields.Count > 1 && fields[1].Name[0] == ':')
        {
            stream.Reset(MessageFault.Malformed("The response holds a request's pseudo-header."));
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
            budget.Reset(stream, MessageFault.Malformed("A second block of fields did not end the stream."));
        }
        else if (trailers.TooLarge)
        {
            budget.Reset(stream, MessageFault.TooLarge());
        }
        else if (trailers.Malformed is { } why)
        {
            budget.Reset(stream, MessageFault.Malformed(why));
        }
        else if (trailers.Count > 0 && trailers[0].Name[0] == ':')
        {
            budget.Reset(stream, MessageFault.Malformed("Trailers hold a pseudo-header."));
        }
        else
        {
            stream.OnTrailers(trailers);
            budget.Judge(stream, stream.OnRemoteEnd(withHead: false));
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
}
