using SocketRest.Multiplexing;
using SocketRest.Protocol;
using SocketRest.Tests.Dialogues;

namespace SocketRest.Tests.Multiplexing;

/// <summary>The dialling side renews credentials: callers take turns, and an answer is only one where there was a question.</summary>
public sealed class CredentialRenewalTests
{
    [Fact]
    public async Task Acceptance_is_success()
    {
        await using Dialogue dialogue = await StartAsync();
        Task renewed = RenewAsync(dialogue, "a+b/c==");
        RawFrame asked = await dialogue.Peer.ExpectAsync(FrameType.Reauthenticate);
        ReauthenticateMessage message = RawPeer.Parse(asked, HandshakeJson.Default.ReauthenticateMessage);
        Assert.Equal(("Bearer", "a+b/c=="), (message.Scheme, message.Credential));
        Assert.False(renewed.IsCompleted);
        await AnswerAsync(dialogue, """{"accepted":true,"message":"","until":5}""");
        await renewed.Soon();
    }

    [Fact]
    public async Task Refusal_is_an_exception_with_its_sentence_and_the_connection_goes_on()
    {
        await using Dialogue dialogue = await StartAsync();
        Task renewed = RenewAsync(dialogue, "hidden");
        await dialogue.Peer.ExpectAsync(FrameType.Reauthenticate);
        await AnswerAsync(dialogue, """{"accepted":false,"message":"Not you.\r\nForged"}""");
        SocketRestException refusal = await Assert.ThrowsAsync<SocketRestException>(() => renewed.Soon());
        Assert.Equal(SocketRestErrorCode.Unauthorized, refusal.ErrorCode);
        Assert.Contains("Not you.  Forged", refusal.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("hidden", refusal.ToString(), StringComparison.Ordinal);
        await dialogue.Peer.ExpectSilenceAsync();
    }

    [Fact]
    public async Task Callers_take_turns_and_are_asked_for_credentials_when_theirs_has_come()
    {
        await using Dialogue dialogue = await StartAsync();
        Task first = RenewAsync(dialogue, "1");
        await dialogue.Peer.ExpectAsync(FrameType.Reauthenticate);
        bool asked = false;
        Task second = Renewal(dialogue).RenewAsync(
            _ =>
            {
                asked = true;
                return new(Message("2"));
            },
            CancellationToken.None);
        await dialogue.Peer.ExpectSilenceAsync();
        Assert.False(asked);
        await AnswerAsync(dialogue, """{"accepted":false}""");
        await Assert.ThrowsAsync<SocketRestException>(() => first.Soon());
        Assert.Contains("\"2\"", (await dialogue.Peer.ExpectAsync(FrameType.Reauthenticate)).Text, StringComparison.Ordinal);
        await AnswerAsync(dialogue, """{"accepted":true}""");
        await second.Soon();
    }

    [Fact]
    public async Task Caller_who_gives_up_leaves_the_answer_to_come_before_the_next_one_asks()
    {
        await using Dialogue dialogue = await StartAsync();
        using var impatience = new CancellationTokenSource();
        Task first = RenewAsync(dialogue, "1", impatience.Token);
        await dialogue.Peer.ExpectAsync(FrameType.Reauthenticate);
        await impatience.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => first.Soon());
        Task second = RenewAsync(dialogue, "2");
        await dialogue.Peer.ExpectSilenceAsync();
        await AnswerAsync(dialogue, """{"accepted":true}""");
        await dialogue.Peer.ExpectAsync(FrameType.Reauthenticate);
        Assert.False(second.IsCompleted);
        await AnswerAsync(dialogue, """{"accepted":true}""");
        await second.Soon();
    }

    [Fact]
    public async Task Caller_without_credentials_leaves_the_turn_to_the_next_one()
    {
        await using Dialogue dialogue = await StartAsync();
        var asked = new TaskCompletionSource<ReauthenticateMessage>();
        Task first = Renewal(dialogue).RenewAsync(_ => new(asked.Task), CancellationToken.None);
        Task second = RenewAsync(dialogue, "2");
        asked.SetException(new TimeoutException("The issuer sleeps."));
        await Assert.ThrowsAsync<TimeoutException>(() => first.Soon());
        await dialogue.Peer.ExpectAsync(FrameType.Reauthenticate);
        await AnswerAsync(dialogue, """{"accepted":true}""");
        await second.Soon();
    }

    [Fact]
    public async Task Connection_that_ends_meanwhile_ends_the_wait_of_all()
    {
        await using Dialogue dialogue = await StartAsync();
        Task first = RenewAsync(dialogue, "1");
        Task second = RenewAsync(dialogue, "2");
        await dialogue.Peer.ExpectAsync(FrameType.Reauthenticate);
        dialogue.Peer.Vanish();
        foreach (Task waiting in new[] { first, second, RenewAsync(dialogue, "3") })
        {
            Assert.Equal(SocketRestErrorCode.ConnectionLost, (await Assert.ThrowsAsync<SocketRestException>(() => waiting.Soon())).ErrorCode);
        }
    }

