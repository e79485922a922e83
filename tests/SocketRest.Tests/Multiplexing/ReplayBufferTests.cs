using System.Runtime.InteropServices;
using SocketRest.Multiplexing;

namespace SocketRest.Tests.Multiplexing;

/// <summary>What is kept until it is acknowledged: all of it, in order, and not much more memory than that.</summary>
public sealed class ReplayBufferTests
{
    private byte _next;

    [Fact]
    public void Repeats_from_the_byte_that_was_not_received()
    {
        var buffer = new ReplayBuffer(1 << 20);
        Write(buffer, 100_000, piece: 700);
        buffer.Acknowledge(33_333);

        buffer.Rewind(44_444);

        Assert.Equal((100_000ul, 44_444ul), (buffer.Written, buffer.Acknowledged));
        Assert.Equal(Bytes(44_444, 100_000), Repeat(buffer));
        Assert.False(buffer.IsBehind);
    }

    [Fact]
    public void Begins_again_where_it_is_rewound_to_in_the_middle_of_repeating()
    {
        var buffer = new ReplayBuffer(1 << 20);
        Write(buffer, 50_000, piece: 5_000);
        buffer.Rewind(1_000);
        Assert.Equal(Bytes(1_000, 4_000), buffer.Repeat(3_000).ToArray());

        buffer.Rewind(2_500);

        Assert.Equal(Bytes(2_500, 50_000), Repeat(buffer));
    }

    [Fact]
    public void Tells_while_it_may_be_inside_a_frame()
    {
        var buffer = new ReplayBuffer(1 << 20);
        Write(buffer, 50_000, piece: 25_000);
        Assert.False(buffer.IsInFrame);
        buffer.Rewind(0);
        Assert.False(buffer.IsInFrame);

        buffer.Repeat(30_000);
        Assert.True(buffer.IsInFrame);
        buffer.Rewind(25_000);
        Assert.False(buffer.IsInFrame);
        buffer.Repeat(10_000);
        Assert.True(buffer.IsInFrame);

        Repeat(buffer);
        Assert.False(buffer.IsInFrame);
    }

    [Fact]
    public void Leaves_out_what_is_acknowledged_while_it_repeats()
    {
        var buffer = new ReplayBuffer(1 << 20);
        Write(buffer, 50_000, piece: 5_000);
        buffer.Rewind(0);
        buffer.Repeat(100);

        buffer.Acknowledge(40_000);
        Assert.Equal(Bytes(40_000, 50_000), Repeat(buffer));

        buffer.Rewind(0);
        Assert.Equal(Bytes(40_000, 50_000), Repeat(buffer));
        buffer.Acknowledge(buffer.Written);
        buffer.Rewind(buffer.Written);
        Assert.False(buffer.IsBehind);
    }

    [Fact]
    public void Does_not_take_back_what_was_acknowledged()
    {
        var buffer = new ReplayBuffer(1 << 20);
        Write(buffer, 5_000, piece: 500);

        buffer.Acknowledge(4_000);
        buffer.Acknowledge(3_000);

        Assert.Equal(4_000ul, buffer.Acknowledged);
        buffer.Rewind(4_000);
        Assert.Equal(Bytes(4_000, 5_000), Repeat(buffer));
    }

    [Fact]
    public void Keeps_nothing_of_what_is_not_counted()
    {
        var buffer = new ReplayBuffer(1 << 20);
        Write(buffer, 1_000, piece: 100);
        for (int i = 0; i < 100; i++)
        {
            buffer.GetRoom()[..16].Fill(255);
            Assert.Equal(16, buffer.Commit(0, 16).Length);
        }

        Write(buffer, 1_000, piece: 100);
        buffer.Rewind(0);

        Assert.Equal(Bytes(0, 2_000), Repeat(buffer));
    }

    [Fact]
    public void Gives_link_frames_room_in_the_middle_of_repeating()
    {
        var buffer = new ReplayBuffer(1 << 20);
        Write(buffer, 200_000, piece: 10_000);
        buffer.Rewind(7);
        var repeated = new List<byte>();
        while (buffer.IsBehind)
        {
            buffer.GetRoom()[..16].Fill(255);
            buffer.Commit(0, 16);
            repeated.AddRange(buffer.Repeat(1_234).Span);
        }

        Assert.Equal(Bytes(7, 200_000), repeated);
    }

    [Fact]
    public void Moves_what_is_written_already_into_more_room_once_a_burst()
    {
        var buffer = new ReplayBuffer(1 << 20);
        Write(buffer, 3_000, piece: 3_000);
        Span<byte> room = buffer.GetRoom();
        Fill(room[..50]);

        Assert.True(buffer.TryEnlarge(50, out Span<byte> larger));
        Assert.True(larger.Length >= FrameSender.BufferSize);
        Fill(larger[50..60_000]);
        buffer.Commit(60_000, 60_000);

        Assert.False(buffer.TryEnlarge(0, out _));
        buffer.Rewind(0);
        Assert.Equal(Bytes(0, 63_000), Repeat(buffer));
    }

