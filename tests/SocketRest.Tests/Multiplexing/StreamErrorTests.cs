using SocketRest.Tests.Dialogues;

namespace SocketRest.Tests.Multiplexing;

/// <summary>Requests that are no valid exchange: their stream is reset, and the one beside it goes on.</summary>
public sealed class StreamErrorTests
{
    public static TheoryData<string, (string, string)[], bool, SocketRestErrorCode> BrokenHeads => new()
    {
        { "an upper-case name", [.. s_get, ("X-Upper", "1"), ("\u0041bc", "1")], true, SocketRestErrorCode.None },
        { "a value with CR LF", [.. s_get, ("x", "a\r\nforged: 1")], true, SocketRestErrorCode.MalformedMessage },
        { "a value with NUL", [.. s_get, ("x", "a\0b")], true, SocketRestErrorCode.MalformedMessage },
        { "a name with a space", [.. s_get, ("a b", "1")], true, SocketRestErrorCode.MalformedMessage },
        { "an empty name", [.. s_get, ("", "1")], true, SocketRestErrorCode.MalformedMessage },
        { "a pseudo-header behind a field", [("x", "1"), .. s_get], true, SocketRestErrorCode.MalformedMessage },
        { "a pseudo-header twice", [.. s_get, (":path", "/b")], true, SocketRestErrorCode.MalformedMessage },
        { "an unknown pseudo-header", [(":magic", "1"), .. s_get], true, SocketRestErrorCode.MalformedMessage },
        { "connection", [.. s_get, ("connection", "close")], true, SocketRestErrorCode.MalformedMessage },
        { "keep-alive", [.. s_get, ("keep-alive", "timeout=5")], true, SocketRestErrorCode.MalformedMessage },
        { "proxy-connection", [.. s_get, ("proxy-connection", "keep-alive")], true, SocketRestErrorCode.MalformedMessage },
        { "transfer-encoding", [.. s_get, ("transfer-encoding", "chunked")], true, SocketRestErrorCode.MalformedMessage },
        { "upgrade", [.. s_get, ("upgrade", "websocket")], true, SocketRestErrorCode.MalformedMessage },
        { "te", [.. s_get, ("te", "gzip")], true, SocketRestErrorCode.MalformedMessage },
        { "te", [.. s_get, ("te", "trailers, gzip")], true, SocketRestErrorCode.MalformedMessage },
        { "te of trailers", [.. s_get, ("te", "trailers")], true, SocketRestErrorCode.None },
        { "too many bytes", [.. s_get, ("x", new string('x', 40_000))], true, SocketRestErrorCode.HeadersTooLarge },
        { "too many fields", [.. s_get, .. Enumerable.Range(0, 250).Select(i => ($"x{i}", "1"))], true, SocketRestErrorCode.HeadersTooLarge },
        { "a length that is none", [.. s_get, ("content-length", "-1")], false, SocketRestErrorCode.MalformedMessage },
        { "a length with a sign", [.. s_get, ("content-length", "+1")], false, SocketRestErrorCode.MalformedMessage },
        { "a length beyond 64 bits", [.. s_get, ("content-length", "99999999999999999999")], false, SocketRestErrorCode.MalformedMessage },
        { "two lengths", [.. s_get, ("content-length", "1"), ("content-length", "2")], false, SocketRestErrorCode.MalformedMessage },
        { "a length without a body", [.. s_get, ("content-length", "1")], true, SocketRestErrorCode.MalformedMessage },
    };

    private static readonly (string, string)[] s_get = [(":method", "GET"), (":scheme", "http"), (":authority", "device"), (":path", "/")];

    [Theory]
    [MemberData(nameof(BrokenHeads))]
    public async Task A_request_that_is_not_HTTP_is_reset_before_the_application_sees_it(
        string what, (string, string)[] fields, bool endStream, SocketRestErrorCode code)
    {
        Assert.NotEmpty(what);
        await using Dialogue dialogue = await Dialogue.StartAsync();
        await dialogue.Peer.SendRequestAsync(1, endStream: false);
        ServedCall beside = await dialogue.Server.NextCallAsync();
        await dialogue.Peer.SendHeadersAsync(3, endStream, fields);
        if (code == SocketRestErrorCode.None)
        {
            // The encoder makes names lower case: what it sends is right.
            (await dialogue.Server.NextCallAsync()).Respond();
            await dialogue.Peer.ExpectHeadersAsync(3);
        }
        else
        {
            Assert.NotEmpty((await dialogue.Peer.ExpectResetAsync(3, code)).Sentence);
        }

        await ExpectUnharmedAsync(dialogue, beside);
        Assert.Equal(0, dialogue.Server.Waiting);
    }

