using System.Text;
using SocketRest.Multiplexing;
using SocketRest.Protocol;
using SocketRest.Tests.Dialogues;

namespace SocketRest.Tests.Multiplexing;

/// <summary>The peer dials; this side accepts.</summary>
public sealed class AcceptingHandshakeTests
{
    private static readonly string s_deep = string.Concat(Enumerable.Repeat("{\"a\":", 40)) + "1" + new string('}', 40);

    public static TheoryData<string, string> UnusableHellos => new()
    {
        { "empty", "" },
        { "null", "null" },
        { "no object", "[1]" },
        { "no members", "{}" },
        { "cut off", """{"versions":[1],"settings":{""" },
        { "no settings", """{"versions":[1]}""" },
        { "null settings", """{"versions":[1],"settings":null}""" },
        { "null versions", """{"versions":null,"settings":{}}""" },
        { "versions of a wrong type", """{"versions":"1","settings":{}}""" },
        { "a version that is no integer", """{"versions":[1.5],"settings":{}}""" },
        { "a version that is no number", """{"versions":["1",1],"settings":{}}""" },
        { "versions that are no array", """{"versions":{"a":1},"settings":{}}""" },
        { "settings of a wrong type", """{"versions":[1],"settings":3}""" },
        { "a setting of a wrong type", """{"versions":[1],"settings":{"streamWindow":"big"}}""" },
        { "a window of 0", """{"versions":[1],"settings":{"streamWindow":0}}""" },
        { "a window above 2^31-1", """{"versions":[1],"settings":{"streamWindow":2147483648}}""" },
        { "a negative stream limit", """{"versions":[1],"settings":{"maxStreams":-1}}""" },
        { "a header list that holds nothing", """{"versions":[1],"settings":{"maxHeaderList":10}}""" },
        { "a negative header table", """{"versions":[1],"settings":{"headerTable":-1}}""" },
        { "a negative replay buffer", """{"versions":[1],"settings":{"replayBuffer":-1}}""" },
        { "an empty name", """{"versions":[1],"settings":{},"name":""}""" },
        { "a name that is too long", $$"""{"versions":[1],"settings":{},"name":"{{new string('n', 257)}}"}""" },
        { "an instance that is too long", $$"""{"versions":[1],"settings":{},"instance":"{{new string('i', 257)}}"}""" },
        { "a name of two lines", """{"versions":[1],"settings":{},"name":"kiln\r\nforged"}""" },
        { "an instance with NUL", """{"versions":[1],"settings":{},"instance":"a\u0000b"}""" },
        { "metadata that is no object", """{"versions":[1],"settings":{},"metadata":[1]}""" },
        { "metadata that is too deep", $$"""{"versions":[1],"settings":{},"metadata":{{s_deep}}}""" },
    };

    [Theory]
    [MemberData(nameof(UnusableHellos))]
    public async Task HELLO_that_cannot_be_used_is_refused_with_a_reason(string what, string json)
    {
        using var attempt = new HandshakeAttempt(peerDials: true);
        await attempt.Peer.SendBytesAsync(Frames.Json(FrameType.Hello, json));
        RefuseMessage refusal = await RefusalOf(attempt);
        Assert.True(refusal.Code == SocketRestErrorCode.ProtocolError, what);
        Assert.NotEmpty(refusal.Message);
        await attempt.ExpectFailureAsync(SocketRestErrorCode.ProtocolError);
    }

    [Fact]
    public async Task HELLO_with_broken_UTF8_is_refused()
    {
        using var attempt = new HandshakeAttempt(peerDials: true);
        byte[] json = [.. """{"versions":[1],"settings":{},"name":"k"""u8, 0xC3, 0x28, .. "\"}"u8];
        await attempt.Peer.SendFrameAsync(FrameType.Hello, FrameFlags.None, 0, json);
        await attempt.ExpectFailureAsync(SocketRestErrorCode.ProtocolError);
    }

    [Theory]
    [InlineData("3,2")]
    [InlineData("99999999999")]
    [InlineData("")]
    public async Task HELLO_without_version_1_is_refused(string versions)
    {
        using var attempt = new HandshakeAttempt(peerDials: true);
        await attempt.Peer.SendBytesAsync(Frames.Json(FrameType.Hello, $$$"""{"versions":[{{{versions}}}],"settings":{}}"""));
        Assert.Equal(SocketRestErrorCode.VersionNotSupported, (await RefusalOf(attempt)).Code);
        await attempt.ExpectFailureAsync(SocketRestErrorCode.VersionNotSupported);
    }

