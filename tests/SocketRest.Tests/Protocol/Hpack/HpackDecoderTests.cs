using System.Text;
using SocketRest.Protocol.Hpack;

namespace SocketRest.Tests.Protocol.Hpack;

public sealed class HpackDecoderTests
{
    [Theory]
    [InlineData("80")] // Index 0
    [InlineData("be")] // Index 62 of an empty table
    [InlineData("ff00")]
    [InlineData("ffffffff7f")]
    [InlineData("7f00")] // A literal's name at index 63
    [InlineData("0f2f00")] // At 62
    [InlineData("1f2f00")]
    [InlineData("4005")] // A string longer than the block
    [InlineData("40ffffffffff0f")]
    [InlineData("400161ff80808001")]
    [InlineData("0001618100")] // A Huffman-coded value with bad padding
    [InlineData("008100")] // A name so
    [InlineData("000161")] // No value
    [InlineData("8220")] // A size update after a field
    [InlineData("20823fe11f")]
    [InlineData("3fe21f")] // 4097
    [InlineData("3fffffffff7f")]
    [InlineData("3f")]
    public void Broken_coding_ends_the_connection(string block) =>
        Assert.Throws<HpackException>(() => new HpackDecoder().Decode(Convert.FromHexString(block)));

    [Fact]
    public void An_empty_block_is_an_empty_list()
    {
        HeaderList list = HpackBlocks.ListOf(("left", "over"));
        new HpackDecoder().Decode([], list);
        Assert.Equal(0, list.Count);
        Assert.Null(list.Malformed);
    }

    [Fact]
    public void Size_updates_before_the_first_field_are_taken()
    {
        var decoder = new HpackDecoder();
        decoder.Decode(HpackBlocks.Literal(0x40, "name", "value"));
        Assert.Equal(41, decoder.TableSize);

        Assert.Equal(1, decoder.Decode([0x3F, 0xE1, 0x1F, 0x80 | 62]).Count);
        Assert.Equal(0, decoder.Decode([0x20, 0x3F, 0xE1, 0x1F]).Count);
        Assert.Equal(0, decoder.TableSize);
        Assert.Throws<HpackException>(() => decoder.Decode([0x80 | 62]));
    }

    [Fact]
    public void An_entry_larger_than_the_table_empties_it()
    {
        var decoder = new HpackDecoder(maxTableSize: 64);
        decoder.Decode(HpackBlocks.Literal(0x40, "name", "value"));
        Assert.Equal(41, decoder.TableSize);

        HeaderList list = decoder.Decode(HpackBlocks.Literal(0x40, "name", new string('v', 29)));

        Assert.Equal(29, list[0].Value.Length);
        Assert.Equal(0, decoder.TableSize);
    }

    [Fact]
    public void A_literal_may_take_its_name_from_the_entry_that_it_evicts()
    {
        var decoder = new HpackDecoder(maxTableSize: 64);
        decoder.Decode(HpackBlocks.Literal(0x40, "evicted", "value"));

        HeaderList list = decoder.Decode([0x7E, 5, .. "other"u8]);

        Assert.Equal([("evicted", "other")], list.Pairs());
        Assert.Equal([("evicted", "other")], decoder.Decode(0x80 | 62).Pairs());
    }

    [Fact]
    public void Known_names_come_back_as_the_shared_string_in_its_own_case()
    {
        foreach (string name in KnownHeaders.Names)
        {
            HeaderList list = new HpackDecoder().Decode(HpackBlocks.Literal(0x00, name.ToLowerInvariant(), "1"));
            Assert.Same(name, list[0].Name);
            Assert.Equal(HeaderRules.IsOfOneConnection(name), list.Malformed is not null);
        }

        for (int index = 1; index <= StaticTable.Count; index++)
        {
            Assert.Contains(StaticTable.Get(index).Name, KnownHeaders.Names.ToArray());
        }
    }

    [Fact]
    public void Unknown_names_come_back_as_they_are_on_the_wire() =>
        Assert.Equal([("x-unheard-of", "v")], new HpackDecoder().Decode(HpackBlocks.Literal(0x00, "x-unheard-of", "v")).Pairs());