    [Fact]
    public async Task A_body_longer_than_declared_is_reset()
    {
        await using Dialogue dialogue = await Dialogue.StartAsync();
        (ServedCall beside, ServedCall call) = await TwoCallsAsync(dialogue, ("content-length", "3"));
        await dialogue.Peer.SendDataAsync(3, [1, 2, 3]);
        await dialogue.Peer.SendDataAsync(3, [4]);
        await dialogue.Peer.ExpectResetAsync(3, SocketRestErrorCode.MalformedMessage);
        Assert.Equal(SocketRestErrorCode.MalformedMessage, (await call.Aborted.Soon()).ErrorCode);
        await Assert.ThrowsAsync<SocketRestException>(call.ReadToEndAsync);
        await ExpectUnharmedAsync(dialogue, beside);
    }

    [Fact]
    public async Task A_body_shorter_than_declared_is_reset()
    {
        await using Dialogue dialogue = await Dialogue.StartAsync();
        (ServedCall beside, ServedCall call) = await TwoCallsAsync(dialogue, ("content-length", "3"));
        await dialogue.Peer.SendDataAsync(3, [1, 2], endStream: true);
        await dialogue.Peer.ExpectResetAsync(3, SocketRestErrorCode.MalformedMessage);
        await Assert.ThrowsAsync<SocketRestException>(call.ReadToEndAsync);
        await ExpectUnharmedAsync(dialogue, beside);
    }

    [Fact]
    public async Task HEADERS_after_the_end_are_answered_with_StreamClosed()
    {
        await using Dialogue dialogue = await Dialogue.StartAsync();
        (ServedCall beside, _) = await TwoCallsAsync(dialogue);
        await dialogue.Peer.SendDataAsync(3, [], endStream: true);
        await dialogue.Peer.SendHeadersAsync(3, true, ("late", "1"));
        await dialogue.Peer.ExpectResetAsync(3, SocketRestErrorCode.StreamClosed);
        await ExpectUnharmedAsync(dialogue, beside);
    }

    [Fact]
    public async Task DATA_after_the_end_is_answered_with_StreamClosed()
    {
        await using Dialogue dialogue = await Dialogue.StartAsync();
        (ServedCall beside, _) = await TwoCallsAsync(dialogue);
        await dialogue.Peer.SendDataAsync(3, [], endStream: true);
        await dialogue.Peer.SendDataAsync(3, [1]);
        await dialogue.Peer.ExpectResetAsync(3, SocketRestErrorCode.StreamClosed);
        await ExpectUnharmedAsync(dialogue, beside);
    }

    [Fact]
    public async Task Frames_for_a_stream_that_was_reset_are_ignored_and_keep_the_tables_level()
    {
        await using Dialogue dialogue = await Dialogue.StartAsync();
        (ServedCall beside, ServedCall call) = await TwoCallsAsync(dialogue);
        call.Stream.Reset(new SocketRestException(SocketRestErrorCode.ApplicationAborted, "Enough."));
        Assert.Equal("Enough.", (await dialogue.Peer.ExpectResetAsync(3, SocketRestErrorCode.ApplicationAborted)).Sentence);
        await dialogue.Peer.SendDataAsync(3, [1, 2, 3]);
        await dialogue.Peer.SendWindowAsync(3, 100);
        await dialogue.Peer.SendHeadersAsync(3, true, ("checksum", "only-here"));
        await dialogue.Peer.SendResetAsync(3, SocketRestErrorCode.Cancelled);
        await dialogue.Peer.SendRequestAsync(5, more: ("checksum", "only-here"));
        Assert.Equal("only-here", (await dialogue.Server.NextCallAsync())["checksum"]);
        await ExpectUnharmedAsync(dialogue, beside);
    }

    public static TheoryData<string, (string, string)[], bool, SocketRestErrorCode> BrokenTrailers => new()
    {
        { "not at the end", [("a", "1")], false, SocketRestErrorCode.MalformedMessage },
        { "with a pseudo-header", [(":path", "/")], true, SocketRestErrorCode.MalformedMessage },
        { "with a control character", [("a", "\u0001")], true, SocketRestErrorCode.MalformedMessage },
        { "with an empty name", [("", "1")], true, SocketRestErrorCode.MalformedMessage },
        { "too large", [("a", new string('x', 40_000))], true, SocketRestErrorCode.HeadersTooLarge },
    };

