using System.Text;
using SocketRest.Protocol.Hpack;

namespace SocketRest.Tests.Protocol.Hpack;

public sealed class HeaderListTests
{
    [Fact]
    public void Fields_are_kept_in_order()
    {
        var list = new HeaderList();
        for (int i = 0; i < 100; i++)
        {
            list.Add($"Name-{i}", $"{i}", sensitive: i % 2 == 0);
        }

        Assert.Equal(100, list.Count);
        Assert.Equal(100, list.Span.Length);
        Assert.Equal(new HeaderField("Name-42", "42", true), list[42]);
        Assert.Throws<ArgumentOutOfRangeException>(() => list[100].Name);
        Assert.Throws<ArgumentOutOfRangeException>(() => list[-1].Name);
    }

    [Fact]
    public void A_cleared_list_is_as_new()
    {
        HeaderList list = new HpackDecoder(maxListSize: 40).Decode(0x82, 0x84);
        Assert.True(list.TooLarge);

        list.Clear();

        Assert.Equal((0, 0, 0, false, null), (list.Count, list.EncodedBound, list.ListSize, list.TooLarge, list.Malformed));
    }

    [Fact]
    public void A_cleared_list_holds_on_to_no_string()
    {
        var list = new HeaderList();
        WeakReference value = AddUnreferencedValue(list);

        list.Clear();
        GC.Collect();

        Assert.False(value.IsAlive);
        GC.KeepAlive(list);
    }

    [Theory]
    [InlineData("")]
    [InlineData("a")]
    [InlineData("abcd")]
    [InlineData("abc\u00e9")]
    [InlineData("abcdefgh")]
    [InlineData("\u00e9bcdefghijklmnop")]
    [InlineData("abcdefghijklmno\u20ac")]
    [InlineData("abcdefgh\u007fijklmnopqrstu\ud83d\ude00")]
    [InlineData("lone \ud800 surrogate")]
    public void Lengths_are_those_of_UTF8(string text) => Assert.Equal(Encoding.UTF8.GetByteCount(text), HeaderText.Utf8Length(text));

    [Fact]
    public void The_bound_holds_for_all_lengths_and_is_not_loose()
    {
        int[] lengths = [0, 1, 126, 127, 128, 253, 254, 255, 256, 16509, 16510, 16511, 16512, 65535];
        foreach (int nameLength in lengths)
        {
            foreach (int valueLength in lengths)
            {
                var list = new HeaderList();
                list.Add(new string('n', nameLength), new string('v', valueLength), sensitive: true);
                byte[] buffer = new byte[list.EncodedBound];
                int written = new HpackEncoder().Encode(list.Span, buffer);
                Assert.InRange(written, list.EncodedBound - 4, list.EncodedBound);
            }
        }
    }

    [Fact]
    public void The_bound_saturates()
    {
        var list = new HeaderList();
        string value = new('v', 1 << 20);
        for (int i = 0; i < 2100; i++)
        {
            list.Add("name", value);
        }

        Assert.Equal(int.MaxValue, list.EncodedBound);
    }

    [System.Runtime.CompilerServices.MethodImpl(System.Runtime.CompilerServices.MethodImplOptions.NoInlining)]
    private static WeakReference AddUnreferencedValue(HeaderList list)
    {
        string value = new('v', 100);
        list.Add("Name", value);
        return new WeakReference(value);
    }
}
