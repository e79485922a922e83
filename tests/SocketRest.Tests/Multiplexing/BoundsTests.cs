using System.Text.RegularExpressions;
using SocketRest.Protocol;
using SocketRest.Tests.Dialogues;

namespace SocketRest.Tests.Multiplexing;

/// <summary>Bounds of the README's table at which nothing else comes: the last that is taken, and the first that is not.</summary>
public sealed partial class BoundsTests
{
    private static readonly (string Name, string Value)[] s_get = [(":method", "GET"), (":scheme", "http"), (":authority", "device"), (":path", "/")];

    [Theory]
    [InlineData(32_768, true)]
    [InlineData(32_769, false)]
    public Task Header_list_has_32768_bytes_with_32_for_each_field(int bytes, bool fits)
    {
        int rest = bytes - s_get.Sum(field => field.Name.Length + field.Value.Length + 32) - 32 - 1;
        return AskAsync([.. s_get, ("x", new string('x', rest))], fits);
    }

    [Theory]
    [InlineData(200, true)]
    [InlineData(201, false)]
    public Task Header_list_has_200_fields(int fields, bool fits) =>
        AskAsync([.. s_get, .. Enumerable.Range(0, fields - s_get.Length).Select(i => ($"x{i}", "1"))], fits);

    [Theory]
    [InlineData(65_535, true)]
    [InlineData(65_536, false)]
    public async Task Header_block_that_is_sent_has_65535_bytes(int bytes, bool fits)
    {
        await using Dialogue dialogue = await Dialogue.StartAsync(peerDials: false);
        using HttpClient client = dialogue.CreateClient();

        // A length that is far too large says how much the rest of the block takes.
        HttpRequestException failure = await Assert.ThrowsAsync<HttpRequestException>(() => SendAsync(100_000).Soon());
        int rest = int.Parse(Bytes().Match(failure.InnerException!.Message).Groups[1].Value, System.Globalization.CultureInfo.InvariantCulture) - 100_000;
        Task<HttpResponseMessage> call = SendAsync(bytes - rest);
        if (fits)
        {
            await dialogue.Peer.ExpectHeadersAsync(1);
            await dialogue.Peer.SendResponseAsync(1, endStream: true);
            (await call.Soon()).Dispose();
            return;
        }

        var refusal = (SocketRestException)(await Assert.ThrowsAsync<HttpRequestException>(() => call.Soon())).InnerException!;
        Assert.Equal((SocketRestErrorCode.InvalidRequest, RequestOutcome.NotSent), (refusal.ErrorCode, refusal.Outcome));
        await dialogue.Peer.ExpectSilenceAsync();

        Task<HttpResponseMessage> SendAsync(int length)
        {
            var request = new HttpRequestMessage(HttpMethod.Get, "");
            request.Headers.TryAddWithoutValidation("x", new string('x', length));
            return client.SendAsync(request);
        }
    }

    [Theory]
    [InlineData(256, true)]
    [InlineData(257, false)]
    public async Task Name_and_instance_have_256_characters(int length, bool fits)
    {
        await GreetAsync($$"""{"versions":[1],"settings":{},"name":"{{new string('n', length)}}"}""", fits);
        await GreetAsync($$"""{"versions":[1],"settings":{},"instance":"{{new string('i', length)}}"}""", fits);
    }

    [Theory]
    [InlineData(16, true)]
    [InlineData(17, false)]
    public Task Message_of_the_handshake_has_16_levels(int levels, bool fits) => GreetAsync(
        $$"""{"versions":[1],"settings":{},"metadata":{{string.Concat(Enumerable.Repeat("{\"a\":", levels - 2))}}{}{{new string('}', levels - 2)}}}""", fits);

    [Fact]
    public Task Message_of_the_handshake_fills_a_frame()
    {
        const string Rest = """{"versions":[1],"settings":{},"metadata":{"a":""}}""";
        return GreetAsync(Rest.Replace("\"\"", $"\"{new string('a', 65_535 - Rest.Length)}\"", StringComparison.Ordinal), fits: true);
    }

    [Theory]
    [InlineData(16, true)]
    [InlineData(17, false)]
    public async Task Answers_that_wait_have_16_bytes_of_data_for_each_frame_that_may(int pings, bool fits)
    {
        await using Dialogue dialogue = await Dialogue.StartAsync(
            capacity: 16, options: new SocketRestOptions { MaxQueuedControlFrames = 1024, HeartbeatInterval = Timeout.InfiniteTimeSpan });

        // The first answer goes to the socket, which takes no more after it. Sixteen times 1,024 bytes is what may wait, and the frame that goes beyond.
        await dialogue.Peer.SendPingAsync(1);
        await Patience.UntilAsync(() => dialogue.Connection.Sender.MessageUnderWay != 0);
        await dialogue.Peer.SendBytesAsync([.. Enumerable.Repeat(Frames.Ping(2, data: new byte[1024]), pings).SelectMany(frame => frame)]);
        if (fits)
        {
            for (int i = 0; i <= pings; i++)
            {
                await dialogue.Peer.ExpectAsync(FrameType.Ping);
            }

            await dialogue.Peer.ExpectSilenceAsync();
            return;
        }

        await Patience.UntilAsync(() => dialogue.Connection.IsEnded);
        dialogue.Peer.Vanish();
        await dialogue.ExpectFailureAsync(SocketRestErrorCode.EnhanceYourCalm);
    }

    private static async Task AskAsync((string Name, string Value)[] fields, bool fits)
    {
        await using Dialogue dialogue = await Dialogue.StartAsync();
        await dialogue.Peer.SendHeadersAsync(1, endStream: true, fields);
        if (fits)
        {
            (await dialogue.Server.NextCallAsync()).Respond();
            await dialogue.Peer.ExpectHeadersAsync(1);
        }
        else
        {
            await dialogue.Peer.ExpectResetAsync(1, SocketRestErrorCode.HeadersTooLarge);
        }

        await dialogue.Peer.ExpectSilenceAsync();
    }

    private static async Task GreetAsync(string hello, bool fits)
    {
        using var attempt = new HandshakeAttempt(peerDials: true);
        await attempt.Peer.SendBytesAsync(Frames.Json(FrameType.Hello, hello));
        if (!fits)
        {
            await attempt.Peer.ExpectRefusalAsync(SocketRestErrorCode.ProtocolError);
            await attempt.Peer.ExpectCloseAsync();
            await attempt.ExpectFailureAsync(SocketRestErrorCode.ProtocolError);
            return;
        }

        await attempt.Peer.ExpectAsync(FrameType.Welcome);
        await attempt.Peer.SendBytesAsync(Frames.Json(FrameType.Ready, "{}"));
        await attempt.CloseAsync();
    }

    [GeneratedRegex(@"(\d+) bytes; 65535")]
    private static partial Regex Bytes();
}
