using SocketRest.Multiplexing;
using SocketRest.Tests.Dialogues;

namespace SocketRest.Tests.Multiplexing;

/// <summary>Answers that are no valid exchange: the caller fails with the reason, and the call beside it goes on.</summary>
public sealed class ResponseErrorTests
{
    public static TheoryData<string, (string, string)[], bool, SocketRestErrorCode> BrokenHeads => new()
    {
        { "no :status", [("a", "1")], true, SocketRestErrorCode.MalformedMessage },
        { "nothing at all", [], true, SocketRestErrorCode.MalformedMessage },
        { "a status of two digits", [(":status", "20")], true, SocketRestErrorCode.MalformedMessage },
        { "a status below 100", [(":status", "099")], true, SocketRestErrorCode.MalformedMessage },
        { "a status with a sign", [(":status", "+20")], true, SocketRestErrorCode.MalformedMessage },
        { "a pseudo-header of requests", [(":status", "200"), (":path", "/")], true, SocketRestErrorCode.MalformedMessage },
        { "a second :status", [(":status", "200"), (":status", "200")], true, SocketRestErrorCode.MalformedMessage },
        { "an empty name", [(":status", "200"), ("", "1")], true, SocketRestErrorCode.MalformedMessage },
        { "a value with CR LF", [(":status", "200"), ("a", "b\r\nc")], true, SocketRestErrorCode.MalformedMessage },
        { "connection", [(":status", "200"), ("connection", "close")], true, SocketRestErrorCode.MalformedMessage },
        { "keep-alive", [(":status", "200"), ("keep-alive", "timeout=5")], true, SocketRestErrorCode.MalformedMessage },
        { "proxy-connection", [(":status", "200"), ("proxy-connection", "keep-alive")], true, SocketRestErrorCode.MalformedMessage },
        { "transfer-encoding", [(":status", "200"), ("transfer-encoding", "chunked")], true, SocketRestErrorCode.MalformedMessage },
        { "upgrade", [(":status", "200"), ("upgrade", "websocket")], true, SocketRestErrorCode.MalformedMessage },
        { "te", [(":status", "200"), ("te", "gzip")], true, SocketRestErrorCode.MalformedMessage },
        { "te", [(":status", "200"), ("te", "trailers, gzip")], true, SocketRestErrorCode.MalformedMessage },
        { "an interim response with a connection's field", [(":status", "103"), ("connection", "close")], false, SocketRestErrorCode.MalformedMessage },
        { "too large", [(":status", "200"), ("a", new string('x', 40_000))], true, SocketRestErrorCode.HeadersTooLarge },
        { "status 101", [(":status", "101")], false, SocketRestErrorCode.MalformedMessage },
        { "an interim response that ends the stream", [(":status", "103")], true, SocketRestErrorCode.MalformedMessage },
        { "an interim response with a broken field", [(":status", "103"), ("a", "\u0001")], false, SocketRestErrorCode.MalformedMessage },
        { "an interim response that is too large", [(":status", "103"), ("a", new string('x', 40_000))], false, SocketRestErrorCode.HeadersTooLarge },
        { "a length without a body", [(":status", "200"), ("content-length", "5")], true, SocketRestErrorCode.MalformedMessage },
    };

    [Theory]
    [MemberData(nameof(BrokenHeads))]
    public async Task A_response_that_is_not_HTTP_is_reset(string what, (string, string)[] fields, bool endStream, SocketRestErrorCode code)
    {
        Assert.NotEmpty(what);
        await using Dialogue dialogue = await Dialogue.StartAsync(peerDials: false);
        TunnelStream beside = await dialogue.AskAsync();
        TunnelStream stream = await dialogue.AskAsync();
        await dialogue.Peer.ExpectHeadersAsync(1);
        await dialogue.Peer.ExpectHeadersAsync(3);
        await dialogue.Peer.SendHeadersAsync(3, endStream, fields);
        await dialogue.Peer.ExpectResetAsync(3, code);
        SocketRestException failure = await Assert.ThrowsAsync<SocketRestException>(() => stream.WaitForHeadAsync().Soon());
        Assert.Equal(code, failure.ErrorCode);
        Assert.Equal(RequestOutcome.Executed, failure.Outcome);
        await ExpectUnharmedAsync(dialogue, beside);
    }

    [Fact]
    public async Task A_field_of_one_connection_is_found_again_where_it_comes_out_of_the_table()
    {
        await using Dialogue dialogue = await Dialogue.StartAsync(peerDials: false);
        for (uint id = 1; id <= 5; id += 2)
        {
            TunnelStream stream = await dialogue.AskAsync();
            await dialogue.Peer.ExpectHeadersAsync(id);
            await dialogue.Peer.SendResponseAsync(id, endStream: true, more: [("connection", "close"), ("te", "gzip")]);
            await dialogue.Peer.ExpectResetAsync(id, SocketRestErrorCode.MalformedMessage);
            await Assert.ThrowsAsync<SocketRestException>(() => stream.WaitForHeadAsync().Soon());
        }

        await dialogue.ExpectNothingLeftAsync();
    }

