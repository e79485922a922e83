using System.Buffers.Binary;

namespace SocketRest.Protocol;

/// <summary>
/// The eight bytes in front of every payload, in network byte order:
/// <code>
/// +---------+---------+-------------------+---------------------------------------+
/// | type 8  | flags 8 |     length 16     |             stream id 32              |
/// +---------+---------+-------------------+---------------------------------------+
/// </code>
/// </summary>
internal readonly record struct FrameHeader(FrameType Type, FrameFlags Flags, int Length, uint StreamId)
{
    public const int Size = 8;
    public const int MaxPayload = ushort.MaxValue;

    public bool EndStream => (Flags & FrameFlags.EndStream) != 0;

    /// <summary>Whether the frame counts towards the acknowledged bytes.</summary>
    public bool IsCounted => (byte)Type >= 0x10;

    public static FrameHeader Read(ReadOnlySpan<byte> source) => new(
        (FrameType)source[0],
        (FrameFlags)source[1],
        BinaryPrimitives.ReadUInt16BigEndian(source[2..]),
        BinaryPrimitives.ReadUInt32BigEndian(source[4..]));

    public static void Write(Span<byte> destination, FrameType type, FrameFlags flags, int length, uint streamId)
    {
        ulong word = ((ulong)type << 56) | ((ulong)flags << 48) | ((ulong)(ushort)length << 32) | streamId;
        BinaryPrimitives.WriteUInt64BigEndian(destination, word);
    }
}
