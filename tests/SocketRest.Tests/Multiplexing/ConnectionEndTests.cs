using SocketRest.Multiplexing;
using SocketRest.Tests.Dialogues;

namespace SocketRest.Tests.Multiplexing;

/// <summary>What a call learns when its connection ends under it, at each of its stages.</summary>
public sealed class ConnectionEndTests
{
    public enum Ending
    {
        Vanished,
        Closed,
        GoAway,
        Broken,
        OwnClose,
    }

    public static TheoryData<Ending, SocketRestErrorCode> Ends => new()
    {
        { Ending.Vanished, SocketRestErrorCode.ConnectionLost },
        { Ending.Closed, SocketRestErrorCode.ConnectionLost },
        { Ending.GoAway, SocketRestErrorCode.Replaced },
        { Ending.Broken, SocketRestErrorCode.ProtocolError },
        { Ending.OwnClose, SocketRestErrorCode.ConnectionClosed },
    };

    [Theory]
    [MemberData(nameof(Ends))]
    public async Task A_call_that_waits_for_a_stream_was_not_sent(Ending end, SocketRestErrorCode code)
    {
        await using Dialogue dialogue = await Dialogue.StartAsync(false, peerSettings: Dialogue.QuietSettings with { MaxStreams = 1 });
        await dialogue.AskAsync();
        Task<TunnelStream> waiting = dialogue.Connection.OpenStreamAsync(CancellationToken.None).AsTask();
        await EndAsync(dialogue, end);
        await ExpectAsync(() => waiting, code, RequestOutcome.NotSent);
        await ExpectAsync(() => dialogue.Connection.OpenStreamAsync(CancellationToken.None).AsTask(), code, RequestOutcome.NotSent);
    }

    [Theory]
    [MemberData(nameof(Ends))]
    public async Task A_call_whose_HEADERS_was_not_committed_was_not_sent(Ending end, SocketRestErrorCode code)
    {
        await using Dialogue dialogue = await Dialogue.StartAsync(false);
        TunnelStream stream = (await dialogue.Connection.OpenStreamAsync(CancellationToken.None).Soon()).WithHeadWaiter();
        await EndAsync(dialogue, end);
        await Patience.EndedAsync(dialogue.Connection.Completion);
        stream.Head.Add(":method", "GET");
        stream.SendHead(endStream: true, SendUrgency.Now);
        await ExpectAsync(() => stream.WaitForHeadAsync().AsTask(), code, RequestOutcome.NotSent);
        await dialogue.ExpectNothingLeftAsync();
    }

    [Theory]
    [MemberData(nameof(Ends))]
    public async Task A_call_whose_HEADERS_was_committed_may_have_been_executed(Ending end, SocketRestErrorCode code)
    {
        await using Dialogue dialogue = await Dialogue.StartAsync(false);
        TunnelStream stream = await dialogue.AskAsync();
        await dialogue.Peer.ExpectHeadersAsync(1);
        await EndAsync(dialogue, end);
        await ExpectAsync(() => stream.WaitForHeadAsync().AsTask(), code, RequestOutcome.MaybeExecuted);
        await dialogue.ExpectNothingLeftAsync();
    }

    [Theory]
    [MemberData(nameof(Ends))]
    public async Task A_call_whose_answer_had_begun_was_executed(Ending end, SocketRestErrorCode code)
    {
        await using Dialogue dialogue = await Dialogue.StartAsync(false);
        TunnelStream stream = await dialogue.AskAsync();
        await dialogue.Peer.ExpectHeadersAsync(1);
        await dialogue.Peer.SendResponseAsync(1, endStream: false);
        await stream.WaitForHeadAsync().Soon();
        await dialogue.Peer.SendDataAsync(1, [1, 2, 3]);
        await dialogue.Peer.ExpectSilenceAsync();
        await EndAsync(dialogue, end);
        await Patience.EndedAsync(dialogue.Connection.Completion);
        await ExpectAsync(() => stream.ReadAsync(CancellationToken.None).AsTask(), code, RequestOutcome.Executed);
        await dialogue.ExpectNothingLeftAsync();
    }

    [Theory]
    [MemberData(nameof(Ends))]
    public async Task An_answer_that_had_arrived_is_kept(Ending end, SocketRestErrorCode code)
    {
        Assert.NotEqual(SocketRestErrorCode.None, code);
        await using Dialogue dialogue = await Dialogue.StartAsync(false);
        using HttpClient client = dialogue.CreateClient();
        Task<HttpResponseMessage> asking = client.GetAsync("", HttpCompletionOption.ResponseHeadersRead);
        await dialogue.Peer.ExpectHeadersAsync(1);
        await dialogue.Peer.SendResponseAsync(1, endStream: false);
        await dialogue.Peer.SendDataAsync(1, [1, 2, 3], endStream: true);
        await dialogue.Peer.ExpectSilenceAsync();
        using HttpResponseMessage response = await asking.Soon();
        await EndAsync(dialogue, end);
        await Patience.EndedAsync(dialogue.Connection.Completion);
        Assert.Equal([1, 2, 3], await response.Content.ReadAsByteArrayAsync().Soon());
    }

