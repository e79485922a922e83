using System.Text;
using SocketRest.Protocol.Hpack;

namespace SocketRest.Tests.Protocol.Hpack;

/// <summary>What the tests of the codec share: blocks put together by hand, and lists to compare.</summary>
internal static class HpackBlocks
{
    public static byte[] Encode(this HpackEncoder encoder, params (string Name, string Value)[] fields) =>
        encoder.Encode(ListOf(fields));

    public static byte[] Encode(this HpackEncoder encoder, HeaderList list)
    {
        byte[] buffer = new byte[list.EncodedBound + 16];
        int length = encoder.Encode(list.Span, buffer);
        return buffer[..length];
    }

    public static HeaderList Decode(this HpackDecoder decoder, params byte[] block)
    {
        var list = new HeaderList();
        decoder.Decode(block, list);
        return list;
    }

    public static HeaderList ListOf(params (string Name, string Value)[] fields)
    {
        var list = new HeaderList();
        foreach ((string name, string value) in fields)
        {
            list.Add(name, value);
        }

        return list;
    }

    public static (string Name, string Value)[] Pairs(this HeaderList list) =>
        [.. list.Span.ToArray().Select(field => (field.Name, field.Value))];

    /// <summary>A literal with a new name: 0x40 with indexing, 0x00 without, 0x10 never indexed.</summary>
    public static byte[] Literal(int kind, byte[] name, byte[] value) => [(byte)kind, .. String(name), .. String(value)];

    public static byte[] Literal(int kind, string name, string value) =>
        Literal(kind, Encoding.Latin1.GetBytes(name), Encoding.Latin1.GetBytes(value));

    /// <summary>A string literal, not Huffman-coded unless the flag is set.</summary>
    public static byte[] String(byte[] octets, int huffmanFlag = 0)
    {
        byte[] buffer = new byte[octets.Length + 8];
        int position = HpackInteger.Write(buffer, 0, huffmanFlag, 0x7F, octets.Length);
        octets.CopyTo(buffer, position);
        return buffer[..(position + octets.Length)];
    }

    /// <summary>Codes octets with the Huffman code, which is canonical, one bit at a time.</summary>
    public static byte[] Huffman(byte[] octets, params int[] symbolsAfter)
    {
        ReadOnlySpan<byte> lengths = HuffmanDecoder.CodeLengths;
        uint[] codes = new uint[lengths.Length];
        uint code = 0;
        for (int length = 1; length <= 30; length++, code <<= 1)
        {
            for (int symbol = 0; symbol < lengths.Length; symbol++)
            {
                if (lengths[symbol] == length)
                {
                    codes[symbol] = code++;
                }
            }
        }

        var bits = new List<bool>();
        foreach (int symbol in octets.Select(octet => (int)octet).Concat(symbolsAfter))
        {
            for (int bit = lengths[symbol] - 1; bit >= 0; bit--)
            {
                bits.Add(((codes[symbol] >> bit) & 1) != 0);
            }
        }

        byte[] coded = new byte[(bits.Count + 7) / 8];
        for (int i = 0; i < coded.Length * 8; i++)
        {
            if (i >= bits.Count || bits[i])
            {
                coded[i / 8] |= (byte)(0x80 >> (i % 8));
            }
        }

        return coded;
    }
}