    [Fact]
    public async Task Credentials_that_are_too_large_are_not_sent()
    {
        await using Dialogue dialogue = await StartAsync();
        SocketRestException refusal = await Assert.ThrowsAsync<SocketRestException>(() => RenewAsync(dialogue, new string('x', ReauthenticateMessage.MaxSize)).Soon());
        Assert.Equal(SocketRestErrorCode.InvalidRequest, refusal.ErrorCode);
        await dialogue.Peer.ExpectSilenceAsync();
        Task next = RenewAsync(dialogue, new string('x', 32_000));
        Assert.True((await dialogue.Peer.ExpectAsync(FrameType.Reauthenticate)).Payload.Length > 32_000);
        await AnswerAsync(dialogue, """{"accepted":true}""");
        await next.Soon();
    }

    public static TheoryData<string, byte[]> Wrong => new()
    {
        { "an answer without a question", Frames.Json(FrameType.Reauthenticated, """{"accepted":true}""") },
        { "a question from the side that answers", Frames.Json(FrameType.Reauthenticate, """{"scheme":"Bearer","credential":"hidden"}""") },
    };

    [Theory]
    [MemberData(nameof(Wrong))]
    public async Task What_may_not_come_ends_the_connection(string what, byte[] frame)
    {
        Assert.NotEmpty(what);
        await using Dialogue dialogue = await StartAsync();
        await dialogue.Peer.SendBytesAsync(frame);
        await dialogue.Peer.ExpectEndAsync(SocketRestErrorCode.ProtocolError);
        await dialogue.ExpectFailureAsync(SocketRestErrorCode.ProtocolError);
    }

    [Fact]
    public async Task An_answer_before_the_question_is_out_ends_the_connection()
    {
        await using Dialogue dialogue = await StartAsync();
        var asked = new TaskCompletionSource<ReauthenticateMessage>();
        Task waiting = Renewal(dialogue).RenewAsync(_ => new(asked.Task), CancellationToken.None);
        await dialogue.Peer.SendBytesAsync(Frames.Json(FrameType.Reauthenticated, """{"accepted":true}"""));
        await dialogue.Peer.ExpectEndAsync(SocketRestErrorCode.ProtocolError);
        await dialogue.ExpectFailureAsync(SocketRestErrorCode.ProtocolError);
        asked.SetResult(Message("late"));
        Assert.Equal(SocketRestErrorCode.ProtocolError, (await Assert.ThrowsAsync<SocketRestException>(() => waiting.Soon())).ErrorCode);
    }

    [Theory]
    [InlineData("")]
    [InlineData("no")]
    [InlineData("{}")]
    [InlineData("null")]
    [InlineData("""{"accepted":"yes"}""")]
    [InlineData("""{"accepted":true,"message":5}""")]
    public async Task An_answer_that_cannot_be_read_ends_the_connection_and_the_wait(string json)
    {
        await using Dialogue dialogue = await StartAsync();
        Task renewed = RenewAsync(dialogue, "hidden");
        await dialogue.Peer.ExpectAsync(FrameType.Reauthenticate);
        await AnswerAsync(dialogue, json);
        await dialogue.Peer.ExpectEndAsync(SocketRestErrorCode.ProtocolError);
        Assert.Equal(SocketRestErrorCode.ProtocolError, (await Assert.ThrowsAsync<SocketRestException>(() => renewed.Soon())).ErrorCode);
        await dialogue.ExpectFailureAsync(SocketRestErrorCode.ProtocolError);
    }

    [Fact]
    public async Task Without_the_word_of_WELCOME_there_is_no_renewal()
    {
        await using Dialogue dialogue = await Dialogue.StartAsync(peerDials: false);
        Assert.Null(dialogue.Connection.Reauthentication);
    }

    private static Task<Dialogue> StartAsync() => Dialogue.StartAsync(peerDials: false, peerReauthenticates: true);

    private static CredentialRenewal Renewal(Dialogue dialogue) => Assert.IsType<CredentialRenewal>(dialogue.Connection.Reauthentication);

    private static Task RenewAsync(Dialogue dialogue, string credential, CancellationToken cancellationToken = default) =>
        Renewal(dialogue).RenewAsync(_ => new(Message(credential)), cancellationToken);

    private static ReauthenticateMessage Message(string credential) => new() { Scheme = "Bearer", Credential = credential };

    private static Task AnswerAsync(Dialogue dialogue, string json) => dialogue.Peer.SendBytesAsync(Frames.Json(FrameType.Reauthenticated, json));
}
