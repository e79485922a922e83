using SocketRest.Protocol;
using SocketRest.Tests.Dialogues;

namespace SocketRest.Tests.Multiplexing;

/// <summary>Peers that keep to the protocol and make as much work with it as they can.</summary>
public sealed class PeerBudgetTests
{
    private readonly FakeTime _time = new();

    [Fact]
    public async Task A_peer_that_resets_more_than_twice_its_streams_within_a_second_is_ended()
    {
        await using Dialogue dialogue = await StartAsync(streams: 10);
        await OpenAndResetAsync(dialogue, 1, 20);
        await dialogue.Peer.ExpectSilenceAsync();

        await OpenAndResetAsync(dialogue, 41, 1);
        await EndsAsync(dialogue);
    }

    [Fact]
    public async Task Any_second_is_meant_not_the_clock_s()
    {
        await using Dialogue dialogue = await StartAsync(streams: 10);
        await OpenAndResetAsync(dialogue, 1, 10);
        await dialogue.Peer.ExpectSilenceAsync();
        _time.Advance(TimeSpan.FromMilliseconds(900));
        await OpenAndResetAsync(dialogue, 21, 10);
        await dialogue.Peer.ExpectSilenceAsync();

        // The first ten are a second old now, the others are not.
        _time.Advance(TimeSpan.FromMilliseconds(100));
        await dialogue.Peer.ExpectSilenceAsync();
        while (dialogue.Server.Waiting > 0)
        {
            (await dialogue.Server.NextCallAsync()).Release();
        }

        await OpenAndResetAsync(dialogue, 41, 10);
        await dialogue.Peer.ExpectSilenceAsync();
        await dialogue.Peer.SendRequestAsync(61);
        await dialogue.Peer.SendResetAsync(61, SocketRestErrorCode.Cancelled);
        await EndsAsync(dialogue);
    }

