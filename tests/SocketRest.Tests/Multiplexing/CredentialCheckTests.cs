using SocketRest.Multiplexing;
using SocketRest.Protocol;
using SocketRest.Tests.Dialogues;

namespace SocketRest.Tests.Multiplexing;

/// <summary>The accepting side takes new credentials: one at a time, for the requests that come after its answer, and without ever quoting them.</summary>
public sealed class CredentialCheckTests
{
    private readonly ManualReauthenticator _application = new();

    [Fact]
    public async Task What_comes_after_the_answer_is_the_new_users_and_what_came_before_is_not()
    {
        await using Dialogue dialogue = await StartAsync();
        await dialogue.Peer.SendRequestAsync(1);
        ServedCall before = await dialogue.Server.NextCallAsync();
        await AskAsync(dialogue);
        ManualReauthenticator.Question question = await _application.NextAsync();
        Assert.Equal("Bearer|new hidden", question.Asked);
        await dialogue.Peer.SendRequestAsync(3);
        ServedCall meanwhile = await dialogue.Server.NextCallAsync();
        Assert.Null(dialogue.Connection.Public.User);

        question.Accept("ann");

        await ExpectAnswerAsync(dialogue, """{"accepted":true}""");
        await dialogue.Peer.SendRequestAsync(5);
        ServedCall after = await dialogue.Server.NextCallAsync();
        Assert.Equal([null, null, "ann"], new[] { before, meanwhile, after }.Select(call => call.Stream.User?.Identity?.Name));
        Assert.Equal("ann", dialogue.Connection.Public.User!.Identity!.Name);
        Assert.Equal(1, _application.Accepted);
    }

    [Fact]
    public async Task A_refusal_says_why_and_changes_nothing_and_the_next_one_may_be_accepted()
    {
        await using Dialogue dialogue = await StartAsync();
        await AskAsync(dialogue);
        (await _application.NextAsync()).Refuse("Not you.");
        await ExpectAnswerAsync(dialogue, """{"accepted":false,"message":"Not you."}""");
        Assert.Null(dialogue.Connection.Public.User);
        Assert.Equal(0, _application.Accepted);

        await AskAsync(dialogue);
        (await _application.NextAsync()).Accept("ann");
        await ExpectAnswerAsync(dialogue, """{"accepted":true}""");
    }

    [Fact]
    public async Task The_frames_are_counted()
    {
        await using Dialogue dialogue = await StartAsync();
        ulong before = dialogue.Connection.Sender.CountedSent;
        await AskAsync(dialogue);
        (await _application.NextAsync()).Accept("ann");
        RawFrame answer = await dialogue.Peer.ExpectAsync(FrameType.Reauthenticated);
        Assert.Equal(before + (ulong)(FrameHeader.Size + answer.Payload.Length), dialogue.Connection.Sender.CountedSent);
    }

    [Fact]
    public async Task A_second_one_before_the_answer_ends_the_connection()
    {
        await using Dialogue dialogue = await StartAsync();
        await AskAsync(dialogue);
        ManualReauthenticator.Question question = await _application.NextAsync();
        await AskAsync(dialogue);
        await dialogue.Peer.ExpectEndAsync(SocketRestErrorCode.ProtocolError);
        await dialogue.ExpectFailureAsync(SocketRestErrorCode.ProtocolError);
        await Patience.UntilAsync(() => question.Token.IsCancellationRequested);
        Assert.Equal(0, _application.Waiting);
    }

    public static TheoryData<string, string> Unreadable => new()
    {
        { "no JSON", "hidden" },
        { "cut off", """{"scheme":"Bearer","credential":"hidden""" },
        { "a credential for a name", """{"scheme":"Bearer","hidden":{"credential":}}""" },
        { "an array", """["Bearer","hidden"]""" },
        { "null", "null" },
        { "no scheme", """{"credential":"hidden"}""" },
        { "an empty scheme", """{"scheme":"","credential":"hidden"}""" },
        { "a scheme of two words", """{"scheme":"Bearer hidden","credential":""}""" },
        { "a null for a scheme", """{"scheme":null,"credential":"hidden"}""" },
        { "no credential", """{"scheme":"Bearer"}""" },
        { "a null for a credential", """{"scheme":"Bearer","credential":null}""" },
        { "a number for a credential", """{"scheme":"Bearer","credential":5}""" },
        { "a second header", """{"scheme":"Bearer","credential":"hidden\r\nX-Other: yes"}""" },
        { "letters that no header takes", """{"scheme":"Bearer","credential":"hidden\u00e9"}""" },
        { "too many levels", $$"""{"scheme":"Bearer","credential":"hidden","more":{{new string('[', 20)}}{{new string(']', 20)}}}""" },
        { "nothing", "" },
    };

