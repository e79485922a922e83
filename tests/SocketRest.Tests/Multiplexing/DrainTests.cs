using SocketRest.Multiplexing;
using SocketRest.Protocol;
using SocketRest.Tests.Dialogues;

namespace SocketRest.Tests.Multiplexing;

/// <summary>Who asks for the end of a connection still takes what was opened by then; who is asked says when nothing is left.</summary>
public sealed class DrainTests
{
    private const uint Ahead = 1u << 30;

    private readonly FakeTime _time = new();

    [Fact]
    public async Task A_side_that_is_asked_lets_everything_finish_and_answers()
    {
        await using Dialogue dialogue = await Dialogue.StartAsync();
        TunnelStream own = await dialogue.AskAsync();
        await dialogue.Peer.ExpectHeadersAsync(2);
        await dialogue.Peer.SendRequestAsync(1);
        ServedCall call = await dialogue.Server.NextCallAsync();
        await dialogue.Peer.SendGoAwayAsync(Ahead, SocketRestErrorCode.Draining);
        await dialogue.Peer.ExpectSilenceAsync();
        Assert.False(dialogue.Connection.IsUsable);

        await FinishAsync(dialogue, own, 2);
        await dialogue.Peer.ExpectSilenceAsync();
        call.Respond();
        await dialogue.Peer.ExpectHeadersAsync(1);
        await dialogue.Peer.ExpectGoAwayAnswerAsync();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_request_that_runs_may_call_back_until_it_has_ended(bool own)
    {
        await using Dialogue dialogue = await Dialogue.StartAsync();
        await dialogue.Peer.SendRequestAsync(1);
        ServedCall call = await dialogue.Server.NextCallAsync();
        Task drained = Task.CompletedTask;
        if (own)
        {
            drained = dialogue.Connection.DrainAsync(CancellationToken.None);
            await dialogue.Peer.ExpectGoAwayAsync(SocketRestErrorCode.Draining);
        }
        else
        {
            await dialogue.Peer.SendGoAwayAsync(Ahead, SocketRestErrorCode.Draining);
            await dialogue.Peer.ExpectSilenceAsync();
        }

        TunnelStream back = await dialogue.AskAsync();
        await dialogue.Peer.ExpectHeadersAsync(2);
        call.Respond();
        await dialogue.Peer.ExpectHeadersAsync(1);
        await dialogue.Peer.ExpectSilenceAsync();
        SocketRestException refused = await Assert.ThrowsAsync<SocketRestException>(() => dialogue.AskAsync());
        Assert.Equal((SocketRestErrorCode.Draining, RequestOutcome.NotSent), (refused.ErrorCode, refused.Outcome));
        await FinishAsync(dialogue, back, 2);
        if (own)
        {
            await dialogue.Peer.AnswerGoAwayAsync();
            await dialogue.Peer.ExpectEndAsync(SocketRestErrorCode.None);
            await drained.Soon();
        }
        else
        {
            await dialogue.Peer.ExpectGoAwayAnswerAsync();
        }
    }

    [Fact]
    public async Task A_peer_that_never_answers_holds_an_idle_connection_for_ten_seconds()
    {
        await using Dialogue dialogue = await Dialogue.StartAsync(
            options: new SocketRestOptions { TimeProvider = _time, HeartbeatInterval = Timeout.InfiniteTimeSpan });
        Task drained = dialogue.Connection.DrainAsync(CancellationToken.None);
        await dialogue.Peer.ExpectGoAwayAsync(SocketRestErrorCode.Draining);
        _time.Advance(TimeSpan.FromSeconds(10) - TimeSpan.FromMilliseconds(1));
        await dialogue.Peer.ExpectSilenceAsync();
        _time.Advance(TimeSpan.FromMilliseconds(1));
        await dialogue.Peer.ExpectEndAsync(SocketRestErrorCode.None);
        await drained.Soon();
    }

    [Fact]
    public async Task Both_sides_may_ask()
    {
        await using Dialogue dialogue = await Dialogue.StartAsync();
        await dialogue.Peer.SendRequestAsync(1);
        ServedCall call = await dialogue.Server.NextCallAsync();
        Task drained = dialogue.Connection.DrainAsync(CancellationToken.None);
        await dialogue.Peer.ExpectGoAwayAsync(SocketRestErrorCode.Draining);
        await dialogue.Peer.SendGoAwayAsync(Ahead, SocketRestErrorCode.Draining);
        call.Respond();
        await dialogue.Peer.ExpectHeadersAsync(1);
        await dialogue.Peer.ExpectGoAwayAnswerAsync();
        await dialogue.Peer.AnswerGoAwayAsync();
        await dialogue.Peer.ExpectEndAsync(SocketRestErrorCode.None);
        await drained.Soon();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_side_that_owes_a_lost_peer_nothing_does_not_wait_for_it(bool lostFirst)
    {
        await using ResumingHub hub = Hub(serves: false);
        (RawPeer peer, WelcomeMessage welcome) = await hub.DialAsync();
        Task drained;
        if (lostFirst)
        {
            await LoseAsync(hub, peer);
            drained = hub.Connection.DrainAsync(CancellationToken.None);
        }
        else
        {
            drained = hub.Connection.DrainAsync(CancellationToken.None);
            await peer.ExpectGoAwayAsync(SocketRestErrorCode.Draining);
            peer.Vanish();
        }

        await drained.Soon();

        await hub.ExpectGoneAsync(peer, welcome.Token!);
    }

    [Theory]
    [InlineData("finished", false)]
    [InlineData("cancelled with its content on the way", false)]
    [InlineData("cancelled with its content on the way", true)]
    [InlineData("cancelled and never sent", false)]
    [InlineData("cancelled and never sent", true)]
    public async Task A_call_that_nobody_waits_for_any_more_is_nothing_that_a_lost_peer_is_owed(string call, bool drainedFirst)
    {
        await using ResumingHub hub = Hub(serves: false);
        (RawPeer peer, WelcomeMessage welcome) = await hub.DialAsync();
        using HttpClient client = hub.CreateClient();
        using var cancel = new CancellationTokenSource();
        Task<HttpResponseMessage>? called = null;
        if (call == "finished")
        {
            called = client.GetAsync("/");
            await peer.ExpectHeadersAsync(2);
            await peer.SendResponseAsync(2, endStream: true);
            (await called.Soon()).Dispose();
            await Patience.UntilAsync(() => hub.Connection.OpenStreams == 0);
        }
        else if (call != "cancelled and never sent")
        {
            called = client.PostAsync("/", new ByteArrayContent([1, 2, 3]), cancel.Token);
            await peer.ExpectHeadersAsync(2);
            await peer.ExpectDataAsync(2);
        }

        await LoseAsync(hub, peer);
        called ??= client.PostAsync("/", new ByteArrayContent([1, 2, 3]), cancel.Token);
        Task drained = drainedFirst ? hub.Connection.DrainAsync(CancellationToken.None) : Task.CompletedTask;
        if (call != "finished")
        {
            cancel.Cancel();
            await Assert.ThrowsAsync<TaskCanceledException>(() => called.Soon());
        }

        await (drainedFirst ? drained : hub.Connection.DrainAsync(CancellationToken.None)).Soon();

        await hub.ExpectGoneAsync(peer, welcome.Token!);
    }

    [Theory]
    [InlineData("serves")]
    [InlineData("runs")]
    [InlineData("may not have all of the content")]
    public async Task A_lost_peer_that_may_miss_something_is_waited_for(string what)
    {
        await using ResumingHub hub = Hub(serves: what == "serves");
        (RawPeer peer, WelcomeMessage welcome) = await hub.DialAsync();
        using HttpClient client = hub.CreateClient();
        Task<HttpResponseMessage>? call = what == "serves" ? null : client.PostAsync("/", new ByteArrayContent([1, 2, 3]));
        if (call is not null)
        {
            await peer.ExpectHeadersAsync(2);
            await peer.ExpectDataAsync(2);
        }

        if (what == "may not have all of the content")
        {
            await peer.SendResponseAsync(2, endStream: true);
            (await call!.Soon()).Dispose();
            await Patience.UntilAsync(() => hub.Connection.OpenStreams == 0);
        }

        await LoseAsync(hub, peer);
        Task drained = hub.Connection.DrainAsync(CancellationToken.None);
        _time.Advance(TimeSpan.FromSeconds(12));
        _time.Advance(TimeSpan.FromSeconds(12));
        Assert.False(drained.IsCompleted);

        (peer, _) = await hub.GoOnAsync(peer, welcome.Token!);
        await peer.ExpectGoAwayAsync(SocketRestErrorCode.Draining);
        if (what == "runs")
        {
            await peer.SendResponseAsync(2, endStream: true);
            (await call!.Soon()).Dispose();
        }

        await peer.AnswerGoAwayAsync();
        await peer.ExpectEndAsync(SocketRestErrorCode.None);
        await drained.Soon();
    }

    private ResumingHub Hub(bool serves) => new(new SocketRestOptions { TimeProvider = _time, HeartbeatInterval = Timeout.InfiniteTimeSpan }, serves);

    private static async Task LoseAsync(ResumingHub hub, RawPeer peer)
    {
        peer.Vanish();
        await Patience.UntilAsync(() => hub.Connection.IsInterrupted);
    }

    private static async Task FinishAsync(Dialogue dialogue, TunnelStream stream, uint id)
    {
        await dialogue.Peer.SendResponseAsync(id, endStream: true);
        await stream.WaitForHeadAsync().Soon();
        stream.Release();
    }
}
