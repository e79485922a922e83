using SocketRest.Multiplexing;
using SocketRest.Protocol;
using SocketRest.Tests.Dialogues;

namespace SocketRest.Tests.Multiplexing;

/// <summary>The side that ends a connection says why, and stays until the other has read it.</summary>
public sealed class FarewellTests
{
    private static readonly byte[] s_skipped = Frames.Frame((FrameType)0x70, FrameFlags.None, 0, new byte[60_000]);

    [Fact]
    public async Task A_side_that_is_still_sending_learns_why_the_other_ended_the_connection()
    {
        await using Tunnel tunnel = await Tunnel.StartAsync(new ManualServer(), window: 1 << 20, overTcp: true);
        using HttpClient client = tunnel.CreateClient();
        using var content = new ByteArrayContent(new byte[1 << 20]);
        Task<HttpResponseMessage>[] uploads = [.. Enumerable.Range(0, 12).Select(_ => client.PostAsync("", content))];

        tunnel.Ends[0].Sender.QueueWindow(0, 1);

        foreach (TunnelConnection end in tunnel.Ends)
        {
            SocketRestException reason = await Assert.ThrowsAsync<SocketRestException>(() => end.Completion.Soon());
            Assert.Equal(SocketRestErrorCode.ProtocolError, reason.ErrorCode);
        }

        foreach (Task<HttpResponseMessage> upload in uploads)
        {
            HttpRequestException failure = await Assert.ThrowsAsync<HttpRequestException>(() => upload.Soon());
            var reason = Assert.IsType<SocketRestException>(failure.InnerException);

            // Which of the heads still came before the frame that broke the protocol is the sender's affair.
            Assert.Equal(
                reason.Outcome == RequestOutcome.NotSent ? SocketRestErrorCode.RefusedStream : SocketRestErrorCode.ProtocolError,
                reason.ErrorCode);
        }
    }

    [Fact]
    public async Task A_peer_that_is_still_sending_when_this_side_closes_reads_so()
    {
        await using Dialogue dialogue = await Dialogue.StartAsync(overTcp: true);
        Task closing = dialogue.Connection.CloseAsync();
        for (int i = 0; i < 150; i++)
        {
            await dialogue.Peer.SendBytesAsync(s_skipped);
        }

        await dialogue.Peer.ExpectEndAsync(SocketRestErrorCode.None);
        await closing.Soon();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task The_last_words_name_the_last_request_that_was_dispatched(bool error)
    {
        await using Dialogue dialogue = await Dialogue.StartAsync();
        await dialogue.Peer.SendRequestAsync(1);
        await dialogue.Peer.SendRequestAsync(3);
        await dialogue.Server.NextCallAsync();
        await dialogue.Server.NextCallAsync();
        Task closing = error ? dialogue.Peer.SendWindowAsync(0, 1) : dialogue.Connection.CloseAsync();

        RawFrame goAway = await dialogue.Peer.ExpectEndAsync(error ? SocketRestErrorCode.ProtocolError : SocketRestErrorCode.None);

        Assert.Equal(3u, goAway.Number);
        await closing.Soon();
    }

    [Fact]
    public async Task A_peer_that_does_not_close_is_waited_for_until_the_farewell_times_out()
    {
        var time = new FakeTime();
        await using Dialogue dialogue = await Dialogue.StartAsync(options: new SocketRestOptions { TimeProvider = time, HeartbeatInterval = Timeout.InfiniteTimeSpan });
        await dialogue.Peer.SendWindowAsync(0, 1);
        await dialogue.Peer.ExpectGoAwayAsync(SocketRestErrorCode.ProtocolError);
        await dialogue.Peer.ExpectCloseAsync();
        await Patience.UntilAsync(() => time.Armed > 0);
        Assert.False(dialogue.Connection.Completion.IsCompleted);

        // The timer may be that of the close frame: then the one for the peer comes after it.
        await Patience.UntilAsync(() =>
        {
            time.Advance(TimeSpan.FromSeconds(2));
            return dialogue.Connection.Completion.IsCompleted;
        });
        await dialogue.ExpectFailureAsync(SocketRestErrorCode.ProtocolError);
    }

    [Fact]
    public async Task A_message_that_cannot_be_put_together_ends_the_connection_and_the_peer_is_told()
    {
        await using Dialogue dialogue = await Dialogue.StartAsync();
        dialogue.Connection.Sender.QueuePing(new byte[200_000], answer: false);
        RawFrame last = await dialogue.Peer.ExpectEndAsync(SocketRestErrorCode.InternalError);
        Assert.StartsWith("A message could not be put together", last.Sentence, StringComparison.Ordinal);
        await dialogue.ExpectFailureAsync(SocketRestErrorCode.InternalError);
    }

    [Fact]
    public async Task A_peer_that_sends_without_end_is_cut_off()
    {
        await using Dialogue dialogue = await Dialogue.StartAsync(options: new SocketRestOptions { TimeProvider = new FakeTime() });
        await dialogue.Peer.SendWindowAsync(0, 1);
        int sent = 0;
        while (!dialogue.Connection.Completion.IsCompleted && sent < 64_000_000)
        {
            await dialogue.Peer.SendBytesAsync(s_skipped);
            sent += s_skipped.Length;
        }

        Assert.True(dialogue.Connection.Completion.IsCompleted, "All of it was read.");
        await dialogue.ExpectFailureAsync(SocketRestErrorCode.ProtocolError);
    }
}
