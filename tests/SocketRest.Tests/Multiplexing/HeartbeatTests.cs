using System.Net.WebSockets;
using SocketRest.Multiplexing;
using SocketRest.Protocol;
using SocketRest.Tests.Dialogues;
using SocketRest.Transport;

namespace SocketRest.Tests.Multiplexing;

/// <summary>When a peer is taken for dead, and when not: by the default times, 15 seconds until the PING and 15 after it.</summary>
public sealed class HeartbeatTests
{
    private static readonly TimeSpan s_interval = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan s_timeout = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan s_instant = TimeSpan.FromMilliseconds(1);

    private readonly FakeTime _time = new();

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_peer_that_falls_silent_is_asked_and_then_dead(bool peerDials)
    {
        await using Dialogue dialogue = await StartAsync(peerDials);
        await AdvanceAsync(dialogue, s_interval - s_instant);
        await dialogue.QuietAsync();
        Assert.Equal(0, dialogue.Connection.Sender.Messages);
        await AdvanceAsync(dialogue, s_instant);
        await dialogue.Peer.ExpectAsync(FrameType.Ping);
        await AdvanceAsync(dialogue, s_timeout - s_instant);
        Assert.False(dialogue.Connection.IsEnded);
        _time.Advance(s_instant);
        SocketRestException reason = await dialogue.ExpectFailureAsync(SocketRestErrorCode.HeartbeatTimeout);
        Assert.Contains("for 30 s", reason.Message, StringComparison.Ordinal);
        await dialogue.Peer.ExpectCloseAsync();
    }

    [Fact]
    public async Task A_peer_that_answers_lives_also_while_the_application_reads_nothing()
    {
        await using Dialogue dialogue = await StartAsync(peerDials: true);
        await dialogue.Peer.SendRequestAsync(1, endStream: false, method: "POST");
        ServedCall call = await dialogue.Server.NextCallAsync();
        await dialogue.Peer.SendBodyAsync(1, new byte[64 * 1024], endStream: false);
        await dialogue.Peer.ExpectSilenceAsync();
        for (int i = 0; i < 10; i++)
        {
            await AdvanceAsync(dialogue, s_interval);
            RawFrame ping = await dialogue.Peer.ExpectAsync(FrameType.Ping);
            await AdvanceAsync(dialogue, s_instant);
            await dialogue.Peer.SendPingAsync(ping.LongNumber, answer: true);
            await AdvanceAsync(dialogue, s_timeout - s_instant);
        }

        Assert.False(dialogue.Connection.IsEnded);
        await AdvanceAsync(dialogue, s_interval);
        await AdvanceAsync(dialogue, s_timeout);
        await dialogue.ExpectFailureAsync(SocketRestErrorCode.HeartbeatTimeout);
        Assert.Equal(SocketRestErrorCode.HeartbeatTimeout, (await call.Aborted.Soon()).ErrorCode);
        call.Release();
    }

    [Fact]
    public async Task A_byte_a_second_is_life_and_is_answered_with_a_sign_of_it()
    {
        await using Dialogue dialogue = await StartAsync();
        byte[] frame = Frames.Frame((FrameType)0x60, FrameFlags.None, 0, new byte[112]);
        Assert.Equal(120, frame.Length);
        foreach (byte part in frame)
        {
            await AdvanceAsync(dialogue, TimeSpan.FromSeconds(1));
            await dialogue.Peer.SendBytesAsync(part);
        }

        await dialogue.QuietAsync();
        Assert.False(dialogue.Connection.IsEnded);
        for (int i = 0; i < 7; i++)
        {
            await dialogue.Peer.ExpectAsync(FrameType.Ping);
        }

        await AdvanceAsync(dialogue, s_interval);
        await AdvanceAsync(dialogue, s_timeout);
        await dialogue.ExpectFailureAsync(SocketRestErrorCode.HeartbeatTimeout);
    }

    [Fact]
    public async Task An_end_that_sends_and_receives_sends_no_PING()
    {
        await using Dialogue dialogue = await StartAsync();
        for (int i = 0; i < 20; i++)
        {
            await AdvanceAsync(dialogue, TimeSpan.FromSeconds(5));
            await dialogue.Peer.ExpectSilenceAsync();
        }
    }

