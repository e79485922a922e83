using SocketRest.Multiplexing;
using SocketRest.Tests.Dialogues;

namespace SocketRest.Tests.Multiplexing;

/// <summary>A connection on which nothing runs ends in good order where the option says so.</summary>
public sealed class IdleLimitTests
{
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(80);
    private static readonly TimeSpan s_look = s_limit / 8;

    private readonly FakeTime _time = new();

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Idle_connection_ends_and_heartbeats_do_not_keep_it(bool peerDials)
    {
        await using Dialogue dialogue = await StartAsync(peerDials);
        for (int i = 1; i < 8; i++)
        {
            _time.Advance(s_look);
            await dialogue.Peer.ExpectSilenceAsync();
        }

        _time.Advance(s_look);

        await dialogue.Peer.ExpectGoAwayAsync(SocketRestErrorCode.IdleTimeout);
        await dialogue.Peer.AnswerGoAwayAsync();
        await dialogue.Peer.ExpectEndAsync(SocketRestErrorCode.None);
        await dialogue.Connection.Completion.Soon();
        Assert.Equal(SocketRestErrorCode.IdleTimeout, dialogue.Connection.EndReason!.ErrorCode);
        await Patience.UntilAsync(() => _time.Armed == 0);
    }

    [Fact]
    public async Task Request_begins_the_time_anew_however_short_it_was()
    {
        await using Dialogue dialogue = await StartAsync();
        for (uint id = 1; id < 60; id += 2)
        {
            _time.Advance(s_look * 7);
            await dialogue.Peer.SendRequestAsync(id);
            (await dialogue.Server.NextCallAsync()).Respond();
            await dialogue.Peer.ExpectHeadersAsync(id);
            await dialogue.ExpectNothingLeftAsync();
        }

        await dialogue.Peer.ExpectSilenceAsync();
    }

    [Fact]
    public async Task Request_that_runs_keeps_the_connection()
    {
        await using Dialogue dialogue = await StartAsync();
        TunnelStream stream = await dialogue.AskAsync();
        await dialogue.Peer.ExpectHeadersAsync(2);
        for (int i = 0; i < 100; i++)
        {
            _time.Advance(s_look);
        }

        await dialogue.Peer.ExpectSilenceAsync();
        await dialogue.Peer.SendResponseAsync(2, endStream: true);
        await stream.WaitForHeadAsync().Soon();
        stream.Release();
    }

    [Fact]
    public async Task Request_that_was_on_its_way_at_the_end_is_answered()
    {
        await using Dialogue dialogue = await StartAsync();
        for (int i = 0; i < 8; i++)
        {
            _time.Advance(s_look);
        }

        await dialogue.Peer.ExpectGoAwayAsync(SocketRestErrorCode.IdleTimeout);
        await dialogue.Peer.SendRequestAsync(1);
        (await dialogue.Server.NextCallAsync()).Respond();
        await dialogue.Peer.ExpectHeadersAsync(1);
        await dialogue.Peer.AnswerGoAwayAsync();
        await dialogue.Peer.ExpectEndAsync(SocketRestErrorCode.None);
    }

    [Fact]
    public async Task Idle_end_by_the_peer_is_graceful()
    {
        await using Dialogue dialogue = await StartAsync(peerDials: false);
        await dialogue.Peer.SendGoAwayAsync(1u << 30, SocketRestErrorCode.IdleTimeout, "Idle.");
        await dialogue.Peer.ExpectGoAwayAnswerAsync();
        await dialogue.Peer.SendCloseAsync();
        await dialogue.Connection.Completion.Soon();
        Assert.Equal(SocketRestErrorCode.IdleTimeout, dialogue.Connection.EndReason!.ErrorCode);
    }

    private Task<Dialogue> StartAsync(bool peerDials = true) => Dialogue.StartAsync(
        peerDials, new SocketRestOptions { TimeProvider = _time, HeartbeatInterval = Timeout.InfiniteTimeSpan, IdleTimeout = s_limit });
}