    [Fact]
    public async Task Streams_that_this_side_has_to_reset_count_as_well()
    {
        await using Dialogue dialogue = await StartAsync(streams: 10);
        for (uint id = 1; id < 43; id += 2)
        {
            await dialogue.Peer.SendRequestAsync(id, more: ("content-length", "x"));
        }

        for (uint id = 1; id < 43; id += 2)
        {
            await dialogue.Peer.ExpectResetAsync(id, SocketRestErrorCode.MalformedMessage);
        }

        await EndsAsync(dialogue);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Streams_that_this_side_has_to_reset_for_their_bodies_count_as_well(bool tooShort)
    {
        await using Dialogue dialogue = await StartAsync(streams: 10);
        for (uint id = 1; id < 43; id += 2)
        {
            await dialogue.Peer.SendRequestAsync(id, endStream: false, more: ("content-length", "2"));
            await dialogue.Peer.SendDataAsync(id, new byte[tooShort ? 1 : 3], endStream: tooShort);
        }

        for (uint id = 1; id < 43; id += 2)
        {
            await dialogue.Peer.ExpectResetAsync(id, SocketRestErrorCode.MalformedMessage);
        }

        await EndsAsync(dialogue);
    }

    [Fact]
    public async Task Interim_answers_are_counted()
    {
        await using Dialogue dialogue = await Dialogue.StartAsync(
            peerDials: false, options: new SocketRestOptions { MaxOverheadFramesPerSecond = 100, TimeProvider = _time });
        await dialogue.AskAsync();
        await dialogue.Peer.ExpectHeadersAsync(1);
        await FloodAsync(dialogue, Frames.Frame(FrameType.Headers, FrameFlags.None, 1, [0x08, 3, .. "103"u8]));
    }

    [Fact]
    public async Task A_peer_that_cancels_some_of_very_many_calls_goes_on()
    {
        var server = new ManualServer { Handler = call => { call.Respond(); return Task.CompletedTask; } };
        await using Dialogue dialogue = await Dialogue.StartAsync(
            options: new SocketRestOptions { MaxConcurrentStreams = 10, TimeProvider = _time }, server: server);
        uint id = 1;
        for (int round = 0; round < 60; round++)
        {
            for (int i = 0; i < 3; i++, id += 2)
            {
                await dialogue.Peer.SendRequestAsync(id);
                await dialogue.Peer.ExpectHeadersAsync(id);
            }

            await dialogue.Peer.SendResetAsync(id - 2, SocketRestErrorCode.Cancelled);
        }

        await dialogue.Peer.ExpectSilenceAsync();
    }

    [Fact]
    public async Task A_peer_that_lets_go_of_answers_that_have_begun_goes_on()
    {
        var server = new ManualServer
        {
            Handler = async call =>
            {
                call.SendHead();
                await call.Aborted.Soon();
                call.Release();
            },
        };
        await using Dialogue dialogue = await Dialogue.StartAsync(
            options: new SocketRestOptions { MaxConcurrentStreams = 10, TimeProvider = _time }, server: server);
        for (uint id = 1; id < 101; id += 2)
        {
            await dialogue.Peer.SendRequestAsync(id);
            await dialogue.Peer.ExpectHeadersAsync(id);
            await dialogue.Peer.SendResetAsync(id, SocketRestErrorCode.Cancelled);
            await dialogue.Peer.ExpectSilenceAsync();
            await Patience.UntilAsync(() => server.Running == 0);
        }
    }

    [Fact]
    public async Task The_limit_of_resets_is_an_option()
    {
        await using Dialogue dialogue = await Dialogue.StartAsync(
            options: new SocketRestOptions { MaxConcurrentStreams = 3, MaxResetsPerSecond = 3, TimeProvider = _time });
        await OpenAndResetAsync(dialogue, 1, 3);
        await dialogue.Peer.ExpectSilenceAsync();
        await OpenAndResetAsync(dialogue, 7, 1);
        await EndsAsync(dialogue);
    }

    [Fact]
    public async Task Empty_DATA_is_counted()
    {
        await using Dialogue dialogue = await StartAsync();
        await dialogue.Peer.SendRequestAsync(1, endStream: false, method: "POST");
        await FloodAsync(dialogue, Frames.Data(1, []));
    }

    [Fact]
    public async Task Empty_DATA_is_counted_on_a_stream_that_has_ended_too()
    {
        await using Dialogue dialogue = await StartAsync();
        await dialogue.Peer.SendRequestAsync(1, endStream: false, method: "POST");
        await dialogue.Peer.SendResetAsync(1, SocketRestErrorCode.Cancelled);
        await FloodAsync(dialogue, Frames.Data(1, []));
    }

    [Fact]
    public async Task Frames_of_unknown_types_are_counted()
    {
        await using Dialogue dialogue = await StartAsync();
        await FloodAsync(dialogue, Frames.Frame((FrameType)0x77, FrameFlags.None, 0, 1, 2, 3));
    }

    [Fact]
    public async Task Answers_to_no_PING_are_counted()
    {
        await using Dialogue dialogue = await StartAsync();
        await FloodAsync(dialogue, Frames.Ping(12345, answer: true));
    }

    [Fact]
    public async Task GOAWAY_after_GOAWAY_is_counted_tenfold()
    {
        await using Dialogue dialogue = await StartAsync();
        for (int i = 0; i < 10; i++)
        {
            await dialogue.Peer.SendGoAwayAsync(0, SocketRestErrorCode.Draining);
        }

        await dialogue.Peer.ExpectGoAwayAnswerAsync();
        await dialogue.Peer.ExpectSilenceAsync();
        await dialogue.Peer.SendGoAwayAsync(0, SocketRestErrorCode.Draining);
        await EndsAsync(dialogue);
    }

    [Fact]
    public async Task WINDOW_for_nothing_is_counted()
    {
        await using Dialogue dialogue = await StartAsync();
        await dialogue.Peer.SendRequestAsync(1);
        await FloodAsync(dialogue, Frames.Window(1, 1));
    }

    [Fact]
    public async Task ACK_for_nothing_is_counted()
    {
        await using Dialogue dialogue = await StartAsync();
        await FloodAsync(dialogue, Frames.Ack(0));
    }

    [Fact]
    public async Task WINDOW_for_each_byte_that_was_sent_is_none_too_many()
    {
        await using Dialogue dialogue = await Dialogue.StartAsync(
            options: new SocketRestOptions { MaxOverheadFramesPerSecond = 100, TimeProvider = _time },
            peerSettings: Dialogue.QuietSettings with { StreamWindow = 1 });
        await dialogue.Peer.SendRequestAsync(1);
        ServedCall call = await dialogue.Server.NextCallAsync();
        call.Respond(Bytes.Pattern(1000));
        await dialogue.Peer.ExpectHeadersAsync(1);
        for (int i = 0; i < 999; i++)
        {
            Assert.Single((await dialogue.Peer.ExpectDataAsync(1)).Payload);
            await dialogue.Peer.SendWindowAsync(1, 1);
        }

        Assert.True((await dialogue.Peer.ExpectDataAsync(1)).EndStream);
        await dialogue.Peer.ExpectSilenceAsync();
    }

    [Fact]
    public async Task A_peer_pins_no_more_than_the_windows_of_its_streams()
    {
        await using Dialogue dialogue = await Dialogue.StartAsync(options: new SocketRestOptions
        {
            MaxConcurrentStreams = 4,
            InitialStreamWindow = 1024,
            MaxStreamWindow = 4096,
            TimeProvider = _time,
        });
        for (uint id = 1; id < 9; id += 2)
        {
            await dialogue.Peer.SendRequestAsync(id, endStream: false, method: "POST");
            await dialogue.Peer.SendDataAsync(id, new byte[1024]);
        }

        await dialogue.Peer.SendRequestAsync(9, endStream: false, method: "POST");
        await dialogue.Peer.ExpectResetAsync(9, SocketRestErrorCode.RefusedStream);
        await dialogue.Peer.ExpectSilenceAsync();

        await dialogue.Peer.SendDataAsync(1, new byte[1]);
        await dialogue.Peer.ExpectEndAsync(SocketRestErrorCode.FlowControlError);
        await dialogue.ExpectFailureAsync(SocketRestErrorCode.FlowControlError);
    }

    private Task<Dialogue> StartAsync(int streams = 100) => Dialogue.StartAsync(
        options: new SocketRestOptions { MaxConcurrentStreams = streams, MaxOverheadFramesPerSecond = 100, TimeProvider = _time });

    /// <summary>A hundred are taken, a hundred more a second later, and then one too many.</summary>
    private async Task FloodAsync(Dialogue dialogue, byte[] frame)
    {
        byte[] hundred = [.. Enumerable.Repeat(frame, 100).SelectMany(bytes => bytes)];
        await dialogue.Peer.SendBytesAsync(hundred);
        await dialogue.Peer.ExpectSilenceAsync();
        _time.Advance(TimeSpan.FromSeconds(1));
        await dialogue.Peer.SendBytesAsync(hundred);
        await dialogue.Peer.ExpectSilenceAsync();
        await dialogue.Peer.SendBytesAsync(frame);
        await EndsAsync(dialogue);
    }

    private static async Task OpenAndResetAsync(Dialogue dialogue, uint first, int count)
    {
        for (uint id = first; id < first + (2 * count); id += 2)
        {
            await dialogue.Peer.SendRequestAsync(id);
            await dialogue.Peer.SendResetAsync(id, SocketRestErrorCode.Cancelled);
        }
    }

    private static async Task EndsAsync(Dialogue dialogue)
    {
        RawFrame frame;
        do
        {
            frame = await dialogue.Peer.ReceiveAsync();
        }
        while (frame is { Type: FrameType.Reset, Code: SocketRestErrorCode.RefusedStream });

        Assert.True(frame is { Type: FrameType.GoAway, Code: SocketRestErrorCode.EnhanceYourCalm }, frame.ToString());
        await dialogue.Peer.ExpectCloseAsync();
        await dialogue.Peer.SendCloseAsync();
        await dialogue.ExpectFailureAsync(SocketRestErrorCode.EnhanceYourCalm);
    }
}
