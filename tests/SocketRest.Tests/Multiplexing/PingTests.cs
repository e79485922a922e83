using SocketRest.Protocol;
using SocketRest.Tests.Dialogues;

namespace SocketRest.Tests.Multiplexing;

/// <summary>What an application sees of PINGs and their answers.</summary>
public sealed class PingTests
{
    private readonly FakeTime _time = new();

    [Fact]
    public async Task Readers_see_the_PINGs_of_the_other_end_and_the_answers_to_their_own_with_what_travelled_along()
    {
        await using Dialogue dialogue = await StartAsync();
        SocketRestConnection connection = dialogue.Connection.Public;
        await using IAsyncEnumerator<SocketRestPing> one = connection.Pings.GetAsyncEnumerator();
        await using IAsyncEnumerator<SocketRestPing> other = connection.Pings.GetAsyncEnumerator();

        await dialogue.Peer.SendPingAsync(7, data: [1, 2, 3]);
        RawFrame answer = await dialogue.Peer.ExpectAsync(FrameType.Ping);
        Assert.Equal([1, 2, 3], answer.Payload[8..]);
        foreach (IAsyncEnumerator<SocketRestPing> reader in new[] { one, other })
        {
            SocketRestPing seen = await NextAsync(reader);
            Assert.Equal([1, 2, 3], seen.Data.ToArray());
            Assert.Null(seen.RoundTrip);
            Assert.Equal(_time.GetUtcNow(), seen.At);
        }

        Task<TimeSpan> measured = connection.PingAsync(new byte[] { 9 });
        RawFrame asked = await dialogue.Peer.ExpectAsync(FrameType.Ping);
        _time.Advance(TimeSpan.FromMilliseconds(40));
        await dialogue.Peer.SendPingAsync(asked.LongNumber, answer: true, data: [9]);
        Assert.Equal(TimeSpan.FromMilliseconds(40), await measured.Soon());
        SocketRestPing answered = await NextAsync(one);
        Assert.Equal([9], answered.Data.ToArray());
        Assert.Equal(TimeSpan.FromMilliseconds(40), answered.RoundTrip);
        Assert.Equal(0, answered.Missed);
    }

    [Fact]
    public async Task Answer_that_nobody_waits_for_is_not_shown_and_the_readers_end_with_the_connection()
    {
        await using Dialogue dialogue = await StartAsync();
        await using IAsyncEnumerator<SocketRestPing> reader = dialogue.Connection.Public.Pings.GetAsyncEnumerator();
        await dialogue.Peer.SendPingAsync(77, answer: true);
        await dialogue.Peer.SendPingAsync(8, data: [4]);
        Assert.Equal([4], (await NextAsync(reader)).Data.ToArray());

        dialogue.Peer.Vanish();
        Assert.False(await reader.MoveNextAsync().AsTask().Soon());
        await using IAsyncEnumerator<SocketRestPing> late = dialogue.Connection.Public.Pings.GetAsyncEnumerator();
        Assert.False(await late.MoveNextAsync().AsTask().Soon());
    }

    [Fact]
    public async Task Slow_reader_holds_up_nothing_and_is_told_how_many_it_missed()
    {
        await using Dialogue dialogue = await StartAsync();
        await using IAsyncEnumerator<SocketRestPing> reader = dialogue.Connection.Public.Pings.GetAsyncEnumerator();
        for (ulong i = 0; i < 1100; i++)
        {
            await dialogue.Peer.SendPingAsync(i);
            Assert.Equal(i, (await dialogue.Peer.ExpectAsync(FrameType.Ping)).LongNumber);
        }

        await dialogue.Peer.ExpectSilenceAsync();
        Assert.InRange((await NextAsync(reader)).Missed, 1100 - 1024, int.MaxValue);
        Assert.Equal(0, (await NextAsync(reader)).Missed);
    }

    private Task<Dialogue> StartAsync() =>
        Dialogue.StartAsync(options: new SocketRestOptions { TimeProvider = _time, HeartbeatInterval = Timeout.InfiniteTimeSpan, ResumeGrace = TimeSpan.Zero });

    private static async Task<SocketRestPing> NextAsync(IAsyncEnumerator<SocketRestPing> reader)
    {
        Assert.True(await reader.MoveNextAsync().AsTask().Soon());
        return reader.Current;
    }
}
