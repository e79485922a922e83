using SocketRest.Multiplexing;
using SocketRest.Protocol;
using SocketRest.Tests.Dialogues;

namespace SocketRest.Tests.Multiplexing;

/// <summary>Who may come back to a connection, and when: the accepting side's part, with a peer played by hand.</summary>
public sealed class ResumeGateTests
{
    [Fact]
    public async Task Both_secrets_are_good_until_READY_and_then_only_the_new_one()
    {
        await using var hub = new ResumingHub();
        (RawPeer peer, WelcomeMessage first) = await hub.DialAsync();

        // Three times the WELCOME is lost, or what is said to it.
        (RawPeer lost, _) = hub.Open(peer);
        await lost.AskToGoOnAsync(first.Token!, 1);
        string never = RawPeer.Parse(await lost.ExpectAsync(FrameType.Welcome), HandshakeJson.Default.WelcomeMessage).Token!;
        lost.Vanish();
        (lost, _) = hub.Open(peer);
        await lost.AskToGoOnAsync(never, 2);
        string newer = RawPeer.Parse(await lost.ExpectAsync(FrameType.Welcome), HandshakeJson.Default.WelcomeMessage).Token!;
        lost.Vanish();
        (lost, _) = hub.Open(peer);
        await lost.AskToGoOnAsync(never, 3);
        string newest = RawPeer.Parse(await lost.ExpectAsync(FrameType.Welcome), HandshakeJson.Default.WelcomeMessage).Token!;
        lost.Vanish();
        await ExpectRefusedAsync(hub, peer, newer, 4);

        (peer, WelcomeMessage last) = await hub.GoOnAsync(peer, newest, 4);
        await peer.ExpectSilenceAsync();

        string[] all = [first.Token!, never, newer, newest, last.Token!];
        Assert.Equal(all.Length, all.Distinct().Count());
        Assert.All(all, token => Assert.True(token.Length >= 32, "Less than 128 bits."));
        foreach (string token in all[..^1])
        {
            await ExpectRefusedAsync(hub, peer, token, 5);
        }

        await peer.ExpectSilenceAsync();
        (peer, _) = await hub.GoOnAsync(peer, last.Token!, 5);
        await peer.ExpectSilenceAsync();
    }

    [Fact]
    public async Task Attempt_that_is_not_newer_is_refused()
    {
        await using var hub = new ResumingHub();
        (RawPeer peer, WelcomeMessage welcome) = await hub.DialAsync();
        (peer, welcome) = await hub.GoOnAsync(peer, welcome.Token!, 7);

        await ExpectRefusedAsync(hub, peer, welcome.Token!, 7);
        await ExpectRefusedAsync(hub, peer, welcome.Token!, 3);

        await peer.ExpectSilenceAsync();
        await hub.GoOnAsync(peer, welcome.Token!, 8);
    }

    [Fact]
    public async Task Refusal_does_not_tell_what_was_wrong_and_harms_nothing()
    {
        await using var hub = new ResumingHub();
        (RawPeer peer, WelcomeMessage welcome) = await hub.DialAsync();

        var sentences = new HashSet<string>
        {
            await ExpectRefusedAsync(hub, peer, new string('0', welcome.Token!.Length), 1),
            await ExpectRefusedAsync(hub, peer, "", 1),
            await ExpectRefusedAsync(hub, peer, welcome.Token![1..], 1),
            await ExpectRefusedAsync(hub, peer, welcome.Token!, 0),
        };
        hub.IsSame = () => false;
        sentences.Add(await ExpectRefusedAsync(hub, peer, welcome.Token!, 1));

        Assert.Single(sentences);
        await peer.ExpectSilenceAsync();
    }

