using SocketRest.Protocol;
using SocketRest.Tests.Dialogues;

namespace SocketRest.Tests.Multiplexing;

/// <summary>What breaks the protocol beyond one stream ends the connection: GOAWAY with a code and a sentence, then the socket.</summary>
public sealed class ConnectionErrorTests
{
    private const uint Huge = 0x8000_0000;

    /// <summary>The peer dials, so that its streams are odd. It has opened stream 1; 2 is a stream of this side that was opened.</summary>
    public static TheoryData<string, byte[], SocketRestErrorCode> BrokenFrames => new()
    {
        { "HEADERS on stream 0", Frames.Frame(FrameType.Headers, FrameFlags.None, 0, 0x82), SocketRestErrorCode.ProtocolError },
        { "HEADERS for a stream of ours that was never opened", Frames.Frame(FrameType.Headers, FrameFlags.None, 4, 0x88), SocketRestErrorCode.ProtocolError },
        { "HEADERS with an index beyond the tables", Frames.Frame(FrameType.Headers, FrameFlags.None, 3, 0xFE), SocketRestErrorCode.CompressionError },
        { "HEADERS with a string that is cut off", Frames.Frame(FrameType.Headers, FrameFlags.None, 3, 0x40, 0x05, 0x61), SocketRestErrorCode.CompressionError },
        { "a broken response", Frames.Frame(FrameType.Headers, FrameFlags.None, 2, 0x80), SocketRestErrorCode.CompressionError },
        { "broken trailers", Frames.Frame(FrameType.Headers, FrameFlags.EndStream, 1, 0x80), SocketRestErrorCode.CompressionError },
        { "DATA on stream 0", Frames.Data(0, [1]), SocketRestErrorCode.ProtocolError },
        { "empty DATA on stream 0", Frames.Data(0, []), SocketRestErrorCode.ProtocolError },
        { "DATA for a stream that was never opened", Frames.Data(3, [1]), SocketRestErrorCode.ProtocolError },
        { "DATA for a stream of ours that was never opened", Frames.Data(4, [1]), SocketRestErrorCode.ProtocolError },
        { "RESET on stream 0", Frames.Reset(0, SocketRestErrorCode.Cancelled), SocketRestErrorCode.ProtocolError },
        { "RESET for a stream that was never opened", Frames.Reset(3, SocketRestErrorCode.Cancelled), SocketRestErrorCode.ProtocolError },
        { "RESET that is too short", Frames.Frame(FrameType.Reset, FrameFlags.None, 1, 0, 0, 7), SocketRestErrorCode.FrameSizeError },
        { "WINDOW on stream 0", Frames.Window(0, 1), SocketRestErrorCode.ProtocolError },
        { "WINDOW of 0 bytes", Frames.Window(1, 0), SocketRestErrorCode.ProtocolError },
        { "WINDOW of 2^31 bytes", Frames.Window(1, Huge), SocketRestErrorCode.ProtocolError },
        { "WINDOW that overflows", Frames.Window(1, int.MaxValue), SocketRestErrorCode.FlowControlError },
        { "WINDOW for a stream that was never opened", Frames.Window(3, 1), SocketRestErrorCode.ProtocolError },
        { "WINDOW for a stream of ours that was never opened", Frames.Window(4, 1), SocketRestErrorCode.ProtocolError },
        { "WINDOW that is too short", Frames.Frame(FrameType.Window, FrameFlags.None, 1, 0, 0, 1), SocketRestErrorCode.FrameSizeError },
        { "WINDOW that is too long", Frames.Frame(FrameType.Window, FrameFlags.None, 1, 0, 0, 0, 0, 1), SocketRestErrorCode.FrameSizeError },
        { "GOAWAY that is too short", Frames.Frame(FrameType.GoAway, FrameFlags.None, 0, 0, 0, 0, 1, 0, 0, 0), SocketRestErrorCode.FrameSizeError },
        { "PING that is too short", Frames.Frame(FrameType.Ping, FrameFlags.None, 0, 1, 2, 3, 4, 5, 6, 7), SocketRestErrorCode.FrameSizeError },
        { "PING that is too long", Frames.Ping(1, data: new byte[1025]), SocketRestErrorCode.FrameSizeError },
        { "ACK that is too short", Frames.Frame(FrameType.Ack, FrameFlags.None, 0, 1, 2, 3, 4, 5, 6, 7), SocketRestErrorCode.FrameSizeError },
        { "ACK of bytes that were never sent", Frames.Ack(1_000_000), SocketRestErrorCode.ProtocolError },
        { "a second HELLO", Frames.Json(FrameType.Hello, "{}"), SocketRestErrorCode.ProtocolError },
        { "WELCOME", Frames.Json(FrameType.Welcome, "{}"), SocketRestErrorCode.ProtocolError },
        { "a second READY", Frames.Json(FrameType.Ready, "{}"), SocketRestErrorCode.ProtocolError },
        { "REFUSE", Frames.Json(FrameType.Refuse, "{}"), SocketRestErrorCode.ProtocolError },
        { "REAUTHENTICATE", Frames.Json(FrameType.Reauthenticate, "{}"), SocketRestErrorCode.ProtocolError },
        { "REAUTHENTICATED", Frames.Json(FrameType.Reauthenticated, "{}"), SocketRestErrorCode.ProtocolError },
    };

