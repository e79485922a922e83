using System.Runtime.CompilerServices;

namespace SocketRest.Protocol.Hpack;

/// <summary>Integers of RFC 7541 section 5.1: a prefix of the first byte, then seven bits a byte, the lowest first.</summary>
internal static class HpackInteger
{
    // 28 bits on top of the prefix are far more than a block can hold, and cannot overflow.
    private const int MaxContinuationBytes = 4;

    /// <summary>Reads the integer whose first byte is at <paramref name="position"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int Read(ReadOnlySpan<byte> block, ref int position, int prefixMask)
    {
        if ((uint)position >= (uint)block.Length)
        {
            ThrowTruncated();
        }

        int value = block[position++] & prefixMask;
        return value < prefixMask ? value : ReadContinuation(block, ref position, value);
    }

    /// <summary>Writes an integer below the flags that share its first byte, and returns the position after it.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int Write(Span<byte> destination, int position, int flags, int prefixMask, int value)
    {
        if (value < prefixMask)
        {
            destination[position] = (byte)(flags | value);
            return position + 1;
        }

        return WriteContinuation(destination, position, flags | prefixMask, value - prefixMask);
    }

    private static int ReadContinuation(ReadOnlySpan<byte> block, ref int position, int value)
    {
        for (int i = 0; i < MaxContinuationBytes; i++)
        {
            if ((uint)position >= (uint)block.Length)
            {
                ThrowTruncated();
            }

            int next = block[position++];
            value += (next & 0x7F) << (7 * i);
            if (next < 0x80)
            {
                return value;
            }
        }

        throw new HpackException("An integer is too large.");
    }

    private static int WriteContinuation(Span<byte> destination, int position, int first, int rest)
    {
        destination[position++] = (byte)first;
        while (rest >= 0x80)
        {
            destination[position++] = (byte)(rest | 0x80);
            rest >>= 7;
        }

        destination[position++] = (byte)rest;
        return position;
    }

    private static void ThrowTruncated() => throw new HpackException("The block ends within a field.");
}
