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
            Assert.Equal(id, (uint)(await dialogue.Peer.ExpectAsync(SocketRest.Protocol.FrameType.Ping)).LongNumber);
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
}