    [Fact]
    public async Task Socket_whose_handshake_is_not_over_gives_way_to_its_successor()
    {
        await using var hub = new ResumingHub();
        (RawPeer first, Task<TunnelConnection> accepting) = hub.Open();
        await first.SendBytesAsync(RawPeer.Hello(new WireSettings()));
        WelcomeMessage welcome = RawPeer.Parse(await first.ExpectAsync(FrameType.Welcome), HandshakeJson.Default.WelcomeMessage);

        (RawPeer second, WelcomeMessage resumed) = await hub.GoOnAsync(first, welcome.Token!);
        await Assert.ThrowsAsync<SocketRestException>(() => accepting.Soon());

        // Its READY is late, and must not bring a second reader.
        await first.SendBytesAsync(Frames.Json(FrameType.Ready, "{}"));
        await first.ExpectCloseAsync();
        await second.SendRequestAsync(1);
        (await hub.Server.NextCallAsync()).Respond();
        await second.ExpectHeadersAsync(1);
        Assert.Equal((0ul, 0), (resumed.Received, hub.Server.Waiting));
    }

    [Fact]
    public async Task Two_attempts_at_once_are_one_after_the_other_and_the_newest_stays()
    {
        await using var hub = new ResumingHub();
        (RawPeer peer, WelcomeMessage welcome) = await hub.DialAsync();
        (RawPeer slow, Task<TunnelConnection> accepting) = hub.Open(peer);
        await slow.AskToGoOnAsync(welcome.Token!, 1);
        await slow.ExpectAsync(FrameType.Welcome);

        (RawPeer quick, WelcomeMessage resumed) = await hub.GoOnAsync(peer, welcome.Token!, 2);

        await Assert.ThrowsAsync<SocketRestException>(() => accepting.Soon());
        await slow.ExpectCloseAsync();
        await quick.SendRequestAsync(1);
        (await hub.Server.NextCallAsync()).Respond();
        await quick.ExpectHeadersAsync(1);
        Assert.Equal(0ul, resumed.Received);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(1_000_000)]
    public async Task Count_that_was_never_sent_ends_the_connection(ulong more)
    {
        await using var hub = new ResumingHub();
        (RawPeer peer, WelcomeMessage welcome) = await hub.DialAsync();
        await peer.SendRequestAsync(1);
        (await hub.Server.NextCallAsync()).Respond();
        await peer.ExpectHeadersAsync(1);

        RefuseMessage refusal = await ExpectRefusalAsync(hub, peer, welcome.Token!, 1, peer.Counted + more);

        Assert.Equal(1u, refusal.LastStream);
        SocketRestException end = await Assert.ThrowsAsync<SocketRestException>(() => hub.Connection.Completion.Soon());
        Assert.Equal(SocketRestErrorCode.ResumeFailed, end.ErrorCode);
    }

    [Fact]
    public async Task Count_below_what_was_acknowledged_ends_the_connection()
    {
        await using var hub = new ResumingHub();
        (RawPeer peer, WelcomeMessage welcome) = await hub.DialAsync();
        await peer.SendRequestAsync(1);
        (await hub.Server.NextCallAsync()).Respond();
        await peer.ExpectHeadersAsync(1);
        await peer.SendAckAsync(peer.Counted);
        await peer.SendPingAsync(1);
        await peer.ExpectAsync(FrameType.Ping);

        RefuseMessage refusal = await ExpectRefusalAsync(hub, peer, welcome.Token!, 1, peer.Counted - 1);

        Assert.Equal(1u, refusal.LastStream);
        SocketRestException end = await Assert.ThrowsAsync<SocketRestException>(() => hub.Connection.Completion.Soon());
        Assert.Equal(SocketRestErrorCode.ResumeFailed, end.ErrorCode);
    }

