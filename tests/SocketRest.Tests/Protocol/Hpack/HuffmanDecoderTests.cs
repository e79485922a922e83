using System.Text;
using SocketRest.Protocol.Hpack;

namespace SocketRest.Tests.Protocol.Hpack;

public sealed class HuffmanDecoderTests
{
    private const int EndOfString = 256;

    [Fact]
    public void The_code_is_complete()
    {
        Assert.Equal(257, HuffmanDecoder.CodeLengths.Length);
        Assert.Equal(1L << 30, HuffmanDecoder.CodeLengths.ToArray().Sum(length => 1L << (30 - length)));
    }

    [Fact]
    public void Every_octet_decodes_alone_and_after_others()
    {
        for (int octet = 0; octet < 256; octet++)
        {
            AssertDecodes([(byte)octet]);
            AssertDecodes([(byte)'a', (byte)octet, (byte)octet, (byte)'Z', (byte)octet, (byte)'0']);
        }
    }

    [Fact]
    public void Random_octets_of_every_length_decode()
    {
        var random = new Random(7541);
        for (int length = 0; length < 600; length++)
        {
            byte[] octets = new byte[length];
            random.NextBytes(octets);
            AssertDecodes(octets);

            byte[] text = Encoding.ASCII.GetBytes(random.GetString("abcdefghijklmnopqrstuvwxyz0123456789-_/.%=&ABC", length));
            AssertDecodes(text);
        }
    }

    [Theory]
    [InlineData("07")] // 0, then 111
    [InlineData("f8")] // &
    public void Padding_of_up_to_seven_ones_is_taken(string coded) => Assert.Equal(1, Decode(Convert.FromHexString(coded)));

    [Theory]
    [InlineData("00")] // 0 and three zeros
    [InlineData("06")] // 0, then 110
    [InlineData("ff")] // Eight ones
    [InlineData("07ff")] // 0, then eleven ones
    [InlineData("f8ff")]
    [InlineData("ffff")]
    [InlineData("ffffff")]
    [InlineData("fffffffe")] // A prefix of codes of 28 bits and more, cut off.
    [InlineData("ffffffff")] // The end of the string and two ones
    [InlineData("fffffffc")] // The end of the string and two zeros
    public void Other_padding_is_refused(string coded) =>
        Assert.Throws<HpackException>(() => Decode(Convert.FromHexString(coded)));

    [Fact]
    public void The_end_of_string_symbol_is_refused_wherever_it_is()
    {
        for (int length = 0; length < 40; length++)
        {
            byte[] octets = Enumerable.Repeat((byte)'e', length).ToArray();
            Assert.Throws<HpackException>(() => Decode(HpackBlocks.Huffman(octets, EndOfString)));
            Assert.Throws<HpackException>(() => Decode(HpackBlocks.Huffman(octets, EndOfString, 'a', 'b', 'c', 'd', 'e', 'f', 'g')));
        }
    }

    private static void AssertDecodes(byte[] octets)
    {
        byte[] coded = HpackBlocks.Huffman(octets);
        byte[] decoded = new byte[HuffmanDecoder.MaxDecodedLength(coded.Length)];
        int length = HuffmanDecoder.Decode(coded, decoded);
        Assert.Equal(octets, decoded[..length]);
    }

    private static int Decode(byte[] coded) => HuffmanDecoder.Decode(coded, new byte[HuffmanDecoder.MaxDecodedLength(coded.Length)]);
}