    [Fact]
    public async Task A_peer_that_stops_reading_is_dead_and_what_waited_was_not_sent()
    {
        await using Dialogue dialogue = await StartAsync(capacity: 8 * 1024);
        TunnelStream sent = await dialogue.AskAsync();
        await dialogue.Peer.ExpectHeadersAsync(1);
        await StallAsync(dialogue, 3);
        TunnelStream late = await dialogue.AskAsync();
        _time.Advance(s_interval);
        _time.Advance(s_timeout);
        SocketRestException reason = await dialogue.ExpectFailureAsync(SocketRestErrorCode.HeartbeatTimeout);
        Assert.Contains("took nothing for 15 s", reason.Message, StringComparison.Ordinal);
        await ExpectOutcomeAsync(sent, RequestOutcome.MaybeExecuted);
        await ExpectOutcomeAsync(late, RequestOutcome.NotSent);
    }

    [Fact]
    public async Task A_PING_that_waited_behind_a_message_that_was_taken_at_last_is_given_its_time()
    {
        await using Dialogue dialogue = await StartAsync(capacity: 8 * 1024);
        await StallAsync(dialogue, 1);
        _time.Advance(s_interval);
        for (int read = 0; read < 40_000;)
        {
            read += (await dialogue.Peer.ExpectDataAsync(1)).Payload.Length;
        }

        await dialogue.Peer.ExpectAsync(FrameType.Ping);
        await AdvanceAsync(dialogue, s_timeout);
        Assert.False(dialogue.Connection.IsEnded);
        await AdvanceAsync(dialogue, s_timeout);
        await dialogue.ExpectFailureAsync(SocketRestErrorCode.HeartbeatTimeout);
    }

    [Fact]
    public async Task A_peer_that_sends_and_takes_nothing_is_borne_for_minutes_only()
    {
        await using Dialogue dialogue = await StartAsync(capacity: 8 * 1024);
        await StallAsync(dialogue, 1);
        byte[] frame = Frames.Frame((FrameType)0x60, FrameFlags.None, 0);
        for (int seconds = 0; seconds < 295; seconds += 5)
        {
            _time.Advance(TimeSpan.FromSeconds(5));
            await dialogue.Peer.SendBytesAsync(frame);
            await dialogue.TakenInAsync();
        }

        Assert.False(dialogue.Connection.IsEnded);
        for (int seconds = 0; seconds < 30 && !dialogue.Connection.IsEnded; seconds += 5)
        {
            _time.Advance(TimeSpan.FromSeconds(5));
            await dialogue.Peer.SendBytesAsync(frame);
            await dialogue.TakenInAsync();
        }

        await dialogue.ExpectFailureAsync(SocketRestErrorCode.HeartbeatTimeout);
    }

    [Fact]
    public async Task A_time_in_which_this_side_did_not_run_is_no_silence_of_the_peer()
    {
        await using Dialogue dialogue = await StartAsync();
        await AdvanceAsync(dialogue, s_interval);
        await AdvanceAsync(dialogue, TimeSpan.FromHours(1));
        Assert.False(dialogue.Connection.IsEnded);
        await dialogue.Peer.ExpectAsync(FrameType.Ping);
        await dialogue.Peer.ExpectAsync(FrameType.Ping);
        await AdvanceAsync(dialogue, s_timeout);
        await dialogue.ExpectFailureAsync(SocketRestErrorCode.HeartbeatTimeout);
    }

    [Fact]
    public async Task Without_a_time_out_there_are_PINGs_alone()
    {
        await using Dialogue dialogue = await StartAsync(timeout: Timeout.InfiniteTimeSpan);
        for (int i = 0; i < 100; i++)
        {
            await AdvanceAsync(dialogue, s_interval);
        }

        for (int i = 0; i < 64; i++)
        {
            await dialogue.Peer.ExpectAsync(FrameType.Ping);
        }

        Assert.False(dialogue.Connection.IsEnded);
    }

