using SocketRest.Protocol.Hpack;

namespace SocketRest.Tests.Protocol.Hpack;

public sealed class HpackEncoderTests
{
    private const string LongCookie = "session=0123456789abcdef0123456789abcdef";

    [Theory]
    [InlineData(":method", "GET", 2)]
    [InlineData(":method", "POST", 3)]
    [InlineData(":path", "/", 4)]
    [InlineData(":status", "404", 13)]
    [InlineData("accept-encoding", "gzip, deflate", 16)]
    [InlineData("ACCEPT-Encoding", "gzip, deflate", 16)]
    [InlineData("ETag", "", 34)]
    [InlineData("WWW-Authenticate", "", 61)]
    public void Fields_of_the_static_table_are_one_byte(string name, string value, int index) =>
        Assert.Equal([(byte)(0x80 | index)], new HpackEncoder().Encode((name, value)));

    [Fact]
    public void The_whole_static_table_is_found()
    {
        for (int index = 1; index <= StaticTable.Count; index++)
        {
            ref readonly DecodedField field = ref StaticTable.Get(index);
            string name = new(field.Name.AsSpan());
            string value = new(field.Value.AsSpan());
            if (field.Name is not ("Authorization" or "Proxy-Authorization" or "Set-Cookie" or "Cookie"))
            {
                Assert.Equal([(byte)(0x80 | index)], new HpackEncoder().Encode((name, value)));
            }
        }
    }

    [Fact]
    public void Names_are_lower_case_on_the_wire() => Assert.Equal(
        HpackBlocks.Literal(0x00, "x-some-header", "Value"),
        new HpackEncoder().Encode(("X-Some-Header", "Value")));

    [Fact]
    public void A_field_enters_the_table_the_second_time_it_is_seen()
    {
        var encoder = new HpackEncoder();

        Assert.Equal(0x00, encoder.Encode(("ETag", "\"one\""))[0] & 0xF0);
        Assert.Equal(0, encoder.TableSize);
        Assert.Equal(0x40 | 34, encoder.Encode(("ETag", "\"one\""))[0]);
        Assert.Equal(4 + 5 + 32, encoder.TableSize);
        Assert.Equal([0x80 | 62], encoder.Encode(("ETag", "\"one\"")));
        Assert.Equal([0x80 | 62], encoder.Encode((new string("etag"), new string("\"one\""))));
    }

    [Theory]
    [InlineData(":authority")]
    [InlineData("User-Agent")]
    [InlineData("Accept")]
    [InlineData("Content-Type")]
    [InlineData("Server")]
    [InlineData("Date")]
    public void What_stays_the_same_enters_at_first_sight(string name)
    {
        var encoder = new HpackEncoder();

        Assert.Equal(0x40, encoder.Encode((name, "some value"))[0] & 0xC0);
        Assert.Equal([0x80 | 62], encoder.Encode((name, "some value")));
    }

    [Theory]
    [InlineData("Authorization", "Bearer 0123456789abcdef0123456789abcdef")]
    [InlineData("proxy-authorization", "Basic 0123456789abcdef0123456789abcdef")]
    [InlineData("Set-Cookie", "session=0123456789abcdef0123456789abcdef")]
    [InlineData("Cookie", "pin=0123")]
    public void Secrets_are_never_indexed(string name, string value)
    {
        var encoder = new HpackEncoder();
        for (int i = 0; i < 4; i++)
        {
            byte[] block = encoder.Encode((name, value));
            Assert.Equal(0x10, block[0] & 0xF0);
            Assert.True(new HpackDecoder().Decode(block)[0].Sensitive);
        }

        Assert.Equal(0, encoder.TableSize);
    }

    [Fact]
    public void A_sensitive_field_is_never_indexed_even_if_the_table_has_it()
    {
        var encoder = new HpackEncoder();
        var decoder = new HpackDecoder();
        for (int i = 0; i < 3; i++)
        {
            decoder.Decode(encoder.Encode(("X-Api-Key", "key"), (":method", "GET")));
        }

        var sensitive = new HeaderList();
        sensitive.Add("X-Api-Key", "key", sensitive: true);
        sensitive.Add(":method", "GET", sensitive: true);
        byte[] block = encoder.Encode(sensitive);

        Assert.Equal(0x10, block[0] & 0xF0);
        Assert.Equal(sensitive.Span.ToArray(), decoder.Decode(block).Span.ToArray());
    }

    [Fact]
    public void A_long_cookie_enters_the_table_when_it_repeats()
    {
        var encoder = new HpackEncoder();

        Assert.Equal(0x00, encoder.Encode(("Cookie", LongCookie))[0] & 0xF0);
        Assert.Equal(0x40, encoder.Encode(("Cookie", LongCookie))[0] & 0xC0);
        Assert.Equal([0x80 | 62], encoder.Encode(("Cookie", LongCookie)));
    }

    [Fact]
    public void Unique_values_do_not_push_out_what_repeats()
    {
        var encoder = new HpackEncoder();
        for (int i = 0; i < 10_000; i++)
        {
            byte[] block = encoder.Encode(
                ("User-Agent", "PetStore/1.0"),
                (":path", $"/api/pets/{i:D8}/{new string('a', 40)}"),
                ("X-Api-Version", "2"),
                ("X-Request-Id", $"{i:D32}"));

            if (i >= 10)
            {
                // One byte each for the agent and the version; the id's name is an index.
                Assert.Equal(0x80, block[0] & 0x80);
                Assert.Equal(1 + (2 + 59) + 1 + (1 + 2 + 32), block.Length);
            }
        }

        Assert.InRange(encoder.TableSize, 1, 400);
    }