    [Fact]
    public async Task Peer_that_comes_back_to_a_connection_that_has_ended_hears_what_of_its_requests_was_dispatched()
    {
        await using var hub = new ResumingHub();
        (RawPeer peer, WelcomeMessage welcome) = await hub.DialAsync();
        await peer.SendBytesAsync([.. peer.Request(1), .. peer.Request(3), .. peer.Request(5)[..^1]]);
        (await hub.Server.NextCallAsync()).Release();
        (await hub.Server.NextCallAsync()).Release();
        peer.Vanish();
        await Patience.UntilAsync(() => hub.Connection.IsInterrupted);
        await hub.Connection.CloseAsync().Soon();

        Assert.Equal(3u, (await ExpectRefusalAsync(hub, peer, welcome.Token!, 1)).LastStream);
        Assert.Null((await ExpectRefusalAsync(hub, peer, "a guess", 2)).LastStream);
    }

    [Fact]
    public async Task Connection_that_is_closed_while_its_peer_comes_back_is_not_gone_on_with()
    {
        await using var hub = new ResumingHub();
        (RawPeer peer, WelcomeMessage welcome) = await hub.DialAsync();
        await peer.SendRequestAsync(1);
        (await hub.Server.NextCallAsync()).Release();
        peer.Vanish();
        (RawPeer back, Task<TunnelConnection> accepting) = hub.Open(peer);
        await back.AskToGoOnAsync(welcome.Token!, 1);
        string token = RawPeer.Parse(await back.ExpectAsync(FrameType.Welcome), HandshakeJson.Default.WelcomeMessage).Token!;

        await hub.Connection.CloseAsync().Soon();
        await back.SendBytesAsync(Frames.Json(FrameType.Ready, "{}"));

        SocketRestException failure = await Assert.ThrowsAsync<SocketRestException>(() => accepting.Soon());
        Assert.Equal(SocketRestErrorCode.ConnectionClosed, failure.ErrorCode);
        await back.ExpectCloseAsync();
        Assert.Equal(1u, (await ExpectRefusalAsync(hub, back, token, 2)).LastStream);
    }

