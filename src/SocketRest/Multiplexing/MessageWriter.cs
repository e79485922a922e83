using System.Buffers;
using SocketRest.Protocol;
using SocketRest.Protocol.Hpack;

namespace SocketRest.Multiplexing;

/// <summary>Appends frames to the WebSocket message that is being filled.</summary>
/// <param name="buffer">Where.</param>
/// <param name="encoder">Writes blocks of fields.</param>
/// <param name="dataLimit">Where DATA stops.</param>
/// <param name="written">What the buffer begins with already.</param>
internal ref struct MessageWriter(Span<byte> buffer, HpackEncoder encoder, int dataLimit, int written = 0)
{
    private readonly Span<byte> _buffer = buffer;

    /// <summary>The least that a message may be limited to.</summary>
    public const int Smallest = 1024;

    /// <summary>Bytes written so far.</summary>
    public int Length { get; private set; } = written;

    /// <summary>Payload bytes that a DATA frame may still take in this message; negative when not even its header fits.</summary>
    public readonly int RoomForData => dataLimit - Length - FrameHeader.Size;

    public readonly Span<byte> Free => _buffer[Length..];

    /// <summary>A message that holds nothing but control frames takes a block of any size that the buffer holds.</summary>
    public readonly bool HasRoomForHeaders(HeaderList fields) =>
        Length + FrameHeader.Size + fields.EncodedBound + HeaderOverhead <= (Length <= ControlQueue.MaxMessageShare ? _buffer.Length - ControlQueue.AckSize : dataLimit);

    /// <summary>What HPACK may put in front of a block: two table size updates (RFC 7541 section 4.2).</summary>
    public const int HeaderOverhead = 16;

    public void Append(int bytes) => Length += bytes;

    public void WriteHeaders(uint streamId, HeaderList fields, bool endStream)
    {
        Span<byte> frame = Free;
        int length = encoder.Encode(fields.Span, frame[FrameHeader.Size..]);
        FrameHeader.Write(frame, FrameType.Headers, endStream ? FrameFlags.EndStream : FrameFlags.None, length, streamId);
        Append(FrameHeader.Size + length);
    }

    public void WriteData(uint streamId, ReadOnlySequence<byte> payload, bool endStream)
    {
        Span<byte> frame = Free;
        int length = (int)payload.Length;
        FrameHeader.Write(frame, FrameType.Data, endStream ? FrameFlags.EndStream : FrameFlags.None, length, streamId);
        payload.CopyTo(frame[FrameHeader.Size..]);
        Append(FrameHeader.Size + length);
    }

    public void WriteData(uint streamId, ReadOnlySpan<byte> payload, bool endStream)
    {
        Append(FramePayload.WriteFrame(Free, FrameType.Data, endStream ? FrameFlags.EndStream : FrameFlags.None, streamId, payload));
    }

    public void WriteReset(uint streamId, SocketRestErrorCode code) =>
        Append(FramePayload.WriteReset(Free, streamId, code, null));
}