    [Theory]
    [MemberData(nameof(BrokenTrailers))]
    public async Task Trailers_that_are_not_HTTP_are_reset(string what, (string, string)[] fields, bool endStream, SocketRestErrorCode code)
    {
        Assert.NotEmpty(what);
        await using Dialogue dialogue = await Dialogue.StartAsync();
        (ServedCall beside, ServedCall call) = await TwoCallsAsync(dialogue);
        await dialogue.Peer.SendHeadersAsync(3, endStream, fields);
        await dialogue.Peer.ExpectResetAsync(3, code);
        Assert.Equal(code, (await call.Aborted.Soon()).ErrorCode);
        await ExpectUnharmedAsync(dialogue, beside);
    }

    [Fact]
    public async Task A_stream_above_the_limit_is_refused_and_its_header_block_decoded()
    {
        await using Dialogue dialogue = await Dialogue.StartAsync(options: new SocketRestOptions { MaxConcurrentStreams = 1 });
        await dialogue.Peer.SendRequestAsync(1, endStream: false);
        ServedCall beside = await dialogue.Server.NextCallAsync();
        await dialogue.Peer.SendRequestAsync(3, more: ("only", "here"));
        await dialogue.Peer.ExpectResetAsync(3, SocketRestErrorCode.RefusedStream);
        await ExpectUnharmedAsync(dialogue, beside);
        await dialogue.Peer.SendRequestAsync(5, more: ("only", "here"));
        Assert.Equal("here", (await dialogue.Server.NextCallAsync())["only"]);
    }

    [Fact]
    public async Task A_side_that_serves_nothing_says_NotServed()
    {
        await using Dialogue dialogue = await Dialogue.StartAsync(serves: false);
        await dialogue.Peer.SendRequestAsync(1);
        Assert.NotEmpty((await dialogue.Peer.ExpectResetAsync(1, SocketRestErrorCode.NotServed)).Sentence);
        await dialogue.Peer.SendRequestAsync(3);
        await dialogue.Peer.ExpectResetAsync(3, SocketRestErrorCode.NotServed);
    }

    [Fact]
    public async Task A_side_that_drains_takes_what_was_on_its_way_until_the_other_has_answered()
    {
        await using Dialogue dialogue = await Dialogue.StartAsync();
        await dialogue.Peer.SendRequestAsync(1, endStream: false);
        ServedCall beside = await dialogue.Server.NextCallAsync();
        Task drained = dialogue.Connection.DrainAsync(CancellationToken.None);
        Assert.True((await dialogue.Peer.ExpectGoAwayAsync(SocketRestErrorCode.Draining)).Number > 1_000_000);
        await dialogue.Peer.SendRequestAsync(3);
        (await dialogue.Server.NextCallAsync()).Respond();
        await dialogue.Peer.ExpectHeadersAsync(3);
        await dialogue.Peer.AnswerGoAwayAsync();
        await dialogue.Peer.SendRequestAsync(5);
        await dialogue.Peer.ExpectResetAsync(5, SocketRestErrorCode.RefusedStream);
        await ExpectUnharmedAsync(dialogue, beside);
        await dialogue.Peer.ExpectEndAsync(SocketRestErrorCode.None);
        await drained.Soon();
        await dialogue.Connection.Completion.Soon();
    }

    private static async Task<(ServedCall Beside, ServedCall Call)> TwoCallsAsync(Dialogue dialogue, params (string, string)[] more)
    {
        await dialogue.Peer.SendRequestAsync(1, endStream: false);
        ServedCall beside = await dialogue.Server.NextCallAsync();
        await dialogue.Peer.SendRequestAsync(3, endStream: false, method: "POST", more: more);
        return (beside, await dialogue.Server.NextCallAsync());
    }

    private static async Task ExpectUnharmedAsync(Dialogue dialogue, ServedCall beside)
    {
        await dialogue.Peer.SendDataAsync(1, [1, 2, 3], endStream: true);
        Assert.Equal([1, 2, 3], await beside.ReadToEndAsync());
        beside.Respond([4, 5]);
        await dialogue.Peer.ExpectHeadersAsync(1);
        Assert.Equal([4, 5], await dialogue.Peer.ReadBodyAsync(1));
    }
}
