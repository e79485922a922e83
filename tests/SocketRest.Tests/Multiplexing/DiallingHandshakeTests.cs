using System.Text.Json.Nodes;
using SocketRest.Multiplexing;
using SocketRest.Protocol;
using SocketRest.Tests.Dialogues;

namespace SocketRest.Tests.Multiplexing;

/// <summary>This side dials; the peer accepts.</summary>
public sealed class DiallingHandshakeTests
{
    public static TheoryData<string, string> UnusableWelcomes => new()
    {
        { "empty", "" },
        { "null", "null" },
        { "no members", "{}" },
        { "no ID", """{"version":1,"settings":{}}""" },
        { "an empty ID", """{"version":1,"id":"","settings":{}}""" },
        { "an ID that is too long", """{"version":1,"id":"IIII","settings":{}}""".Replace("IIII", new string('i', 257), StringComparison.Ordinal) },
        { "an ID of two lines", """{"version":1,"id":"a\nb","settings":{}}""" },
        { "no settings", """{"version":1,"id":"a"}""" },
        { "null settings", """{"version":1,"id":"a","settings":null}""" },
        { "a window of 0", """{"version":1,"id":"a","settings":{"streamWindow":0}}""" },
        { "metadata that is no object", """{"version":1,"id":"a","settings":{},"metadata":"x"}""" },
    };

    [Theory]
    [MemberData(nameof(UnusableWelcomes))]
    public async Task WELCOME_that_cannot_be_used_ends_the_attempt(string what, string json)
    {
        using var attempt = new HandshakeAttempt(peerDials: false);
        await attempt.Peer.ExpectAsync(FrameType.Hello);
        await attempt.Peer.SendBytesAsync(Frames.Json(FrameType.Welcome, json));
        SocketRestException failure = await attempt.ExpectFailureAsync(SocketRestErrorCode.ProtocolError);
        Assert.True(failure.Message.Length > 10, what);
    }

    [Fact]
    public async Task WELCOME_with_a_version_that_was_not_offered_ends_the_attempt()
    {
        using var attempt = new HandshakeAttempt(peerDials: false);
        await attempt.Peer.ExpectAsync(FrameType.Hello);
        await attempt.Peer.SendBytesAsync(Frames.Json(FrameType.Welcome, """{"version":2,"id":"a","settings":{}}"""));
        await attempt.ExpectFailureAsync(SocketRestErrorCode.VersionNotSupported);
    }

    [Fact]
    public async Task The_stream_id_of_WELCOME_is_ignored()
    {
        using var attempt = new HandshakeAttempt(peerDials: false);
        await attempt.Peer.ExpectAsync(FrameType.Hello);
        byte[] welcome = RawPeer.Welcome(Dialogue.QuietSettings);
        welcome[7] = 5;
        await attempt.Peer.SendBytesAsync(welcome);
        await attempt.Peer.ExpectAsync(FrameType.Ready);
        await attempt.CloseAsync();
    }

    [Fact]
    public async Task The_stream_id_of_REFUSE_is_ignored()
    {
        using var attempt = new HandshakeAttempt(peerDials: false);
        await attempt.Peer.ExpectAsync(FrameType.Hello);
        await attempt.Peer.SendFrameAsync(FrameType.Refuse, FrameFlags.None, 5, """{"code":9,"message":"No."}"""u8.ToArray());
        await attempt.ExpectFailureAsync(SocketRestErrorCode.EnhanceYourCalm);
    }

    [Fact]
    public async Task HELLO_says_who_this_is_and_what_it_takes()
    {
        var options = new SocketRestClientOptions
        {
            Name = "kiln-7",
            Instance = "first",
            Metadata = new JsonObject { ["site"] = "north" },
            InitialStreamWindow = 5000,
            MaxConcurrentStreams = 3,
        };
        using var attempt = new HandshakeAttempt(peerDials: false, options);
        HelloMessage hello = await attempt.Peer.AcceptAsync(Dialogue.QuietSettings);
        Assert.Equal([1], hello.Versions);
        Assert.Equal("kiln-7", hello.Name);
        Assert.Equal("first", hello.Instance);
        Assert.Equal("north", hello.Metadata!.Value.GetProperty("site").GetString());
        Assert.Equal(5000, hello.Settings.StreamWindow);
        Assert.Equal(3, hello.Settings.MaxStreams);
        Assert.True(hello.Serves);
        TunnelConnection connection = await attempt.Connecting.Soon();
        Assert.Equal("test", connection.Identity.Id);
        Assert.True(connection.Identity.PeerServes);
        await attempt.CloseAsync();
    }

    [Fact]
    public async Task REFUSE_gives_its_code_its_sentence_and_when_to_come_back()
    {
        SocketRestException failure = await RefusedWith("""{"code":9,"message":"Too many of you.","retryAfter":2500}""", SocketRestErrorCode.EnhanceYourCalm);
        Assert.Contains("Too many of you.", failure.Message, StringComparison.Ordinal);
        Assert.Equal(TimeSpan.FromMilliseconds(2500), failure.RetryAfter);
    }

    [Theory]
    [InlineData("""{"code":0,"message":"No."}""")]
    [InlineData("""{"code":99,"message":"No."}""")]
    [InlineData("""{"code":-1,"message":"No."}""")]
    [InlineData("""{"code":100,"message":"Says that the socket was lost."}""")]
    [InlineData("""{"code":16,"message":null,"retryAfter":-5}""")]
    [InlineData("""{"code":16,"message":"No.","retryAfter":9223372036854775807}""")]
    public async Task REFUSE_with_a_strange_code_is_a_refusal_all_the_same(string json)
    {
        SocketRestException failure = await RefusedWith(json, SocketRestErrorCode.HandshakeRefused);
        Assert.Null(failure.RetryAfter);
    }

    [Fact]
    public async Task REFUSE_cannot_forge_a_line_of_the_log()
    {
        SocketRestException failure = await RefusedWith("""{"code":16,"message":"a\r\nb\u0085c\u2028d\u007fe"}""", SocketRestErrorCode.HandshakeRefused);
        Assert.EndsWith("a  b c d e", failure.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("{}")]
    [InlineData("""{"code":"much","message":"No."}""")]
    public async Task REFUSE_that_cannot_be_read_is_an_error(string json) => await RefusedWith(json, SocketRestErrorCode.ProtocolError);

    [Fact]
    public async Task A_peer_that_answers_with_text_is_no_SocketRest()
    {
        using var attempt = new HandshakeAttempt(peerDials: false);
        await attempt.Peer.ExpectAsync(FrameType.Hello);
        await attempt.Peer.SendTextAsync("welcome");
        await attempt.ExpectFailureAsync(SocketRestErrorCode.NotSocketRest);
    }

    [Fact]
    public async Task An_echo_is_no_SocketRest()
    {
        using var attempt = new HandshakeAttempt(peerDials: false);
        RawFrame hello = await attempt.Peer.ExpectAsync(FrameType.Hello);
        await attempt.Peer.SendFrameAsync(FrameType.Hello, FrameFlags.None, 0, hello.Payload);
        await attempt.ExpectFailureAsync(SocketRestErrorCode.NotSocketRest);
    }

    private static async Task<SocketRestException> RefusedWith(string json, SocketRestErrorCode expected)
    {
        using var attempt = new HandshakeAttempt(peerDials: false);
        await attempt.Peer.ExpectAsync(FrameType.Hello);
        await attempt.Peer.SendBytesAsync(Frames.Json(FrameType.Refuse, json));
        return await attempt.ExpectFailureAsync(expected);
    }
}
