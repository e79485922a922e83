using SocketRest.Protocol.Hpack;

namespace SocketRest.Tests.Protocol.Hpack;

public sealed class HpackRoundTripTests
{
    private static readonly string[] s_values =
        ["", "a", "GET", "application/json", "caf\u00e9", "\u20ac", "\ud83d\ude00", "  spaces  ", "same length one!", "same length two!"];

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    [InlineData(6)]
    [InlineData(7)]
    [InlineData(8)]
    public void Random_lists_come_back_as_they_were(int seed)
    {
        var random = new Random(seed);
        const int LargestTable = 16 * 1024;
        var encoder = new HpackEncoder();
        var decoder = new HpackDecoder(LargestTable, maxListSize: int.MaxValue);
        encoder.SetMaxTableSize(LargestTable);
        for (int i = 0; i < 1000; i++)
        {
            for (int changes = random.Next(40) == 0 ? random.Next(1, 4) : 0; changes > 0; changes--)
            {
                encoder.SetMaxTableSize(random.Next(5) == 0 ? 0 : random.Next(LargestTable + 1));
            }

            HeaderList list = RandomList(random);
            byte[] buffer = new byte[list.EncodedBound + 16];
            int length = encoder.Encode(list.Span, buffer);
            HeaderList decoded = decoder.Decode(buffer[..length]);

            Assert.Null(decoded.Malformed);
            Assert.False(decoded.TooLarge);
            Assert.Equal(encoder.TableSize, decoder.TableSize);
            Assert.Equal(list.EncodedBound, decoded.EncodedBound);
            Assert.Equal(list.Count, decoded.Count);
            for (int j = 0; j < list.Count; j++)
            {
                Assert.Equal(list[j].Name, decoded[j].Name, ignoreCase: true);
                Assert.Equal(list[j].Value, decoded[j].Value);
                Assert.True(decoded[j].Sensitive || !list[j].Sensitive);
            }
        }
    }

    [Fact]
    public void Values_of_every_length_come_back()
    {
        var encoder = new HpackEncoder();
        var decoder = new HpackDecoder(maxListSize: int.MaxValue);
        for (int length = 0; length < 70_000; length = length < 600 ? length + 1 : length * 2)
        {
            foreach (char c in "v\u00e9\u20ac")
            {
                (string, string)[] fields = [("X-Value", new string(c, length)), ("X-Other", new string('o', length) + c)];
                Assert.Equal(fields.Select(field => field.Item2), decoder.Decode(encoder.Encode(fields)).Pairs().Select(field => field.Value));
            }
        }
    }

    [Fact]
    public void Surrogates_without_their_pair_become_replacement_characters_on_both_sides()
    {
        var encoder = new HpackEncoder();
        var decoder = new HpackDecoder();
        for (int i = 0; i < 4; i++)
        {
            Assert.Equal([("Accept", "a\ufffdb")], decoder.Decode(encoder.Encode(("Accept", "a\ud800b"))).Pairs());
            Assert.Equal(encoder.TableSize, decoder.TableSize);
        }
    }

    [Fact]
    public void A_block_cut_off_anywhere_is_refused_or_a_shorter_list()
    {
        var random = new Random(42);
        for (int i = 0; i < 100; i++)
        {
            HeaderList list = RandomList(random);
            byte[] block = new HpackEncoder().Encode(list);
            string[] names = [.. list.Span.ToArray().Select(field => field.Name)];
            for (int length = 0; length < block.Length; length++)
            {
                HeaderList shorter;
                try
                {
                    shorter = new HpackDecoder(maxListSize: int.MaxValue).Decode(block[..length]);
                }
                catch (HpackException)
                {
                    continue;
                }

                Assert.Null(shorter.Malformed);
                Assert.InRange(shorter.Count, 0, list.Count - 1);
                Assert.Equal(names[..shorter.Count], shorter.Pairs().Select(field => field.Name), StringComparer.OrdinalIgnoreCase);
            }
        }
    }

    [Fact]
    public void Random_bytes_only_ever_break_the_coding()
    {
        var random = new Random(9113);
        var list = new HeaderList();
        var decoder = new HpackDecoder(maxTableSize: 512, maxListSize: 2048, maxFields: 20);
        int broken = 0;
        for (int i = 0; i < 100_000; i++)
        {
            byte[] block = new byte[random.Next(60)];
            random.NextBytes(block);

            // Short lengths get further into a block than those of random bytes.
            for (int j = random.Next(block.Length + 1); j > 0; j--)
            {
                block[random.Next(block.Length)] &= (byte)(random.Next(2) == 0 ? 0x47 : 0x87);
            }

            try
            {
                decoder.Decode(block, list);
            }
            catch (HpackException)
            {
                broken++;
            }

            Assert.InRange(decoder.TableSize, 0, 512);
            Assert.InRange(list.Count, 0, 20);
        }

        Assert.InRange(broken, 10_000, 99_000);
    }

    [Fact]
    public void Damaged_blocks_only_ever_break_the_coding()
    {
        var random = new Random(7540);
        for (int i = 0; i < 5_000; i++)
        {
            byte[] block = new HpackEncoder().Encode(RandomList(random));
            for (int j = random.Next(1, 4); j > 0 && block.Length > 0; j--)
            {
                block[random.Next(block.Length)] = (byte)random.Next(256);
            }

            try
            {
                new HpackDecoder().Decode(block);
            }
            catch (HpackException)
            {
                // The only exception that there may be.
            }
        }
    }

    private static HeaderList RandomList(Random random)
    {
        var list = new HeaderList();
        if (random.Next(4) != 0)
        {
            list.Add(":method", random.Next(2) == 0 ? "GET" : "QUERY");
            list.Add(":path", $"/{random.Next(20)}/{random.Next(3)}");
        }

        for (int count = random.Next(12); count > 0; count--)
        {
            string name = random.Next(3) switch
            {
                0 => KnownHeaders.Names[random.Next(6, KnownHeaders.Names.Length)],
                1 => $"X-Header-{random.Next(30)}",
                _ => random.GetString("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_", random.Next(1, 5)),
            };
            if (HeaderRules.IsOfOneConnection(name))
            {
                name = $"X-{name}";
            }

            string value = random.Next(4) switch
            {
                0 => s_values[random.Next(s_values.Length)],
                1 => random.GetString("abcdefghijklmnopqrstuvwxyz \t=;,/\u00e9\u4e2d", random.Next(300)),
                2 => $"{random.Next(50)}",
                _ => new string((char)('a' + random.Next(5)), random.Next(40)),
            };
            list.Add(name, value, sensitive: random.Next(8) == 0);
        }

        return list;
    }
}