    [Fact]
    public void Values_that_differ_only_in_the_middle_do_not_count_as_repeated()
    {
        var encoder = new HpackEncoder();
        for (int i = 0; i < 1000; i++)
        {
            encoder.Encode((":path", $"/api/{i:D5}/a-long-way-from-either-end-and-from-the-middle/details"));
        }

        Assert.Equal(0, encoder.TableSize);
    }

    [Fact]
    public void A_field_that_would_fill_the_table_stays_out()
    {
        var encoder = new HpackEncoder();
        string value = new('v', 3072);
        for (int i = 0; i < 4; i++)
        {
            Assert.Equal(0x00, encoder.Encode(("X-Large", value))[0] & 0xF0);
        }

        Assert.Equal(0, encoder.TableSize);
    }

    [Fact]
    public void A_table_without_room_is_not_used()
    {
        var encoder = new HpackEncoder(maxTableSize: 0);
        var decoder = new HpackDecoder(maxTableSize: 0);
        for (int i = 0; i < 4; i++)
        {
            Assert.Equal([("Accept", "*/*")], decoder.Decode(encoder.Encode(("Accept", "*/*"))).Pairs());
        }

        Assert.Equal((0, 0), (encoder.TableSize, decoder.TableSize));
    }

    [Theory]
    [InlineData(new[] { 4096 }, "")]
    [InlineData(new[] { 256 }, "3fe101")]
    [InlineData(new[] { 0 }, "20")]
    [InlineData(new[] { 8192 }, "3fe13f")]
    [InlineData(new[] { 0, 4096 }, "203fe11f")]
    [InlineData(new[] { 256, 0, 1024 }, "203fe107")]
    [InlineData(new[] { 8192, 4096 }, "")]
    [InlineData(new[] { 1024, 256 }, "3fe101")]
    [InlineData(new[] { 256, 8192 }, "3fe1013fe13f")]
    [InlineData(new[] { int.MaxValue }, "3fe1ff03")] // No more than 64 KiB is used.
    public void A_changed_limit_is_said_once_at_the_start_of_the_next_block(int[] sizes, string expected)
    {
        var encoder = new HpackEncoder();
        foreach (int size in sizes)
        {
            encoder.SetMaxTableSize(size);
        }

        Assert.Equal(expected + "82", Convert.ToHexStringLower(encoder.Encode((":method", "GET"))));
        Assert.Equal("82", Convert.ToHexStringLower(encoder.Encode((":method", "GET"))));
    }

    [Fact]
    public void A_smaller_limit_evicts()
    {
        var encoder = new HpackEncoder();
        encoder.Encode(("Accept", "*/*"), ("Server", "Kestrel"));
        Assert.Equal([0x80 | 63, 0x80 | 62], encoder.Encode(("Accept", "*/*"), ("Server", "Kestrel")));

        encoder.SetMaxTableSize(64);

        byte[] block = encoder.Encode(("Server", "Kestrel"), ("Accept", "*/*"));
        Assert.Equal([0x3F, 64 - 31, 0x80 | 62], block[..3]);
        Assert.Equal(0x40 | 19, block[3] | 0x40);
    }

    [Fact]
    public void Names_that_are_not_ASCII_are_refused_by_the_peer_and_leave_the_tables_level()
    {
        var encoder = new HpackEncoder();
        var decoder = new HpackDecoder();
        for (int i = 0; i < 3; i++)
        {
            HeaderList list = decoder.Decode(encoder.Encode(("Na\u00efve", "value"), ("Accept", "*/*")));
            Assert.NotNull(list.Malformed);
            Assert.Equal(encoder.TableSize, decoder.TableSize);
        }

        Assert.Equal([0x80 | 62], encoder.Encode(("Accept", "*/*")));
    }

    [Fact]
    public void A_repeated_block_is_encoded_without_allocating()
    {
        var encoder = new HpackEncoder();
        HeaderList list = HpackBlocks.ListOf(
            (":method", "GET"), (":scheme", "https"), (":authority", "example.com"), (":path", "/api/pets/1"), ("X-Tenant", "a"));
        byte[] buffer = new byte[list.EncodedBound + 16];
        for (int i = 0; i < 100; i++)
        {
            encoder.Encode(list.Span, buffer);
        }

        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 100; i++)
        {
            encoder.Encode(list.Span, buffer);
        }

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
        Assert.Equal(list.Count, encoder.Encode(list.Span, buffer));
    }

    [Fact]
    public void The_newest_65_entries_are_one_byte()
    {
        var encoder = new HpackEncoder();
        for (int i = 0; i < 70; i++)
        {
            encoder.Encode(("Accept", $"v{i:D2}"));
        }

        Assert.Equal([0x80 | 62], encoder.Encode(("Accept", "v69")));
        Assert.Equal([0xFE], encoder.Encode(("Accept", "v05")));
        Assert.Equal([0xFF, 0x00], encoder.Encode(("Accept", "v04")));
    }
}