    [Fact]
    public void Common_values_come_back_as_the_shared_string()
    {
        HeaderList list = new HpackDecoder().Decode(HpackBlocks.Literal(0x00, "content-type", "application/json"));
        Assert.Same("application/json", list[0].Value);
    }

    [Theory]
    [InlineData("caf\u00e9 \u20ac \ud83d\ude00")]
    [InlineData("")]
    public void Values_are_UTF8(string value) =>
        Assert.Equal(value, new HpackDecoder().Decode(HpackBlocks.Literal(0x00, "n"u8.ToArray(), Encoding.UTF8.GetBytes(value)))[0].Value);

    [Fact]
    public void A_value_that_is_not_UTF8_is_Latin1()
    {
        HeaderList list = new HpackDecoder().Decode(HpackBlocks.Literal(0x00, "n", "caf\u00e9 \u00ff"));
        Assert.Equal("caf\u00e9 \u00ff", list[0].Value);
        Assert.Null(list.Malformed);
        Assert.Equal(1 + 6 + 32, list.ListSize);
        Assert.Equal(1 + 2 + 1 + 8, list.EncodedBound);
    }

    [Theory]
    [InlineData("Upper", "v")]
    [InlineData("lOWER", "v")]
    [InlineData("Content-Type", "v")]
    [InlineData("", "v")]
    [InlineData("sp ace", "v")]
    [InlineData("nul\0", "v")]
    [InlineData("colon:", "v")]
    [InlineData("caf\u00e9", "v")]
    [InlineData(":unknown", "v")]
    [InlineData(":Path", "v")]
    [InlineData(":", "v")]
    [InlineData("n", "a\rb")]
    [InlineData("n", "a\nb")]
    [InlineData("n", "a\0b")]
    [InlineData("n", "\u007f")]
    [InlineData("n", "\u0001")]
    [InlineData("authorization", "a\r\nx: y")]
    public void Invalid_fields_are_the_streams_fault_each_time_they_are_used(string name, string value)
    {
        var decoder = new HpackDecoder();
        Assert.NotNull(decoder.Decode(HpackBlocks.Literal(0x00, name, value)).Malformed);

        // The entry is in the table as the peer has it, and still invalid when an index names it.
        Assert.NotNull(decoder.Decode(HpackBlocks.Literal(0x40, name, value)).Malformed);
        Assert.Equal(name.Length + value.Length + 32, decoder.TableSize);
        Assert.NotNull(decoder.Decode(0x80 | 62).Malformed);

        // Lending its name makes another field invalid only if it is the name that is.
        Assert.Equal(value == "v", decoder.Decode([0x0F, 62 - 15, 1, (byte)'x']).Malformed is not null);
        Assert.Null(decoder.Decode(0x82).Malformed);
    }

    [Fact]
    public void Pseudo_headers_come_first_and_once()
    {
        Assert.Null(new HpackDecoder().Decode(0x82, 0x84, 0x86, 0x80 | 34).Malformed);
        Assert.Contains("follows", new HpackDecoder().Decode(0x82, 0x80 | 34, 0x84).Malformed);
        Assert.Contains("twice", new HpackDecoder().Decode(0x82, 0x83).Malformed);
    }

    [Fact]
    public void The_list_size_counts_32_more_for_each_field() =>
        Assert.Equal(7 + 3 + 32 + 5 + 1 + 32, new HpackDecoder().Decode(0x82, 0x84).ListSize);

    [Fact]
    public void A_list_up_to_the_size_limit_is_handed_on_and_no_more()
    {
        Assert.False(new HpackDecoder(maxListSize: 80).Decode(0x82, 0x84).TooLarge);

        HeaderList list = new HpackDecoder(maxListSize: 79).Decode(0x82, 0x84, 0x80 | 34);
        Assert.True(list.TooLarge);
        Assert.Equal([(":method", "GET")], list.Pairs());
        Assert.Equal(80 + 36, list.ListSize);
    }

