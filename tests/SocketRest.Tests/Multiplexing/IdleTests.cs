using SocketRest.Multiplexing;
using SocketRest.Protocol;
using SocketRest.Tests.Dialogues;

namespace SocketRest.Tests.Multiplexing;

/// <summary>What a connection keeps while nobody calls.</summary>
public sealed class IdleTests
{
    private readonly FakeTime _time = new();

    [Fact]
    public async Task What_calls_left_is_let_go_of_when_there_were_none_for_a_while()
    {
        await using Dialogue dialogue = await StartAsync();
        Assert.Equal(0, _time.Armed);
        TunnelStream first = await CallAsync(dialogue, 1);
        Assert.Same(first, await CallAsync(dialogue, 3));

        _time.Advance(StreamReserve.Look);
        Assert.Equal(1, dialogue.Connection.KeptStreams);
        _time.Advance(StreamReserve.Look);
        Assert.Equal(0, dialogue.Connection.KeptStreams);

        // Nothing is kept any more, so that nothing runs.
        Assert.Equal(0, _time.Armed);
        Assert.NotSame(first, await CallAsync(dialogue, 5));
        _time.Advance(StreamReserve.Look);
        _time.Advance(StreamReserve.Look);
        Assert.Equal(0, dialogue.Connection.KeptStreams);
    }

    [Fact]
    public async Task A_connection_that_carries_calls_keeps_what_it_needs_for_the_next()
    {
        await using Dialogue dialogue = await StartAsync();
        TunnelStream first = await CallAsync(dialogue, 1);
        for (uint id = 3; id < 13; id += 2)
        {
            _time.Advance(StreamReserve.Look);
            Assert.Same(first, await CallAsync(dialogue, id));
        }
    }

    [Fact]
    public async Task PINGs_keep_nothing_for_calls()
    {
        await using Dialogue dialogue = await StartAsync();
        await CallAsync(dialogue, 1);
        for (ulong number = 0; number < 2; number++)
        {
            _time.Advance(StreamReserve.Look);
            await dialogue.Peer.SendPingAsync(number);
            await dialogue.Peer.ExpectAsync(FrameType.Ping);
        }

        Assert.Equal(0, dialogue.Connection.KeptStreams);
    }

    [Fact]
    public async Task An_end_takes_the_timer_with_it()
    {
        await using Dialogue dialogue = await StartAsync();
        await CallAsync(dialogue, 1);
        Assert.Equal(1, _time.Armed);
        dialogue.Peer.Vanish();
        await dialogue.ExpectFailureAsync(SocketRestErrorCode.ConnectionLost);
        Assert.Equal(0, _time.Armed);
    }

    /// <summary>After a second of silence the next bytes are waited for without a buffer: each kind of frame is taken all the same, in pieces and whole.</summary>
    [Fact]
    public async Task What_comes_after_a_silence_is_taken()
    {
        await using Dialogue dialogue = await StartAsync();
        for (uint id = 1; id < 21; id += 4)
        {
            await CallAsync(dialogue, id);
            _time.Advance(TimeSpan.FromSeconds(1));
            await dialogue.Peer.SendRequestAsync(id + 2, endStream: false, method: "POST");
            ServedCall call = await dialogue.Server.NextCallAsync();
            _time.Advance(TimeSpan.FromSeconds(1));
            await dialogue.Peer.SendBodyAsync(id + 2, new byte[60_000], endStream: true);
            await Patience.UntilAsync(() => call.Stream.RemoteEnded);
            call.Respond();
            await dialogue.Peer.ExpectHeadersAsync(id + 2);
            await FinishedAsync(dialogue);
            _time.Advance(TimeSpan.FromSeconds(1));
            byte[] ping = Frames.Frame(FrameType.Ping, FrameFlags.None, 0, new byte[8]);
            foreach (byte part in ping)
            {
                await dialogue.Peer.SendBytesAsync(part);
                _time.Advance(TimeSpan.FromSeconds(1));
            }

            await dialogue.Peer.ExpectAsync(FrameType.Ping);
        }
    }

    private Task<Dialogue> StartAsync() =>
        Dialogue.StartAsync(options: new SocketRestOptions { TimeProvider = _time, HeartbeatInterval = Timeout.InfiniteTimeSpan });

    /// <summary>One call, until its stream can be used again.</summary>
    private static async Task<TunnelStream> CallAsync(Dialogue dialogue, uint id)
    {
        await dialogue.Peer.SendRequestAsync(id);
        ServedCall call = await dialogue.Server.NextCallAsync();
        call.Respond();
        await dialogue.Peer.ExpectHeadersAsync(id);
        await FinishedAsync(dialogue);
        return call.Stream;
    }

    private static Task FinishedAsync(Dialogue dialogue) =>
        Patience.UntilAsync(() => dialogue.Connection.OpenStreams == 0 && dialogue.Connection.KeptStreams == 1);
}