    [Theory]
    [InlineData("""{"versions":[3,2],"settings":{}}""")]
    [InlineData("""{"versions":[1],"settings":{"streamWindow":0}}""")]
    [InlineData("""{"versions":[1],"settings":{},"name":""}""")]
    [InlineData("""{"versions":[1],"settings":{},"metadata":[1]}""")]
    [InlineData("""{"versions":[1],"settings":{},"resume":{"id":"x","token":"y","received":0,"attempt":1}}""")]
    [InlineData(null)]
    public async Task Peer_that_spoils_the_handshake_makes_nobody_throw(string? hello)
    {
        using var thrown = new ThrownExceptions();
        using HandshakeAttempt attempt = thrown.Of(() => new HandshakeAttempt(peerDials: true));
        await attempt.Peer.SendBytesAsync(hello is null ? "GET / HTTP/1.1\r\n\r\n"u8.ToArray() : Frames.Json(FrameType.Hello, hello));
        await RefusalOf(attempt);
        await attempt.Peer.SendCloseAsync();
        HandshakeResult result = await attempt.Result.Soon();
        Assert.IsType<SocketRestException>(result.Failure);
        Assert.Null(result.Connection);
        Assert.Empty(thrown.All);
    }

    [Fact]
    public async Task HELLO_of_a_newer_peer_is_understood()
    {
        using var attempt = new HandshakeAttempt(peerDials: true);
        await attempt.Peer.SendBytesAsync(Frames.Json(
            FrameType.Hello,
            """{"future":{"deep":[1,2,{"x":null}]},"versions":[1099511627776,99999999999999999999999,-1,2,1],"settings":{"streamWindow":5000,"newSetting":true},"name":"kiln","instance":"a","metadata":{"site":"north"},"serves":true}"""));
        RawFrame answer = await attempt.Peer.ReceiveAsync();
        Assert.True(answer.Type == FrameType.Welcome, answer.Text);
        WelcomeMessage welcome = RawPeer.Parse(answer, HandshakeJson.Default.WelcomeMessage);
        Assert.Equal(1, welcome.Version);
        Assert.Equal("test", welcome.Id);
        await attempt.Peer.SendBytesAsync(Frames.Json(FrameType.Ready, """{"future":1}"""));
        TunnelConnection connection = await attempt.Connecting.Soon();
        Assert.Equal("kiln", connection.Identity.Name);
        Assert.Equal("a", connection.Identity.Instance);
        Assert.Equal("north", connection.Identity.Metadata.GetProperty("site").GetString());
        Assert.True(connection.Identity.PeerServes);
        Assert.Equal(5000, connection.RemoteSettings.StreamWindow);
        await attempt.CloseAsync();
    }

    [Theory]
    [InlineData("GET / HTTP/1.1\r\nHost: device\r\n\r\n")]
    [InlineData("{\"protocol\":\"json\",\"version\":1}\u001e")]
    [InlineData("\u0001\u0000\u0000\u0002\u0000\u0000\u0000\u0007{}")]
    public async Task A_peer_that_is_no_SocketRest_is_told_so(string bytes)
    {
        using var attempt = new HandshakeAttempt(peerDials: true);
        await attempt.Peer.SendBytesAsync(Encoding.Latin1.GetBytes(bytes));
        Assert.Equal(SocketRestErrorCode.ProtocolError, (await RefusalOf(attempt)).Code);
        await attempt.ExpectFailureAsync(SocketRestErrorCode.NotSocketRest);
    }

    [Fact]
    public async Task A_text_message_is_no_SocketRest()
    {
        using var attempt = new HandshakeAttempt(peerDials: true);
        await attempt.Peer.SendTextAsync("hello");
        await attempt.ExpectFailureAsync(SocketRestErrorCode.NotSocketRest);
    }

