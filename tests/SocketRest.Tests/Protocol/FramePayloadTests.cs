using System.Text;
using SocketRest.Protocol;
using SocketRest.Tests.Dialogues;

namespace SocketRest.Tests.Protocol;

public sealed class FramePayloadTests
{
    private readonly byte[] _buffer = new byte[2048];

    [Fact]
    public void A_header_reads_as_it_was_written()
    {
        var random = new Random(1);
        for (int i = 0; i < 10_000; i++)
        {
            var header = new FrameHeader((FrameType)random.Next(256), (FrameFlags)random.Next(256), random.Next(65_536), (uint)random.NextInt64(1L << 32));
            FrameHeader.Write(_buffer, header.Type, header.Flags, header.Length, header.StreamId);
            Assert.Equal(header, FrameHeader.Read(_buffer));
            Assert.Equal((byte)header.Type >= 16, header.IsCounted);
            Assert.Equal(((byte)header.Flags & 1) == 1, header.EndStream);
        }
    }

    [Fact]
    public void Small_frames_are_what_the_specification_draws()
    {
        Assert.Equal(Frames.Ack(0x0102_0304_0506_0708), Written(FramePayload.WriteAck(_buffer, 0x0102_0304_0506_0708)));
        Assert.Equal(Frames.Window(7, 0x7FFF_FFFF), Written(FramePayload.WriteWindow(_buffer, 7, 0x7FFF_FFFF)));
        Assert.Equal(Frames.Reset(7, SocketRestErrorCode.Cancelled), Written(FramePayload.WriteReset(_buffer, 7, SocketRestErrorCode.Cancelled, null)));
        Assert.Equal(
            Frames.Reset(7, SocketRestErrorCode.InternalError, "Ärger"),
            Written(FramePayload.WriteReset(_buffer, 7, SocketRestErrorCode.InternalError, "Ärger")));
        Assert.Equal(
            Frames.GoAway(uint.MaxValue, SocketRestErrorCode.Draining, "x"),
            Written(FramePayload.WriteGoAway(_buffer, uint.MaxValue, SocketRestErrorCode.Draining, "x")));
    }

    [Theory]
    [InlineData("a", 512)]
    [InlineData("é", 512)]
    [InlineData("€", 510)]
    [InlineData("😀", 512)]
    [InlineData("x😀", 511)]
    public void A_sentence_that_is_too_long_ends_with_a_whole_character(string unit, int expected)
    {
        string sentence = string.Concat(Enumerable.Repeat(unit, 600));
        byte[] frame = Written(FramePayload.WriteReset(_buffer, 1, SocketRestErrorCode.InternalError, sentence));
        Assert.Equal(expected, frame.Length - 12);
        string read = FramePayload.ReadSentence(frame.AsSpan(12));
        Assert.StartsWith(read, sentence, StringComparison.Ordinal);
    }

    [Fact]
    public void A_broken_surrogate_is_sent_as_valid_UTF8()
    {
        byte[] frame = Written(FramePayload.WriteReset(_buffer, 1, SocketRestErrorCode.InternalError, "a\uD800b"));
        Assert.Equal("a\uFFFDb", new UTF8Encoding(false, throwOnInvalidBytes: true).GetString(frame.AsSpan(12)));
    }

    [Theory]
    [InlineData("", "")]
    [InlineData("plain", "plain")]
    [InlineData("a\r\nb\tc\0d", "a  b c d")]
    [InlineData("a\u007fb\u0085c\u009fd", "a b c d")]
    [InlineData("a\u2028b\u2029c", "a b c")]
    [InlineData("Grüße €", "Grüße €")]
    public void A_sentence_that_is_read_holds_one_line(string sent, string read) =>
        Assert.Equal(read, FramePayload.ReadSentence(Encoding.UTF8.GetBytes(sent)));

    [Fact]
    public void Broken_UTF8_is_replaced_and_what_is_too_long_is_cut()
    {
        Assert.Equal("a\uFFFDb", FramePayload.ReadSentence([0x61, 0xFF, 0x62]));
        Assert.Equal(512, FramePayload.ReadSentence(Encoding.UTF8.GetBytes(new string('a', 60_000))).Length);
    }

    [Fact]
    public void Only_codes_that_the_wire_knows_are_sent_and_believed()
    {
        foreach (SocketRestErrorCode code in Enum.GetValues<SocketRestErrorCode>())
        {
            SocketRestErrorCode sent = WireCode.ToSend(code);
            Assert.True((int)sent < 100);
            Assert.Equal(sent, WireCode.Received((uint)sent));
            Assert.Equal((int)code < 100 ? code : SocketRestErrorCode.InternalError, WireCode.Received((uint)code));
        }

        Assert.Equal(SocketRestErrorCode.InternalError, WireCode.Received(99));
        Assert.Equal(SocketRestErrorCode.InternalError, WireCode.Received(uint.MaxValue));
    }

    private byte[] Written(int length) => _buffer[..length];
}