    [Theory]
    [MemberData(nameof(Unreadable))]
    public async Task What_is_no_field_ends_the_connection_and_is_not_quoted(string what, string json)
    {
        Assert.NotEmpty(what);
        await using Dialogue dialogue = await StartAsync();
        await dialogue.Peer.SendBytesAsync(Frames.Json(FrameType.Reauthenticate, json));
        RawFrame farewell = await dialogue.Peer.ExpectEndAsync(SocketRestErrorCode.ProtocolError);
        Assert.DoesNotContain("hidden", farewell.Sentence, StringComparison.Ordinal);
        SocketRestException reason = await dialogue.ExpectFailureAsync(SocketRestErrorCode.ProtocolError);
        Assert.DoesNotContain("hidden", reason.ToString(), StringComparison.Ordinal);
        Assert.Equal(0, _application.Waiting);
    }

    [Theory]
    [InlineData(ReauthenticateMessage.MaxSize, true)]
    [InlineData(ReauthenticateMessage.MaxSize + 1, false)]
    public async Task The_size_is_limited(int size, bool fits)
    {
        await using Dialogue dialogue = await StartAsync();
        string json = $$"""{"scheme":"Bearer","credential":"{{new string('x', size - """{"scheme":"Bearer","credential":""}""".Length)}}"}""";
        await dialogue.Peer.SendBytesAsync(Frames.Json(FrameType.Reauthenticate, json));
        if (fits)
        {
            (await _application.NextAsync()).Accept("ann");
            await ExpectAnswerAsync(dialogue, """{"accepted":true}""");
        }
        else
        {
            await dialogue.Peer.ExpectEndAsync(SocketRestErrorCode.FrameSizeError);
            await dialogue.ExpectFailureAsync(SocketRestErrorCode.FrameSizeError);
        }
    }

    [Fact]
    public async Task Members_that_nobody_knows_are_ignored_and_a_credential_may_be_empty()
    {
        await using Dialogue dialogue = await StartAsync();
        await dialogue.Peer.SendBytesAsync(Frames.Json(FrameType.Reauthenticate, """{"scheme":"Negotiate","credential":"","since":"2.0"}"""));
        ManualReauthenticator.Question question = await _application.NextAsync();
        Assert.Equal("Negotiate|", question.Asked);
        question.Refuse("");
        await ExpectAnswerAsync(dialogue, """{"accepted":false,"message":""}""");
    }

    [Fact]
    public async Task An_answer_from_the_side_that_asks_ends_the_connection()
    {
        await using Dialogue dialogue = await StartAsync();
        await dialogue.Peer.SendBytesAsync(Frames.Json(FrameType.Reauthenticated, """{"accepted":true}"""));
        await dialogue.Peer.ExpectEndAsync(SocketRestErrorCode.ProtocolError);
        await dialogue.ExpectFailureAsync(SocketRestErrorCode.ProtocolError);
    }

    [Fact]
    public async Task Whoever_asks_again_and_again_is_ended()
    {
        await using Dialogue dialogue = await StartAsync(time: new FakeTime());
        for (int i = 0; i < 10; i++)
        {
            await AskAsync(dialogue);
            (await _application.NextAsync()).Refuse("No.");
            await dialogue.Peer.ExpectAsync(FrameType.Reauthenticated);
        }

        await AskAsync(dialogue);
        await dialogue.Peer.ExpectEndAsync(SocketRestErrorCode.EnhanceYourCalm);
        await dialogue.ExpectFailureAsync(SocketRestErrorCode.EnhanceYourCalm);
    }

