using SocketRest.Protocol;

namespace SocketRest.Multiplexing;

/// <summary>The small frames that go in front of each message. Bounded: a peer that makes us queue more than it reads is not worth keeping.</summary>
internal sealed class ControlQueue
{
    /// <summary>Bytes of a message that control frames may take.</summary>
    public const int MaxMessageShare = 16 * 1024;

    /// <summary>How many may wait. Each stream has at most a WINDOW and a RESET of its own here between two messages, beside PINGs.</summary>
    private const int MaxWaiting = 64 * 1024;

    private const int LargestFrame = FrameHeader.Size + FramePayload.PingNumber + FramePayload.MaxPingData;

    /// <summary>Bytes that the PINGs among them may hold: a peer that reads no answers shall not fill the memory with them.</summary>
    private const int MaxWaitingPayload = 256 * 1024;

    private readonly Queue<ControlFrame> _frames = new();
    private int _payload;

    public bool IsEmpty => _frames.Count == 0;

    public bool TryAdd(in ControlFrame frame)
    {
        // GOAWAY says why it ends here, so it always fits; there are few of them.
        if ((_frames.Count >= MaxWaiting || _payload >= MaxWaitingPayload) && frame.Type != FrameType.GoAway)
        {
            return false;
        }

        _payload += frame.Payload.Length;
        _frames.Enqueue(frame);
        return true;
    }

    public void Clear()
    {
        _frames.Clear();
        _payload = 0;
    }

    public void WriteTo(ref MessageWriter writer, TunnelConnection connection)
    {
        while (writer.Length <= MaxMessageShare - LargestFrame && _frames.TryDequeue(out ControlFrame frame))
        {
            _payload -= frame.Payload.Length;
            switch (frame.Type)
            {
                case FrameType.Window:
                    writer.Append(FramePayload.WriteWindow(writer.Free, frame.StreamId, frame.Number), counted: true);
                    break;
                case FrameType.Reset:
                    writer.Append(FramePayload.WriteReset(writer.Free, frame.Stream?.Id ?? frame.StreamId, frame.Code, frame.Sentence), counted: true);
                    break;
                case FrameType.GoAway:
                    writer.Append(FramePayload.WriteGoAway(writer.Free, frame.Number, frame.Code, frame.Sentence), counted: true);
                    break;
                case FrameType.Ack:
                    writer.Append(FramePayload.WriteAck(writer.Free, connection.TakeAck()), counted: false);
                    break;
                case FrameType.Ping:
                    writer.Append(
                        FramePayload.WriteFrame(writer.Free, FrameType.Ping, frame.Number == 1 ? FrameFlags.Answer : FrameFlags.None, 0, frame.Payload.Span),
                        counted: false);
                    break;
                default:
                    throw new InvalidOperationException($"{frame.Type} is no control frame.");
            }
        }
    }
}
