using SocketRest.Protocol;

namespace SocketRest.Multiplexing;

/// <summary>
/// The small frames that go in front of each message, and apart from them those of the link: PINGs, which go alone, and the ACK, which goes behind.
/// Bounded: a peer that makes us queue more than it reads is not worth keeping.
/// </summary>
internal sealed class ControlQueue(int maxWaiting)
{
    /// <summary>Bytes of a message that control frames may take.</summary>
    public const int MaxMessageShare = 16 * 1024;

    private const int LargestFrame = FrameHeader.Size + FramePayload.PingNumber + FramePayload.MaxPingData;

    /// <summary>Room that a message keeps for the ACK behind it.</summary>
    public const int AckSize = FrameHeader.Size + FramePayload.Ack;

    /// <summary>Bytes that PINGs may hold for each frame that may wait: a peer that reads no answers shall not fill the memory with them.</summary>
    private const int PayloadShare = 16;

    /// <summary>Room that is kept when nothing waits. None is for PINGs, which come one at a time on a connection that is idle.</summary>
    private const int RetainedCapacity = 128;

    private readonly Queue<ControlFrame> _frames = new();
    private readonly Queue<ControlFrame> _pings = new();
    private long _payload;
    private bool _ack;
    private bool _ackOffered;

    /// <summary>Whether there is a frame that belongs to the connection and is counted.</summary>
    public bool HasCounted => _frames.Count > 0;

    public bool HasPings => _pings.Count > 0;

    /// <summary>Whether there is a PING or an ACK.</summary>
    public bool HasLinkFrames => _ack || HasPings;

    public bool TryAdd(in ControlFrame frame)
    {
        if (frame.Type == FrameType.Ack)
        {
            // The count is read when it is sent: one says as much as many.
            _ack = true;
            return true;
        }

        // GOAWAY says why it ends here, so it always fits; there are few of them.
        if ((_frames.Count + _pings.Count >= maxWaiting || _payload >= (long)maxWaiting * PayloadShare) && frame.Type != FrameType.GoAway)
        {
            return false;
        }

        _payload += frame.Payload.Length;
        (frame.Type == FrameType.Ping ? _pings : _frames).Enqueue(frame);
        return true;
    }

    public void Clear()
    {
        _frames.Clear();
        ClearLinkFrames();
        TrimExcess();
        _payload = 0;
    }

    public void TrimExcess()
    {
        _frames.TrimExcess();
        _pings.TrimExcess();
    }

    /// <summary>Forgets what concerned a link that is gone.</summary>
    public void ClearLinkFrames()
    {
        while (_pings.TryDequeue(out ControlFrame ping))
        {
            _payload -= ping.Payload.Length;
        }

        _ack = _ackOffered = false;
    }

    public void OfferAck() => _ackOffered = true;

    /// <summary>Whether a message that is sent anyway is to have an ACK with it, which the next one then need not.</summary>
    public bool TakeAck()
    {
        bool wanted = _ack || _ackOffered;
        _ack = _ackOffered = false;
        return wanted;
    }

    /// <summary>Writes what fits, and says how many streams were reset with it that the peer has not begun to answer.</summary>
    public int WriteCountedTo(ref MessageWriter writer)
    {
        int early = 0;
        while (_frames.TryPeek(out ControlFrame frame) && HasRoom(in writer, in frame))
        {
            _frames.Dequeue();
            _payload -= frame.Payload.Length;
            early += frame.IsEarly ? 1 : 0;
            writer.Append(
                frame.Type switch
                {
                    FrameType.Window => FramePayload.WriteWindow(writer.Free, frame.StreamId, frame.Number),
                    FrameType.Reset => FramePayload.WriteReset(writer.Free, frame.Stream?.Id ?? frame.StreamId, frame.Code, frame.Sentence),
                    FrameType.GoAway => FramePayload.WriteGoAway(writer.Free, frame.Number, frame.Code, frame.Sentence, frame.IsAnswer),
                    FrameType.Reauthenticate or FrameType.Reauthenticated => FramePayload.WriteFrame(writer.Free, frame.Type, FrameFlags.None, 0, frame.Payload.Span),
                    _ => throw new InvalidOperationException($"{frame.Type} is no control frame."),
                });
        }

        Trim(_frames, RetainedCapacity);
        return early;
    }

    public void WritePingsTo(ref MessageWriter writer)
    {
        while (_pings.TryPeek(out ControlFrame ping) && HasRoom(in writer, in ping))
        {
            _pings.Dequeue();
            _payload -= ping.Payload.Length;
            writer.Append(
                FramePayload.WriteFrame(writer.Free, FrameType.Ping, ping.Number == 1 ? FrameFlags.Answer : FrameFlags.None, 0, ping.Payload.Span));
        }

        Trim(_pings, 0);
    }

    /// <summary>After a burst: an idle connection keeps no room for the next one.</summary>
    private static void Trim(Queue<ControlFrame> queue, int retained)
    {
        if (queue.Count == 0 && queue.Capacity > retained)
        {
            queue.TrimExcess(retained);
        }
    }

    /// <summary>REAUTHENTICATE may be larger than all others, and goes where the room is.</summary>
    private static bool HasRoom(in MessageWriter writer, in ControlFrame frame) =>
        writer.Length <= MaxMessageShare - LargestFrame && writer.Free.Length >= Math.Max(LargestFrame, FrameHeader.Size + frame.Payload.Length) + AckSize;
}