    [Fact]
    public async Task Trailers_with_a_field_of_one_connection_are_reset()
    {
        await using Dialogue dialogue = await Dialogue.StartAsync(peerDials: false);
        TunnelStream beside = await dialogue.AskAsync();
        TunnelStream stream = await dialogue.AskAsync();
        await dialogue.Peer.ExpectHeadersAsync(1);
        await dialogue.Peer.ExpectHeadersAsync(3);
        await dialogue.Peer.SendResponseAsync(3, endStream: false);
        await stream.WaitForHeadAsync().Soon();
        await dialogue.Peer.SendHeadersAsync(3, true, ("transfer-encoding", "chunked"));
        await dialogue.Peer.ExpectResetAsync(3, SocketRestErrorCode.MalformedMessage);
        await Assert.ThrowsAsync<SocketRestException>(() => stream.ReadAsync(CancellationToken.None).Soon());
        await ExpectUnharmedAsync(dialogue, beside);
    }

    [Fact]
    public async Task DATA_before_HEADERS_is_reset()
    {
        await using Dialogue dialogue = await Dialogue.StartAsync(peerDials: false);
        TunnelStream beside = await dialogue.AskAsync();
        TunnelStream stream = await dialogue.AskAsync();
        await dialogue.Peer.ExpectHeadersAsync(1);
        await dialogue.Peer.ExpectHeadersAsync(3);
        await dialogue.Peer.SendDataAsync(3, [1]);
        await dialogue.Peer.ExpectResetAsync(3, SocketRestErrorCode.MalformedMessage);
        await Assert.ThrowsAsync<SocketRestException>(() => stream.WaitForHeadAsync().Soon());
        await ExpectUnharmedAsync(dialogue, beside);
    }

    [Theory]
    [InlineData(SocketRestErrorCode.RefusedStream, RequestOutcome.NotSent)]
    [InlineData(SocketRestErrorCode.NotServed, RequestOutcome.NotSent)]
    [InlineData(SocketRestErrorCode.ApplicationAborted, RequestOutcome.MaybeExecuted)]
    [InlineData(SocketRestErrorCode.None, RequestOutcome.MaybeExecuted)]
    public async Task RESET_before_the_answer_fails_the_call(SocketRestErrorCode code, RequestOutcome outcome)
    {
        await using Dialogue dialogue = await Dialogue.StartAsync(peerDials: false);
        TunnelStream stream = await dialogue.AskAsync();
        await dialogue.Peer.ExpectHeadersAsync(1);
        await dialogue.Peer.SendResetAsync(1, code, "No\nmore.");
        SocketRestException failure = await Assert.ThrowsAsync<SocketRestException>(() => stream.WaitForHeadAsync().Soon());
        Assert.Equal(code, failure.ErrorCode);
        Assert.Equal(outcome, failure.Outcome);
        Assert.Equal("No more.", failure.Message);
        await dialogue.ExpectNothingLeftAsync();
    }

    [Theory]
    [InlineData(SocketRestErrorCode.RefusedStream)]
    [InlineData(SocketRestErrorCode.ApplicationAborted)]
    public async Task RESET_within_the_body_says_that_the_request_was_executed(SocketRestErrorCode code)
    {
        await using Dialogue dialogue = await Dialogue.StartAsync(peerDials: false);
        TunnelStream stream = await dialogue.AskAsync();
        await dialogue.Peer.ExpectHeadersAsync(1);
        await dialogue.Peer.SendResponseAsync(1, endStream: false);
        await stream.WaitForHeadAsync().Soon();
        await dialogue.Peer.SendResetAsync(1, code);
        SocketRestException failure = await Assert.ThrowsAsync<SocketRestException>(() => stream.ReadAsync(CancellationToken.None).Soon());
        Assert.Equal(code, failure.ErrorCode);
        Assert.Equal(RequestOutcome.Executed, failure.Outcome);
    }

    [Theory]
    [InlineData(23u)]
    [InlineData(100u)]
    [InlineData(uint.MaxValue)]
    public async Task A_code_that_nobody_may_send_is_taken_for_a_defect(uint code)
    {
        await using Dialogue dialogue = await Dialogue.StartAsync(peerDials: false);
        TunnelStream stream = await dialogue.AskAsync();
        await dialogue.Peer.ExpectHeadersAsync(1);
        await dialogue.Peer.SendResetAsync(1, (SocketRestErrorCode)code);
        SocketRestException failure = await Assert.ThrowsAsync<SocketRestException>(() => stream.WaitForHeadAsync().Soon());
        Assert.Equal(SocketRestErrorCode.InternalError, failure.ErrorCode);
    }

    private static async Task ExpectUnharmedAsync(Dialogue dialogue, TunnelStream beside)
    {
        await dialogue.Peer.SendResponseAsync(1, endStream: true);
        await beside.WaitForHeadAsync().Soon();
        beside.Release();
        await dialogue.ExpectNothingLeftAsync();
    }
}