    [Fact]
    public async Task GOAWAY_says_which_calls_were_not_sent_and_lets_the_others_finish()
    {
        await using Dialogue dialogue = await Dialogue.StartAsync(false);
        TunnelStream dispatched = await dialogue.AskAsync();
        await dialogue.Peer.ExpectHeadersAsync(1);
        TunnelStream late = await dialogue.AskAsync();
        await dialogue.Peer.ExpectHeadersAsync(3);
        await dialogue.Peer.SendGoAwayAsync(1, SocketRestErrorCode.Draining, "Update.");
        await ExpectAsync(() => late.WaitForHeadAsync().AsTask(), SocketRestErrorCode.RefusedStream, RequestOutcome.NotSent);
        SocketRestException closed = await ExpectAsync(
            () => dialogue.Connection.OpenStreamAsync(CancellationToken.None).AsTask(), SocketRestErrorCode.Draining, RequestOutcome.NotSent);
        Assert.Equal("Update.", closed.Message);
        Assert.False(dialogue.Connection.IsUsable);
        await dialogue.Peer.SendResponseAsync(1, endStream: true);
        await dispatched.WaitForHeadAsync().Soon();
        dispatched.Release();
        await dialogue.Peer.CloseAsync();
        await dialogue.Connection.Completion.Soon();
        await dialogue.ExpectNothingLeftAsync();
    }

    [Fact]
    public async Task A_drain_whose_wait_is_given_up_still_closes_the_connection_when_the_running_calls_have_ended()
    {
        await using Dialogue dialogue = await Dialogue.StartAsync();
        await dialogue.Peer.SendRequestAsync(1);
        ServedCall call = await dialogue.Server.NextCallAsync();
        using var giveUp = new CancellationTokenSource();
        Task drain = dialogue.Connection.DrainAsync(giveUp.Token);
        await dialogue.Peer.ExpectGoAwayAsync(SocketRestErrorCode.Draining);
        await giveUp.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => drain.Soon());
        call.Respond();
        await dialogue.Peer.ExpectHeadersAsync(1);
        await dialogue.Peer.AnswerGoAwayAsync();
        await dialogue.Peer.ExpectEndAsync(SocketRestErrorCode.None);
        await dialogue.Connection.Completion.Soon();
    }

    [Fact]
    public async Task A_PING_that_waits_fails_with_the_connection()
    {
        await using Dialogue dialogue = await Dialogue.StartAsync();
        Task<TimeSpan> ping = dialogue.Connection.Pings.PingAsync(default, CancellationToken.None);
        dialogue.Peer.Vanish();
        SocketRestException failure = await Assert.ThrowsAsync<SocketRestException>(() => ping.Soon());
        Assert.Equal(SocketRestErrorCode.ConnectionLost, failure.ErrorCode);
        await Assert.ThrowsAsync<SocketRestException>(() => dialogue.Connection.Pings.PingAsync(default, CancellationToken.None).Soon());
    }

    private static async Task EndAsync(Dialogue dialogue, Ending end)
    {
        switch (end)
        {
            case Ending.Vanished:
                dialogue.Peer.Vanish();
                break;
            case Ending.Closed:
                await dialogue.Peer.CloseAsync();
                break;
            case Ending.GoAway:
                await dialogue.Peer.SendGoAwayAsync(1, SocketRestErrorCode.Replaced);
                await dialogue.Peer.CloseAsync();
                break;
            case Ending.Broken:
                await dialogue.Peer.SendWindowAsync(0, 1);
                await dialogue.Peer.CloseAsync();
                break;
            default:
                Task closing = dialogue.Connection.CloseAsync();
                dialogue.Peer.Vanish();
                await closing.Soon();
                break;
        }

        await Patience.UntilAsync(() => !dialogue.Connection.IsUsable);
    }

    private static async Task<SocketRestException> ExpectAsync(Func<Task> call, SocketRestErrorCode code, RequestOutcome outcome)
    {
        SocketRestException failure = await Assert.ThrowsAsync<SocketRestException>(() => call().Soon());
        Assert.Equal(code, failure.ErrorCode);
        Assert.Equal(outcome, failure.Outcome);
        return failure;
    }
}