    [Fact]
    public void A_list_up_to_the_count_limit_is_handed_on_and_no_more()
    {
        Assert.False(new HpackDecoder(maxFields: 2).Decode(0x82, 0x84).TooLarge);

        HeaderList list = new HpackDecoder(maxFields: 1).Decode(0x82, 0x84);
        Assert.True(list.TooLarge);
        Assert.Equal(1, list.Count);
    }

    [Fact]
    public void A_block_that_expands_ten_thousandfold_is_cut_short_while_it_is_decoded()
    {
        var decoder = new HpackDecoder();
        decoder.Decode(HpackBlocks.Literal(0x40, "n", new string('v', 4063)));
        byte[] bomb = new byte[65_535];
        bomb.AsSpan().Fill(0x80 | 62);
        var list = new HeaderList();
        decoder.Decode(bomb, list);

        long before = GC.GetAllocatedBytesForCurrentThread();
        decoder.Decode(bomb, list);
        long allocated = GC.GetAllocatedBytesForCurrentThread() - before;

        Assert.Equal(0, allocated);
        Assert.True(list.TooLarge);
        Assert.Equal(8, list.Count);
        Assert.Equal(65_535 * 4096, list.ListSize);
    }

    [Fact]
    public void What_the_list_size_cannot_count_it_saturates_at()
    {
        var decoder = new HpackDecoder(maxTableSize: 100_000);
        decoder.Decode(HpackBlocks.Literal(0x40, "n", new string('v', 60_000)));
        byte[] bomb = new byte[65_535];
        bomb.AsSpan().Fill(0x80 | 62);

        HeaderList list = decoder.Decode(bomb);

        Assert.Equal(int.MaxValue, list.ListSize);
        Assert.True(list.TooLarge);
    }

    [Fact]
    public void The_tables_stay_level_through_blocks_that_are_refused()
    {
        var encoder = new HpackEncoder();
        var decoder = new HpackDecoder(maxListSize: 300, maxFields: 5);
        (string, string)[] large = [.. Enumerable.Range(0, 40).Select(i => ("Accept", $"value-{i}"))];
        for (int round = 0; round < 5; round++)
        {
            Assert.True(decoder.Decode(encoder.Encode(large)).TooLarge);
            Assert.NotNull(decoder.Decode(encoder.Encode(("Server", $"a\r\n{round}"), ("Date", $"{round}"))).Malformed);

            Assert.Equal(encoder.TableSize, decoder.TableSize);
            (string, string)[] small = [("Accept", $"value-{round}"), ("Date", $"{round}"), ("Accept", "value-39")];
            Assert.Equal(small, decoder.Decode(encoder.Encode(small)).Pairs());
        }
    }

    [Fact]
    public void A_repeated_block_is_decoded_without_allocating_into_the_same_strings()
    {
        var encoder = new HpackEncoder();
        var decoder = new HpackDecoder();
        (string, string)[] fields =
            [(":method", "GET"), (":scheme", "https"), (":authority", "example.com"), (":path", "/api/pets/1"), ("X-Tenant", "a")];
        for (int i = 0; i < 3; i++)
        {
            decoder.Decode(encoder.Encode(fields));
        }

        byte[] block = encoder.Encode(fields);
        Assert.Equal(fields.Length, block.Length);
        var list = new HeaderList();
        decoder.Decode(block, list);
        HeaderField[] first = list.Span.ToArray();

        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 100; i++)
        {
            decoder.Decode(block, list);
        }

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
        for (int i = 0; i < first.Length; i++)
        {
            Assert.Same(first[i].Name, list[i].Name);
            Assert.Same(first[i].Value, list[i].Value);
        }
    }

    [Fact]
    public void Huge_Huffman_coded_values_decode()
    {
        byte[] value = Enumerable.Repeat((byte)'0', 100_000).ToArray();
        byte[] block = [0x00, 1, (byte)'n', .. HpackBlocks.String(HpackBlocks.Huffman(value), 0x80)];
        var decoder = new HpackDecoder(maxListSize: 200_000);

        Assert.Equal(new string('0', 100_000), decoder.Decode(block)[0].Value);
        Assert.Equal(0, new HpackDecoder().Decode(block).Count);
    }
}