    [Theory]
    [InlineData(FrameType.Welcome)]
    [InlineData(FrameType.Ready)]
    [InlineData(FrameType.Refuse)]
    [InlineData(FrameType.Ping)]
    [InlineData(FrameType.Headers)]
    [InlineData(FrameType.GoAway)]
    public async Task Another_frame_where_HELLO_is_due_is_an_error(object type)
    {
        using var attempt = new HandshakeAttempt(peerDials: true);
        await attempt.Peer.SendFrameAsync((FrameType)type, FrameFlags.None, 0, "{}"u8.ToArray());
        await attempt.ExpectFailureAsync(SocketRestErrorCode.ProtocolError);
    }

    [Fact]
    public async Task Another_frame_where_READY_is_due_is_an_error()
    {
        using var attempt = new HandshakeAttempt(peerDials: true);
        await attempt.Peer.SendBytesAsync(RawPeer.Hello(Dialogue.QuietSettings));
        await attempt.Peer.ExpectAsync(FrameType.Welcome);
        await attempt.Peer.SendBytesAsync(RawPeer.Hello(Dialogue.QuietSettings));
        Assert.Equal(SocketRestErrorCode.ProtocolError, (await RefusalOf(attempt)).Code);
        await attempt.ExpectFailureAsync(SocketRestErrorCode.ProtocolError);
    }

    [Fact]
    public async Task The_stream_id_of_READY_is_ignored()
    {
        using var attempt = new HandshakeAttempt(peerDials: true);
        await attempt.Peer.SendBytesAsync(RawPeer.Hello(Dialogue.QuietSettings));
        await attempt.Peer.ExpectAsync(FrameType.Welcome);
        await attempt.Peer.SendFrameAsync(FrameType.Ready, FrameFlags.None, 7, "{}"u8.ToArray());
        await attempt.CloseAsync();
    }

    [Fact]
    public async Task The_stream_id_of_REFUSE_in_place_of_READY_is_ignored()
    {
        using var attempt = new HandshakeAttempt(peerDials: true);
        await attempt.Peer.SendBytesAsync(RawPeer.Hello(Dialogue.QuietSettings));
        await attempt.Peer.ExpectAsync(FrameType.Welcome);
        await attempt.Peer.SendFrameAsync(FrameType.Refuse, FrameFlags.None, 7, """{"code":20,"message":"No."}"""u8.ToArray());
        await attempt.ExpectFailureAsync(SocketRestErrorCode.ResumeFailed);
    }

    [Fact]
    public async Task HELLO_byte_by_byte_is_as_good_as_in_one_piece()
    {
        using var attempt = new HandshakeAttempt(peerDials: true);
        foreach (byte single in RawPeer.Hello(Dialogue.QuietSettings, "kiln"))
        {
            await attempt.Peer.SendBytesAsync(single);
        }

        await attempt.Peer.ExpectAsync(FrameType.Welcome);
        await attempt.Peer.SendBytesAsync(Frames.Json(FrameType.Ready, "{}"));
        TunnelConnection connection = await attempt.Connecting.Soon();
        Assert.Equal("kiln", connection.Identity.Name);
        await attempt.CloseAsync();
    }

    [Fact]
    public async Task What_follows_READY_in_the_same_message_is_not_lost()
    {
        using var attempt = new HandshakeAttempt(peerDials: true);
        await attempt.Peer.SendBytesAsync(RawPeer.Hello(Dialogue.QuietSettings));
        await attempt.Peer.ExpectAsync(FrameType.Welcome);
        await attempt.Peer.SendBytesAsync([.. Frames.Json(FrameType.Ready, "{}"), .. Frames.Ping(7), .. Frames.Ping(8)[..5]]);
        Assert.Equal(7ul, (await attempt.Peer.ExpectAsync(FrameType.Ping)).LongNumber);
        await attempt.Peer.SendBytesAsync(Frames.Ping(8)[5..]);
        Assert.Equal(8ul, (await attempt.Peer.ExpectAsync(FrameType.Ping)).LongNumber);
        await attempt.CloseAsync();
    }

    private static async Task<RefuseMessage> RefusalOf(HandshakeAttempt attempt)
    {
        RefuseMessage refusal = RawPeer.Parse(await attempt.Peer.ExpectAsync(FrameType.Refuse), HandshakeJson.Default.RefuseMessage);
        await attempt.Peer.ExpectCloseAsync();
        return refusal;
    }
}