    [Fact]
    public async Task Connection_that_is_drained_while_its_peer_comes_back_tells_it_so()
    {
        await using var hub = new ResumingHub();
        (RawPeer peer, WelcomeMessage welcome) = await hub.DialAsync();
        peer.Vanish();
        (RawPeer back, Task<TunnelConnection> accepting) = hub.Open(peer);
        await back.AskToGoOnAsync(welcome.Token!, 1);
        await back.ExpectAsync(FrameType.Welcome);

        Task drained = hub.Connection.DrainAsync(CancellationToken.None);
        await back.SendBytesAsync(Frames.Json(FrameType.Ready, "{}"));
        await accepting.Soon();

        await back.ExpectGoAwayAsync(SocketRestErrorCode.Draining);
        Assert.False(drained.IsCompleted);
        await back.AnswerGoAwayAsync();
        await back.ExpectEndAsync(SocketRestErrorCode.None);
        await drained.Soon();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task WELCOME_that_the_peer_refuses_ends_the_connection_at_once(bool resumed)
    {
        await using var hub = new ResumingHub();
        (RawPeer peer, Task<TunnelConnection> accepting) = hub.Open();
        await peer.SendBytesAsync(RawPeer.Hello(new WireSettings()));
        WelcomeMessage welcome = RawPeer.Parse(await peer.ExpectAsync(FrameType.Welcome), HandshakeJson.Default.WelcomeMessage);
        if (resumed)
        {
            await peer.SendBytesAsync(Frames.Json(FrameType.Ready, "{}"));
            await accepting.Soon();
            peer.Vanish();
            (peer, accepting) = hub.Open(peer);
            await peer.AskToGoOnAsync(welcome.Token!, 1);
            await peer.ExpectAsync(FrameType.Welcome);
        }

        await peer.SendBytesAsync(Frames.Json(FrameType.Refuse, """{"code":20,"message":"That is not where it was."}"""));

        await EndsAsync(() => hub.Connection.Completion);
        await peer.CloseAsync();
        await EndsAsync(() => accepting);

        static async Task EndsAsync(Func<Task> end)
        {
            SocketRestException failure = await Assert.ThrowsAsync<SocketRestException>(() => end().Soon());
            Assert.Equal(SocketRestErrorCode.ResumeFailed, failure.ErrorCode);
            Assert.Contains("That is not where it was.", failure.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Grace_begins_when_the_first_handshake_is_lost_and_not_before()
    {
        var time = new FakeTime();
        await using var hub = new ResumingHub(new SocketRestOptions { TimeProvider = time, ResumeGrace = TimeSpan.FromSeconds(1), HeartbeatInterval = Timeout.InfiniteTimeSpan });
        (RawPeer peer, Task<TunnelConnection> accepting) = hub.Open();
        await peer.SendBytesAsync(RawPeer.Hello(new WireSettings()));
        await peer.ExpectAsync(FrameType.Welcome);

        time.Advance(TimeSpan.FromSeconds(5));
        await peer.SendBytesAsync(Frames.Json(FrameType.Ready, "{}"));

        Assert.Same(hub.Connection, await accepting.Soon());
        await peer.SendPingAsync(1);
        await peer.ExpectAsync(FrameType.Ping);
    }

    [Fact]
    public async Task Peer_whose_READY_was_lost_comes_back_within_the_grace()
    {
        var time = new FakeTime();
        await using var hub = new ResumingHub(new SocketRestOptions { TimeProvider = time, HeartbeatInterval = Timeout.InfiniteTimeSpan });
        (RawPeer peer, Task<TunnelConnection> accepting) = hub.Open();
        await peer.SendBytesAsync(RawPeer.Hello(new WireSettings()));
        WelcomeMessage welcome = RawPeer.Parse(await peer.ExpectAsync(FrameType.Welcome), HandshakeJson.Default.WelcomeMessage);
        peer.Vanish();
        await Assert.ThrowsAsync<SocketRestException>(() => accepting.Soon());

        time.Advance(TimeSpan.FromSeconds(29));
        (peer, _) = await hub.GoOnAsync(peer, welcome.Token!);
        time.Advance(TimeSpan.FromSeconds(29));
        await peer.SendPingAsync(1);
        await peer.ExpectAsync(FrameType.Ping);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task Peer_that_is_back_before_the_grace_is_over_finishes_its_handshake(int attempts)
    {
        var time = new FakeTime();
        await using var hub = new ResumingHub(new SocketRestOptions { TimeProvider = time, HeartbeatInterval = Timeout.InfiniteTimeSpan });
        (RawPeer peer, WelcomeMessage welcome) = await hub.DialAsync();
        peer.Vanish();
        await Patience.UntilAsync(() => time.Next == TimeSpan.FromSeconds(30));
        time.Advance(TimeSpan.FromSeconds(29));
        (RawPeer back, Task<TunnelConnection> accepting) = hub.Open(peer);
        await back.AskToGoOnAsync(welcome.Token!, 1);
        await back.ExpectAsync(FrameType.Welcome);

        time.Advance(TimeSpan.FromSeconds(2));
        if (attempts == 2)
        {
            // Also with the next attempt, where the first one comes to nothing while that is here.
            Task<TunnelConnection> first = accepting;
            (back, accepting) = hub.Open(peer);
            await back.AskToGoOnAsync(welcome.Token!, 2);
            await back.ExpectAsync(FrameType.Welcome);
            await Assert.ThrowsAsync<SocketRestException>(() => first.Soon());
        }

        Assert.False(hub.Connection.IsEnded);
        await back.SendBytesAsync(Frames.Json(FrameType.Ready, "{}"));

        Assert.Same(hub.Connection, await accepting.Soon());
        await back.SendPingAsync(1);
        await back.ExpectAsync(FrameType.Ping);

        // And has the whole grace the next time.
        back.Vanish();
        await Patience.UntilAsync(() => time.Next == TimeSpan.FromSeconds(30));
        time.Advance(TimeSpan.FromSeconds(30) - TimeSpan.FromMilliseconds(1));
        Assert.False(hub.Connection.IsEnded);
        time.Advance(TimeSpan.FromMilliseconds(1));
        Assert.True(hub.Connection.IsEnded);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Handshake_that_fails_after_the_grace_ends_the_connection_and_one_that_fails_before_does_not(bool after)
    {
        var time = new FakeTime();
        await using var hub = new ResumingHub(new SocketRestOptions { TimeProvider = time, HeartbeatInterval = Timeout.InfiniteTimeSpan });
        (RawPeer peer, WelcomeMessage welcome) = await hub.DialAsync();
        peer.Vanish();
        await Patience.UntilAsync(() => time.Next == TimeSpan.FromSeconds(30));
        time.Advance(TimeSpan.FromSeconds(20));
        (RawPeer back, Task<TunnelConnection> accepting) = hub.Open(peer);
        await back.AskToGoOnAsync(welcome.Token!, 1);
        await back.ExpectAsync(FrameType.Welcome);
        time.Advance(TimeSpan.FromSeconds(after ? 10 : 9));

        back.Vanish();
        await Assert.ThrowsAsync<SocketRestException>(() => accepting.Soon());

        if (!after)
        {
            Assert.False(hub.Connection.IsEnded);
            time.Advance(TimeSpan.FromSeconds(1));
        }

        SocketRestException end = await Assert.ThrowsAsync<SocketRestException>(() => hub.Connection.Completion.Soon());
        Assert.Equal(SocketRestErrorCode.ConnectionLost, end.ErrorCode);
        Assert.Contains("not resumed within 30 s", end.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Handshake_that_nobody_comes_back_to_leaves_nothing_behind()
    {
        var time = new FakeTime();
        await using var hub = new ResumingHub(new SocketRestOptions { TimeProvider = time });
        (RawPeer peer, Task<TunnelConnection> accepting) = hub.Open();
        await peer.SendBytesAsync(RawPeer.Hello(new WireSettings()));
        await peer.ExpectAsync(FrameType.Welcome);
        peer.Vanish();
        await Assert.ThrowsAsync<SocketRestException>(() => accepting.Soon());

        time.Advance(TimeSpan.FromSeconds(30));

        SocketRestException end = await Assert.ThrowsAsync<SocketRestException>(() => hub.Connection.Completion.Soon());
        Assert.Equal(SocketRestErrorCode.ConnectionLost, end.ErrorCode);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Either_end_switches_it_off(bool here)
    {
        await using var hub = new ResumingHub(here ? new SocketRestOptions { ResumeGrace = TimeSpan.Zero } : null);
        (RawPeer peer, Task<TunnelConnection> accepting) = hub.Open();
        WelcomeMessage welcome = await peer.DialAsync(new WireSettings { ReplayBuffer = here ? 1_048_576 : 0 });
        TunnelConnection connection = await accepting.Soon();
        Assert.Equal((null, 0L, 0), (welcome.Token, welcome.Grace, welcome.Settings.ReplayBuffer));

        peer.Vanish();

        SocketRestException end = await Assert.ThrowsAsync<SocketRestException>(() => connection.Completion.Soon());
        Assert.Equal(SocketRestErrorCode.ConnectionLost, end.ErrorCode);
    }

    private static async Task<string> ExpectRefusedAsync(ResumingHub hub, RawPeer before, string token, ulong attempt) =>
        (await ExpectRefusalAsync(hub, before, token, attempt)).Message;

    private static async Task<RefuseMessage> ExpectRefusalAsync(ResumingHub hub, RawPeer before, string token, ulong attempt, ulong? received = null)
    {
        (RawPeer peer, Task<TunnelConnection> accepting) = hub.Open(before);
        await peer.AskToGoOnAsync(token, attempt, received);
        RefuseMessage refusal = await peer.ExpectRefusalAsync(SocketRestErrorCode.ResumeFailed);
        await peer.ExpectCloseAsync();
        await peer.SendCloseAsync();
        await Assert.ThrowsAsync<SocketRestException>(() => accepting.Soon());
        return refusal;
    }
}
