using SocketRest.Protocol;
using SocketRest.Tests.Dialogues;

namespace SocketRest.Tests.Multiplexing;

/// <summary>Peers that ask for more than they take.</summary>
public sealed class FloodTests
{
    [Fact]
    public async Task A_peer_that_sends_PINGs_and_reads_no_answers_is_cut_off_before_they_fill_the_memory()
    {
        await using Dialogue dialogue = await Dialogue.StartAsync(capacity: 16 * 1024);
        byte[] ping = Frames.Ping(1, data: new byte[1024]);
        byte[] many = [.. Enumerable.Repeat(ping, 60).SelectMany(frame => frame)];
        int sent = 0;
        while (!dialogue.Connection.IsEnded && sent < 4_000_000)
        {
            await dialogue.Peer.SendBytesAsync(many);
            sent += many.Length;
        }

        Assert.True(dialogue.Connection.IsEnded, "All of it was kept.");
        dialogue.Peer.Vanish();
        await dialogue.ExpectFailureAsync(SocketRestErrorCode.EnhanceYourCalm);
    }

    [Fact]
    public async Task A_peer_that_opens_and_resets_streams_has_no_more_running_than_twice_the_limit()
    {
        var time = new FakeTime();
        await using Dialogue dialogue = await Dialogue.StartAsync(options: new SocketRestOptions { MaxConcurrentStreams = 10, TimeProvider = time });
        for (uint id = 1; id < 201; id += 2)
        {
            time.Advance(TimeSpan.FromMilliseconds(100));
            await dialogue.Peer.SendRequestAsync(id);
            await dialogue.Peer.SendPingAsync(id);
            Assert.Equal(id, (uint)(await dialogue.Peer.ExpectAsync(FrameType.Ping)).LongNumber);
            await dialogue.Peer.SendResetAsync(id, SocketRestErrorCode.Cancelled);
        }

        // The other eighty were reset before their turn came, and left nothing behind.
        await Patience.UntilAsync(() => dialogue.Server.Waiting == 20);
        await dialogue.Peer.SendRequestAsync(201, path: "/waits");
        await dialogue.Peer.ExpectSilenceAsync();
        Assert.Equal(20, dialogue.Server.Waiting);
        for (int i = 0; i < 20; i++)
        {
            (await dialogue.Server.NextCallAsync()).Release();
        }

        ServedCall waited = await dialogue.Server.NextCallAsync();
        Assert.Equal("/waits", waited.Path);
        waited.Respond();
        await dialogue.Peer.ExpectHeadersAsync(201);
        await dialogue.ExpectNothingLeftAsync();
    }

    [Fact]
    public async Task A_peer_that_reads_no_answers_leaves_this_side_with_one_ACK_to_send_and_not_with_thousands()
    {
        await using Dialogue dialogue = await Dialogue.StartAsync(
            capacity: 16 * 1024, peerSettings: Dialogue.QuietSettings with { ReplayBuffer = 1 },
            options: new SocketRestOptions { MaxQueuedControlFrames = 1024, MaxOverheadFramesPerSecond = int.MaxValue });
        byte[] unknown = [.. Enumerable.Repeat(Frames.Frame((FrameType)0x77, FrameFlags.None, 0), 1000).SelectMany(frame => frame)];
        for (int i = 0; i < 10; i++)
        {
            await dialogue.Peer.SendBytesAsync(unknown);
        }

        ulong sent = 0;
        while (sent < 80_000)
        {
            RawFrame frame = await dialogue.Peer.ExpectAsync(FrameType.Ack);
            Assert.True(frame.LongNumber > sent);
            sent = frame.LongNumber;
        }

        await dialogue.Peer.ExpectSilenceAsync();
    }

    [Theory]
    [InlineData(1024, false)]
    [InlineData(1025, true)]
    public async Task As_many_answers_wait_for_a_peer_as_the_option_says(int pings, bool tooMany)
    {
        await using Dialogue beside = await Dialogue.StartAsync();
        await using Dialogue dialogue = await Dialogue.StartAsync(
            capacity: 16, options: new SocketRestOptions { MaxQueuedControlFrames = 1024, HeartbeatInterval = Timeout.InfiniteTimeSpan });

        // The first answer goes to the socket, which takes no more after it.
        await dialogue.Peer.SendPingAsync(1);
        await Patience.UntilAsync(() => dialogue.Connection.Sender.MessageUnderWay != 0);
        await dialogue.Peer.SendBytesAsync([.. Enumerable.Repeat(Frames.Ping(2), pings).SelectMany(frame => frame)]);
        if (tooMany)
        {
            await Patience.UntilAsync(() => dialogue.Connection.IsEnded);
            dialogue.Peer.Vanish();
            await dialogue.ExpectFailureAsync(SocketRestErrorCode.EnhanceYourCalm);
        }
        else
        {
            for (int i = 0; i <= pings; i++)
            {
                await dialogue.Peer.ExpectAsync(FrameType.Ping);
            }

            await dialogue.Peer.ExpectSilenceAsync();
        }

        await beside.Peer.ExpectSilenceAsync();
    }

    [Fact]
    public async Task This_side_waits_for_as_many_answers_to_its_PINGs_as_the_option_says()
    {
        await using Dialogue dialogue = await Dialogue.StartAsync(options: new SocketRestOptions { MaxUnansweredPings = 3 });
        Task<TimeSpan>[] pings = [.. Enumerable.Range(0, 3).Select(_ => dialogue.Connection.Pings.PingAsync(default, CancellationToken.None))];
        SocketRestException failure = await Assert.ThrowsAsync<SocketRestException>(
            () => dialogue.Connection.Pings.PingAsync(default, CancellationToken.None).Soon());
        Assert.Equal(SocketRestErrorCode.EnhanceYourCalm, failure.ErrorCode);
        Assert.Contains("MaxUnansweredPings", failure.Message, StringComparison.Ordinal);

        RawFrame first = await dialogue.Peer.ExpectAsync(FrameType.Ping);
        await dialogue.Peer.SendPingAsync(first.LongNumber, answer: true);
        await Task.WhenAny(pings).Soon();
        Task<TimeSpan> another = dialogue.Connection.Pings.PingAsync(default, CancellationToken.None);
        for (ulong number = 2; number <= 4; number++)
        {
            Assert.Equal(number, (await dialogue.Peer.ExpectAsync(FrameType.Ping)).LongNumber);
            await dialogue.Peer.SendPingAsync(number, answer: true);
        }

        await Task.WhenAll([.. pings, another]).Soon();
    }
}