    [Fact]
    public void Holds_little_more_than_its_limit_however_small_the_steps_are_in_which_the_peer_lets_it_go_on()
    {
        const int Limit = 1 << 20;
        var buffer = new ReplayBuffer(Limit);
        long most = 0;
        for (ulong acknowledged = 0; acknowledged < 4 * Limit; acknowledged += 2_048)
        {
            // As the sender does it while more waits than the peer lets through.
            while (!buffer.IsFull)
            {
                Span<byte> room = buffer.GetRoom();
                int length = (int)Math.Min(Math.Min(60_000, buffer.Allowance), room.Length - 16);
                if (buffer.TryEnlarge(length, out Span<byte> larger))
                {
                    length = (int)Math.Min(Math.Min(60_000, buffer.Allowance), larger.Length - 16);
                }

                buffer.Commit(length, length);
            }

            buffer.Rest();
            most = Math.Max(most, buffer.Held);
            buffer.Acknowledge(acknowledged);
        }

        Assert.InRange(most, Limit, Limit * 3 / 2);
    }

    [Fact]
    public void Gives_everything_back_when_all_is_acknowledged()
    {
        var buffer = new ReplayBuffer(1 << 20);
        Write(buffer, 500_000, piece: 9_999);
        Assert.InRange(buffer.Held, 500_000, 1 << 20);

        buffer.Acknowledge(buffer.Written);
        buffer.Rest();

        Assert.Equal(0, buffer.Held);
    }

    /// <summary>Everything that the sender may do, in any order, against a plain list of all bytes.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public void Peer_that_comes_back_again_and_again_misses_no_byte(int seed)
    {
        var random = new Random(seed);
        var buffer = new ReplayBuffer(256 * 1024);
        var received = new List<byte>();
        for (int step = 0; step < 5_000; step++)
        {
            int what = random.Next(100);
            if (what < 5)
            {
                // The socket is cut. What the peer has whole, the connection may have heard of or not.
                buffer.Rewind((ulong)received.Count);
            }
            else if (what < 20)
            {
                buffer.Acknowledge((ulong)random.NextInt64((long)buffer.Acknowledged, received.Count + 1));
            }
            else if (what < 30)
            {
                int length = random.Next(2_000);
                buffer.GetRoom()[..length].Fill(255);
                buffer.Commit(0, length);
            }
            else if (what < 35)
            {
                buffer.Rest();
            }
            else if (buffer.IsBehind)
            {
                Arrive(buffer.Repeat(random.Next(1, 60_000)).Span);
            }
            else if (!buffer.IsFull)
            {
                Span<byte> room = buffer.GetRoom(random.Next(20) == 0 ? FrameSender.BufferSize : 0);
                int length = random.Next(0, (int)Math.Min(room.Length, Math.Min(buffer.Allowance, 60_000)));
                Fill(room[..length]);
                if (random.Next(4) == 0 && buffer.TryEnlarge(length, out Span<byte> larger))
                {
                    int more = random.Next(1_000);
                    Fill(larger.Slice(length, more));
                    length += more;
                }

                Arrive(buffer.Commit(length, length).Span);
            }
        }

        buffer.Rewind((ulong)received.Count);
        received.AddRange(Repeat(buffer));

        // Tens of millions: compared one by one by the assertion they would take most of the time.
        Assert.Equal((int)buffer.Written, received.Count);
        Assert.True(CollectionsMarshal.AsSpan(received).SequenceEqual(Bytes(0, received.Count)), "Some byte is not as it was sent.");

        // Of each message some part arrives, often none.
        void Arrive(ReadOnlySpan<byte> message)
        {
            bool whole = random.Next(4) > 0;
            received.AddRange(message[..(whole ? message.Length : random.Next(message.Length + 1))]);
            if (!whole)
            {
                buffer.Rewind((ulong)received.Count);
            }
        }
    }

    private static byte[] Bytes(int from, int to) => [.. Enumerable.Range(from, to - from).Select(i => (byte)(i % 251))];

    private static byte[] Repeat(ReplayBuffer buffer)
    {
        var all = new List<byte>();
        while (buffer.IsBehind)
        {
            all.AddRange(buffer.Repeat(60_000).Span);
        }

        return [.. all];
    }

    private void Fill(Span<byte> room)
    {
        foreach (ref byte value in room)
        {
            value = _next;
            _next = (byte)((_next + 1) % 251);
        }
    }

    private void Write(ReplayBuffer buffer, int length, int piece)
    {
        for (int left = length; left > 0; left -= piece)
        {
            int count = Math.Min(piece, left);
            Fill(buffer.GetRoom(count)[..count]);
            buffer.Commit(count, count);
        }
    }
}
