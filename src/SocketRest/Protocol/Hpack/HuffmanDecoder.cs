using System.Buffers.Binary;

namespace SocketRest.Protocol.Hpack;

/// <summary>
/// Decodes the Huffman code of RFC 7541 appendix B. The code is canonical: within a length the codes rise with the symbols, and each
/// length goes on where the shorter one ended. So the lengths say it all.
/// </summary>
internal static class HuffmanDecoder
{
    private const int MaxCodeLength = 30;
    private const int EndOfString = 256;

    // Codes up to this length, which are all of printable text's common ones, are found with one look-up.
    private const int LookupBits = 10;

    // Length and symbol of each short code, for every bit pattern that begins with it; 0 where the code is longer.
    private static readonly ushort[] s_lookup = new ushort[1 << LookupBits];

    // By code length: the first code above all codes of that length, left-aligned to 32 bits, and where its symbols end.
    private static readonly uint[] s_limits = new uint[MaxCodeLength + 1];
    private static readonly int[] s_offsets = new int[MaxCodeLength + 1];
    private static readonly ushort[] s_symbols = new ushort[EndOfString + 1];

    static HuffmanDecoder()
    {
        uint code = 0;
        int position = 0;
        for (int length = 1; length <= MaxCodeLength; length++)
        {
            code <<= 1;
            s_offsets[length] = position - (int)code;
            for (int symbol = 0; symbol <= EndOfString; symbol++)
            {
                if (CodeLengths[symbol] != length)
                {
                    continue;
                }

                s_symbols[position++] = (ushort)symbol;
                if (length <= LookupBits)
                {
                    int spare = LookupBits - length;
                    s_lookup.AsSpan((int)code << spare, 1 << spare).Fill((ushort)((length << 8) | symbol));
                }

                code++;
            }

            // The last code is all ones: its limit does not fit in 32 bits and is never asked for.
            s_limits[length] = length == MaxCodeLength ? uint.MaxValue : code << (32 - length);
        }
    }

    /// <summary>The length in bits of each octet's code, and of the end-of-string symbol's (RFC 7541 appendix B).</summary>
    internal static ReadOnlySpan<byte> CodeLengths =>
    [
        13, 23, 28, 28, 28, 28, 28, 28, 28, 24, 30, 28, 28, 30, 28, 28, 28, 28, 28, 28, 28, 28, 30, 28, 28, 28, 28, 28, 28, 28, 28, 28,
        6, 10, 10, 12, 13, 6, 8, 11, 10, 10, 8, 11, 8, 6, 6, 6, 5, 5, 5, 6, 6, 6, 6, 6, 6, 6, 7, 8, 15, 6, 12, 10,
        13, 6, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 8, 7, 8, 13, 19, 13, 14, 6,
        15, 5, 6, 5, 6, 5, 6, 6, 6, 5, 7, 7, 6, 6, 6, 5, 6, 7, 6, 5, 5, 6, 7, 7, 7, 7, 7, 15, 11, 14, 13, 28,
        20, 22, 20, 20, 22, 22, 22, 23, 22, 23, 23, 23, 23, 23, 24, 23, 24, 24, 22, 23, 24, 23, 23, 23, 23, 21, 22, 23, 22, 23, 23, 24,
        22, 21, 20, 22, 22, 23, 23, 21, 23, 22, 22, 24, 21, 22, 23, 23, 21, 21, 22, 21, 23, 22, 23, 23, 20, 22, 22, 22, 23, 22, 22, 23,
        26, 26, 20, 19, 22, 23, 22, 25, 26, 26, 26, 27, 27, 26, 24, 25, 19, 21, 26, 27, 27, 26, 27, 24, 21, 21, 26, 26, 28, 27, 27, 27,
        20, 24, 20, 21, 22, 21, 21, 23, 22, 22, 25, 25, 24, 24, 26, 23, 26, 27, 26, 26, 27, 27, 27, 27, 27, 28, 27, 27, 27, 27, 27, 26,
        30,
    ];

    /// <summary>The most octets that so many coded bytes can stand for: the shortest code has five bits.</summary>
    public static int MaxDecodedLength(int codedLength) => (int)Math.Min(codedLength * 8L / 5, int.MaxValue);

    /// <summary>Decodes into a span of at least <see cref="MaxDecodedLength"/> and returns how many octets there are.</summary>
    public static int Decode(ReadOnlySpan<byte> coded, Span<byte> destination)
    {
        ulong buffer = 0; // The next bit is the highest; what lies below the valid bits is zero.
        int bits = 0;
        int position = 0;
        int written = 0;
        while (true)
        {
            if (bits <= 32)
            {
                if (coded.Length - position >= sizeof(uint))
                {
                    buffer |= (ulong)BinaryPrimitives.ReadUInt32BigEndian(coded[position..]) << (32 - bits);
                    position += sizeof(uint);
                    bits += 32;
                }
                else if (position < coded.Length)
                {
                    buffer |= (ulong)coded[position++] << (56 - bits);
                    bits += 8;
                    continue;
                }
                else if (bits < MaxCodeLength)
                {
                    break;
                }
            }

            do
            {
                int length = ReadSymbol((uint)(buffer >> 32), out int symbol);
                if (symbol == EndOfString)
                {
                    ThrowEndOfString();
                }

                destination[written++] = (byte)symbol;
                buffer <<= length;
                bits -= length;
            }
            while (bits >= MaxCodeLength);
        }

        // Less than the longest code is left. Filled up with ones, it decodes as before until a code runs past the end.
        while (bits > 0)
        {
            uint window = (uint)(buffer >> 32) | (uint.MaxValue >> bits);
            int length = ReadSymbol(window, out int symbol);
            if (length > bits)
            {
                // RFC 7541 section 5.2: padding is shorter than a byte, and the first bits of the end-of-string symbol, all ones.
                if (bits > 7 || window != uint.MaxValue)
                {
                    throw new HpackException("The padding of a Huffman-coded string is invalid.");
                }

                break;
            }

            destination[written++] = (byte)symbol;
            buffer <<= length;
            bits -= length;
        }

        return written;
    }

    private static int ReadSymbol(uint window, out int symbol)
    {
        int entry = s_lookup[window >> (32 - LookupBits)];
        if (entry != 0)
        {
            symbol = entry & 0xFF;
            return entry >> 8;
        }

        int length = LookupBits + 1;
        while (length < MaxCodeLength && window >= s_limits[length])
        {
            length++;
        }

        symbol = s_symbols[(int)(window >> (32 - length)) + s_offsets[length]];
        return length;
    }

    private static void ThrowEndOfString() =>
        throw new HpackException("A Huffman-coded string contains the end-of-string symbol.");
}