    [Fact]
    public async Task An_application_that_fails_refuses_without_saying_why()
    {
        await using Dialogue dialogue = await StartAsync();
        await AskAsync(dialogue);
        (await _application.NextAsync()).Decision.SetException(new InvalidOperationException("new hidden is no token."));
        RawFrame answer = await dialogue.Peer.ExpectAsync(FrameType.Reauthenticated);
        Assert.StartsWith("""{"accepted":false,""", answer.Text, StringComparison.Ordinal);
        Assert.DoesNotContain("hidden", answer.Text, StringComparison.Ordinal);
        await dialogue.Peer.ExpectSilenceAsync();
    }

    [Fact]
    public async Task A_decision_has_the_time_of_a_handshake_and_an_application_that_ignores_its_token_is_not_called_again_meanwhile()
    {
        var stubborn = new ManualReauthenticator { LooksAtToken = false };
        var time = new FakeTime();
        await using Dialogue dialogue = await StartAsync(stubborn, time);
        await AskAsync(dialogue);
        ManualReauthenticator.Question first = await stubborn.NextAsync();
        time.Advance(TimeSpan.FromSeconds(15) - TimeSpan.FromMilliseconds(1));
        await dialogue.Peer.ExpectSilenceAsync();
        time.Advance(TimeSpan.FromMilliseconds(1));
        Assert.Contains("in time", (await dialogue.Peer.ExpectAsync(FrameType.Reauthenticated)).Text, StringComparison.Ordinal);

        await AskAsync(dialogue);
        await dialogue.Peer.ExpectSilenceAsync();
        Assert.Equal(0, stubborn.Waiting);
        first.Accept("too late");
        ManualReauthenticator.Question second = await stubborn.NextAsync();
        second.Accept("ann");
        await ExpectAnswerAsync(dialogue, """{"accepted":true}""");
        Assert.Equal("ann", dialogue.Connection.Public.User!.Identity!.Name);
        Assert.Equal(1, stubborn.Accepted);
    }

    [Fact]
    public async Task A_connection_that_ends_meanwhile_takes_the_decision_with_it()
    {
        await using Dialogue dialogue = await StartAsync();
        await AskAsync(dialogue);
        ManualReauthenticator.Question question = await _application.NextAsync();
        dialogue.Peer.Vanish();
        await dialogue.ExpectFailureAsync(SocketRestErrorCode.ConnectionLost);
        await Patience.UntilAsync(() => question.Token.IsCancellationRequested);
        question.Accept("ann");
        Assert.Null(dialogue.Connection.Public.User);
        Assert.Equal(0, _application.Accepted);
    }

    [Fact]
    public async Task A_sentence_is_as_long_as_all_others()
    {
        await using Dialogue dialogue = await StartAsync();
        await AskAsync(dialogue);
        (await _application.NextAsync()).Refuse(new string('é', 300));
        await ExpectAnswerAsync(dialogue, $$"""{"accepted":false,"message":"{{string.Concat(Enumerable.Repeat(@"\u00E9", 256))}}"}""");
    }

    [Fact]
    public async Task WELCOME_says_that_it_is_taken()
    {
        (System.Net.WebSockets.WebSocket dialling, System.Net.WebSockets.WebSocket accepting) = SocketPair.Create();
        using var peer = dialling;
        _ = new Handshake(new Transport.WebSocketTransport(accepting), new SocketRestOptions(), null, Microsoft.Extensions.Logging.Abstractions.NullLogger.Instance)
            .AcceptAsync(new ConnectionIdentity { Id = "test", Reauthenticator = _application }, CancellationToken.None);
        Assert.True((await new RawPeer(dialling).DialAsync(Dialogue.QuietSettings)).Reauthenticate);
    }

    private Task<Dialogue> StartAsync(ManualReauthenticator? application = null, FakeTime? time = null) => Dialogue.StartAsync(
        options: new SocketRestOptions { TimeProvider = time ?? TimeProvider.System, HeartbeatInterval = Timeout.InfiniteTimeSpan },
        reauthenticator: application ?? _application);

    private static Task AskAsync(Dialogue dialogue) =>
        dialogue.Peer.SendBytesAsync(Frames.Json(FrameType.Reauthenticate, """{"scheme":"Bearer","credential":"new hidden"}"""));

    private static async Task ExpectAnswerAsync(Dialogue dialogue, string json) =>
        Assert.Equal(json, (await dialogue.Peer.ExpectAsync(FrameType.Reauthenticated)).Text);
}
