using SocketRest.Protocol.Hpack;

namespace SocketRest.Tests.Protocol.Hpack;

public sealed class HpackIntegerTests
{
    // The first three are RFC 7541 appendix C.1.
    [Theory]
    [InlineData(10, 0x1F, "0a")]
    [InlineData(1337, 0x1F, "1f9a0a")]
    [InlineData(42, 0xFF, "2a")]
    [InlineData(0, 0x7F, "00")]
    [InlineData(126, 0x7F, "7e")]
    [InlineData(127, 0x7F, "7f00")]
    [InlineData(254, 0x7F, "7f7f")]
    [InlineData(255, 0x7F, "7f8001")]
    [InlineData(65535, 0x0F, "0ff0ff03")]
    public void Integers_are_written_and_read(int value, int prefixMask, string expected)
    {
        Span<byte> buffer = stackalloc byte[8];
        int written = HpackInteger.Write(buffer, 0, 0, prefixMask, value);
        Assert.Equal(expected, Convert.ToHexStringLower(buffer[..written]));

        int position = 0;
        Assert.Equal(value, HpackInteger.Read(buffer[..written], ref position, prefixMask));
        Assert.Equal(written, position);
    }

    [Theory]
    [InlineData("1fffffffff7f")] // Five bytes after the prefix.
    [InlineData("1f8080808000")] // As many that say nothing.
    [InlineData("1fffffffffffffffffffff7f")]
    [InlineData("1f80")] // Cut off.
    [InlineData("1f")]
    [InlineData("")]
    public void Integers_without_bound_or_end_are_refused(string encoded) => Assert.Throws<HpackException>(() =>
    {
        int position = 0;
        HpackInteger.Read(Convert.FromHexString(encoded), ref position, 0x1F);
    });

    [Fact]
    public void The_largest_integer_does_not_overflow()
    {
        int position = 0;
        Assert.Equal(0xFF + (1 << 28) - 1, HpackInteger.Read([0xFF, 0xFF, 0xFF, 0xFF, 0x7F], ref position, 0xFF));
    }
}