    [Theory]
    [MemberData(nameof(BrokenFrames))]
    public async Task A_frame_that_breaks_the_protocol_ends_the_connection(string what, byte[] frame, SocketRestErrorCode code)
    {
        Assert.NotEmpty(what);
        await using Dialogue dialogue = await Dialogue.StartAsync();
        await dialogue.Peer.SendRequestAsync(1, endStream: false);
        ServedCall served = await dialogue.Server.NextCallAsync();
        var asked = await dialogue.AskAsync();
        await dialogue.Peer.ExpectHeadersAsync(2);

        await dialogue.Peer.SendBytesAsync(frame);

        RawFrame farewell = await dialogue.Peer.ExpectEndAsync(code);
        Assert.NotEmpty(farewell.Sentence);
        SocketRestException reason = await dialogue.ExpectFailureAsync(code);
        Assert.Equal(farewell.Sentence, reason.Message);
        Assert.Equal(code, (await served.Aborted.Soon()).ErrorCode);
        SocketRestException failure = await Assert.ThrowsAsync<SocketRestException>(() => asked.WaitForHeadAsync().Soon());
        Assert.Equal(code, failure.ErrorCode);
        Assert.Equal(RequestOutcome.MaybeExecuted, failure.Outcome);
        await dialogue.ExpectNothingLeftAsync();
    }

    [Fact]
    public async Task A_text_message_ends_the_connection_with_a_code_that_the_wire_knows()
    {
        await using Dialogue dialogue = await Dialogue.StartAsync();
        await dialogue.Peer.SendTextAsync("hello");
        await dialogue.Peer.ExpectEndAsync(SocketRestErrorCode.ProtocolError);
        await dialogue.ExpectFailureAsync(SocketRestErrorCode.NotSocketRest);
    }

    [Fact]
    public async Task DATA_beyond_the_window_ends_the_connection()
    {
        await using Dialogue dialogue = await Dialogue.StartAsync(options: new SocketRestOptions { InitialStreamWindow = 1024 });
        await dialogue.Peer.SendRequestAsync(1, endStream: false);
        await dialogue.Peer.SendDataAsync(1, new byte[1024]);
        await dialogue.Peer.ExpectSilenceAsync();
        await dialogue.Peer.SendDataAsync(1, new byte[1]);
        await dialogue.Peer.ExpectEndAsync(SocketRestErrorCode.FlowControlError);
        await dialogue.ExpectFailureAsync(SocketRestErrorCode.FlowControlError);
    }

    [Fact]
    public async Task Frames_of_unknown_types_are_skipped()
    {
        await using Dialogue dialogue = await Dialogue.StartAsync();
        byte[] frames = [.. Enumerable.Range(0, 256).Where(type => !Enum.IsDefined((FrameType)type))
            .SelectMany(type => Frames.Frame((FrameType)type, (FrameFlags)0xFF, 77, new byte[type]))];
        await dialogue.Peer.SendBytesAsync(frames);
        await dialogue.Peer.ExpectSilenceAsync();
        await dialogue.Peer.SendRequestAsync(1);
        (await dialogue.Server.NextCallAsync()).Respond();
        await dialogue.Peer.ExpectHeadersAsync(1);
    }

    [Theory]
    [InlineData("undecodable", 3u)]
    [InlineData("malformed", 3u)]
    [InlineData("too many", 3u)]
    [InlineData("one that is dispatched behind a malformed one", 7u)]
    public async Task GOAWAY_names_the_last_stream_that_was_dispatched(string last, uint expected)
    {
        await using Dialogue dialogue = await Dialogue.StartAsync(options: new SocketRestOptions { MaxConcurrentStreams = last == "too many" ? 2 : 3 });
        await dialogue.Peer.SendBytesAsync([.. dialogue.Peer.Request(1), .. dialogue.Peer.Request(3)]);
        if (last == "undecodable")
        {
            await dialogue.Peer.SendBytesAsync(Frames.Frame(FrameType.Headers, FrameFlags.EndStream, 5, 0xFE));
            Assert.Equal(expected, (await dialogue.Peer.ExpectEndAsync(SocketRestErrorCode.CompressionError)).Number);
            return;
        }

        await dialogue.Peer.SendRequestAsync(5, more: last == "too many" ? [] : [("content-length", "x")]);
        await dialogue.Peer.ExpectAsync(FrameType.Reset, 5);
        if (expected == 7)
        {
            await dialogue.Peer.SendRequestAsync(7);
        }

        await dialogue.Peer.SendBytesAsync(Frames.Window(0, 1));
        Assert.Equal(expected, (await dialogue.Peer.ExpectEndAsync(SocketRestErrorCode.ProtocolError)).Number);
    }

    [Fact]
    public async Task What_follows_the_frame_that_ended_the_connection_is_not_looked_at()
    {
        await using Dialogue dialogue = await Dialogue.StartAsync();
        await dialogue.Peer.SendBytesAsync([.. Frames.Window(0, 1), .. dialogue.Peer.Request(1), .. dialogue.Peer.Request(3)]);
        await dialogue.Peer.ExpectEndAsync(SocketRestErrorCode.ProtocolError);
        await dialogue.ExpectFailureAsync(SocketRestErrorCode.ProtocolError);
        Assert.Equal(0, dialogue.Server.Waiting);
    }
}