    [Fact]
    public async Task What_is_found_of_a_socket_is_not_held_against_the_next_one()
    {
        await using var hub = new ResumingHub(new SocketRestOptions { TimeProvider = _time });
        (RawPeer peer, _) = await hub.DialAsync();
        await hub.Connection.Sender.WhenIdleAsync().Soon();
        _time.Advance(s_interval);
        await peer.ExpectAsync(FrameType.Ping);
        await hub.Connection.Sender.WhenIdleAsync().Soon();
        (WebSocket dialling, WebSocket accepting) = SocketPair.Create();
        using (dialling)
        using (accepting)
        {
            // The peer is back while its old socket is being given up: after the last look at what was heard, and before anything comes of it.
            _time.AtNextMeasure = () =>
            {
                _ = hub.Connection.LeaveLinkAsync(new SocketRestException(SocketRestErrorCode.ConnectionLost, "The other end came back over another socket."));
                Assert.True(hub.Connection.TryAttach(new Link(new WebSocketTransport(accepting)), 0, begin: null));
            };
            _time.Advance(s_timeout);

            Assert.False(hub.Connection.IsInterrupted);
            var back = new RawPeer(dialling, peer);
            await back.ExpectAsync(FrameType.Ping);
            await back.ExpectSilenceAsync();

            // It is watched like any other.
            await hub.Connection.Sender.WhenIdleAsync().Soon();
            _time.Advance(s_interval);
            await back.ExpectAsync(FrameType.Ping);
            await hub.Connection.Sender.WhenIdleAsync().Soon();
            _time.Advance(s_timeout);
            Assert.True(hub.Connection.IsInterrupted);
        }
    }

    [Fact]
    public async Task There_is_no_timer_without_a_heartbeat_and_none_after_the_end()
    {
        await using (Dialogue silent = await Dialogue.StartAsync(options: new SocketRestOptions { TimeProvider = _time, HeartbeatInterval = Timeout.InfiniteTimeSpan }))
        {
            Assert.Equal(0, _time.Armed);
            _time.Advance(TimeSpan.FromDays(1));
            Assert.False(silent.Connection.IsEnded);
        }

        await using Dialogue dialogue = await StartAsync();
        Assert.Equal(1, _time.Armed);
        dialogue.Peer.Vanish();
        await dialogue.ExpectFailureAsync(SocketRestErrorCode.ConnectionLost);
        Assert.Equal(0, _time.Armed);
    }

    private Task<Dialogue> StartAsync(bool peerDials = false, int capacity = SocketPair.Capacity, TimeSpan? timeout = null) => Dialogue.StartAsync(
        peerDials,
        new SocketRestOptions { TimeProvider = _time, HeartbeatTimeout = timeout ?? s_timeout },
        capacity: capacity);

    /// <summary>
    /// Lets time go by for a connection on which nothing happens meanwhile. A thread that is held up in the middle of a receive or a send would be, by this clock, a
    /// peer that is heard, or a socket that takes nothing, for as long.
    /// </summary>
    private async Task AdvanceAsync(Dialogue dialogue, TimeSpan time)
    {
        await dialogue.QuietAsync();
        _time.Advance(time);
    }

    /// <summary>A message is on its way that the socket does not take whole.</summary>
    private static async Task StallAsync(Dialogue dialogue, uint streamId)
    {
        TunnelStream upload = await dialogue.AskAsync(endStream: false);
        await dialogue.Peer.ExpectHeadersAsync(streamId);
        long before = dialogue.Connection.Sender.Messages;
        upload.GetSpan(40_000)[..40_000].Clear();
        upload.Advance(40_000);
        _ = upload.FlushAsync(SendUrgency.Pool, CancellationToken.None).AsTask();
        await Patience.UntilAsync(() => dialogue.Connection.Sender.MessageUnderWay == before + 1);
    }

    private static async Task ExpectOutcomeAsync(TunnelStream stream, RequestOutcome outcome)
    {
        SocketRestException failure = await Assert.ThrowsAsync<SocketRestException>(() => stream.WaitForHeadAsync().Soon());
        Assert.Equal(SocketRestErrorCode.HeartbeatTimeout, failure.ErrorCode);
        Assert.Equal(outcome, failure.Outcome);
    }
}
