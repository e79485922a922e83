using System.Net;
using SocketRest.Protocol;
using SocketRest.Tests.Dialogues;

namespace SocketRest.Tests.Http;

/// <summary>Requests whose head or content does not do what it should.</summary>
public sealed class RequestContentDialogueTests
{
    [Theory]
    [InlineData("a\r\nb")]
    [InlineData("a\nb")]
    [InlineData("a\rb")]
    [InlineData("a\0b")]
    public async Task A_value_that_could_forge_a_field_is_rejected_before_anything_is_sent(string value)
    {
        await using Dialogue dialogue = await Dialogue.StartAsync(false);
        using HttpClient client = dialogue.CreateClient();
        using var request = new HttpRequestMessage(HttpMethod.Get, "");
        request.Headers.TryAddWithoutValidation("x", value);
        await ExpectRejectedAsync(dialogue, client, request);
    }

    [Fact]
    public async Task A_header_block_above_65535_bytes_is_rejected_before_anything_is_sent()
    {
        await using Dialogue dialogue = await Dialogue.StartAsync(false);
        using HttpClient client = dialogue.CreateClient();
        using var request = new HttpRequestMessage(HttpMethod.Get, "");
        request.Headers.TryAddWithoutValidation("x", new string('x', 65_500));
        await ExpectRejectedAsync(dialogue, client, request);
    }

    [Fact]
    public async Task A_header_block_of_almost_65535_bytes_goes_through()
    {
        await using Dialogue dialogue = await Dialogue.StartAsync(false);
        using HttpClient client = dialogue.CreateClient();
        using var request = new HttpRequestMessage(HttpMethod.Get, "");
        request.Headers.TryAddWithoutValidation("x", new string('x', 65_400));
        Task<HttpResponseMessage> asking = client.SendAsync(request);
        Assert.Equal(65_400, (await dialogue.Peer.ExpectHeadersAsync(1))["x"]!.Length);
        await dialogue.Peer.SendResponseAsync(1, endStream: true);
        (await asking.Soon()).Dispose();
    }

    [Fact]
    public async Task Content_that_throws_fails_the_call_and_resets_the_stream()
    {
        await using Dialogue dialogue = await Dialogue.StartAsync(false);
        using HttpClient client = dialogue.CreateClient();
        var why = new InvalidDataException("No more to say.");
        using var content = new ScriptedContent(null, async stream =>
        {
            await stream.WriteAsync(new byte[100]);
            await stream.FlushAsync();
            throw why;
        });
        HttpRequestException failure = await Assert.ThrowsAsync<HttpRequestException>(() => client.PostAsync("", content).Soon());
        Assert.Same(why, failure.InnerException);
        await ExpectResetOrNothingAsync(dialogue);
    }

    [Theory]
    [InlineData(10, 9)]
    [InlineData(10, 11)]
    [InlineData(0, 1)]
    [InlineData(100_000, 99_999)]
    public async Task Content_that_does_not_keep_its_length_never_ends_well(int declared, int written)
    {
        await using Dialogue dialogue = await Dialogue.StartAsync(false, peerSettings: Dialogue.QuietSettings with { StreamWindow = 1 << 20 });
        using HttpClient client = dialogue.CreateClient();
        using var content = new ScriptedContent(declared, stream => stream.WriteAsync(new byte[written]).AsTask());
        await Assert.ThrowsAsync<HttpRequestException>(() => client.PostAsync("", content).Soon());
        await ExpectResetOrNothingAsync(dialogue);
    }

    [Fact]
    public async Task Expect_continue_holds_the_content_back_until_100()
    {
        await using Dialogue dialogue = await Dialogue.StartAsync(false, new SocketRestOptions { TimeProvider = new FakeTime() });
        using HttpClient client = dialogue.CreateClient();
        Task<HttpResponseMessage> asking = ExpectingAsync(client);
        Assert.Equal("100-continue", (await dialogue.Peer.ExpectHeadersAsync(1))["expect"]);
        await dialogue.Peer.ExpectSilenceAsync();
        await dialogue.Peer.SendResponseAsync(1, endStream: false, status: 103);
        await dialogue.Peer.ExpectSilenceAsync();
        await dialogue.Peer.SendResponseAsync(1, endStream: false, status: 100);
        Assert.Equal([1, 2, 3], await dialogue.Peer.ReadBodyAsync(1));
        await dialogue.Peer.SendResponseAsync(1, endStream: true);
        Assert.Equal(HttpStatusCode.OK, (await asking.Soon()).StatusCode);
        await dialogue.ExpectNothingLeftAsync();
    }

    [Fact]
    public async Task Expect_continue_does_not_wait_for_ever()
    {
        var time = new FakeTime();
        await using Dialogue dialogue = await Dialogue.StartAsync(false, new SocketRestOptions { TimeProvider = time, HeartbeatInterval = Timeout.InfiniteTimeSpan });
        using HttpClient client = dialogue.CreateClient();
        Task<HttpResponseMessage> asking = ExpectingAsync(client);
        await dialogue.Peer.ExpectHeadersAsync(1);
        await dialogue.Peer.ExpectSilenceAsync();
        await Patience.UntilAsync(() => time.Armed > 0);
        time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal([1, 2, 3], await dialogue.Peer.ReadBodyAsync(1));
        await dialogue.Peer.SendResponseAsync(1, endStream: true);
        await asking.Soon();
    }

    [Fact]
    public async Task Expect_continue_sends_the_content_when_the_answer_is_positive()
    {
        await using Dialogue dialogue = await Dialogue.StartAsync(false, new SocketRestOptions { TimeProvider = new FakeTime() });
        using HttpClient client = dialogue.CreateClient();
        Task<HttpResponseMessage> asking = ExpectingAsync(client);
        await dialogue.Peer.ExpectHeadersAsync(1);
        await dialogue.Peer.SendResponseAsync(1, endStream: true);
        await asking.Soon();
        Assert.Equal([1, 2, 3], await dialogue.Peer.ReadBodyAsync(1));
        await dialogue.ExpectNothingLeftAsync();
    }

    [Fact]
    public async Task Expect_continue_sends_no_content_when_the_answer_is_negative_and_gives_the_stream_back()
    {
        var time = new FakeTime();
        await using Dialogue dialogue = await Dialogue.StartAsync(false, new SocketRestOptions { TimeProvider = time, HeartbeatInterval = Timeout.InfiniteTimeSpan });
        using HttpClient client = dialogue.CreateClient();
        Task<HttpResponseMessage> asking = ExpectingAsync(client);
        await dialogue.Peer.ExpectHeadersAsync(1);
        await dialogue.Peer.SendResponseAsync(1, endStream: false, status: 417);
        await dialogue.Peer.SendDataAsync(1, "no"u8.ToArray(), endStream: true);
        using HttpResponseMessage response = await asking.Soon();
        Assert.Equal("no", await response.Content.ReadAsStringAsync().Soon());
        time.Advance(TimeSpan.FromSeconds(2));
        await dialogue.Peer.ExpectResetAsync(1, SocketRestErrorCode.Cancelled);
        await dialogue.ExpectNothingLeftAsync();
    }

    [Fact]
    public async Task Expect_continue_does_not_touch_the_content_of_a_call_that_failed()
    {
        var time = new FakeTime();
        await using Dialogue dialogue = await Dialogue.StartAsync(false, new SocketRestOptions { TimeProvider = time, HeartbeatInterval = Timeout.InfiniteTimeSpan });
        using HttpClient client = dialogue.CreateClient();
        bool read = false;
        using var content = new ScriptedContent(3, stream =>
        {
            read = true;
            return Task.CompletedTask;
        });
        Task<HttpResponseMessage> asking = ExpectingAsync(client, content);
        await dialogue.Peer.ExpectHeadersAsync(1);
        await dialogue.Peer.SendResetAsync(1, SocketRestErrorCode.RefusedStream);
        await Assert.ThrowsAsync<HttpRequestException>(() => asking.Soon());
        time.Advance(TimeSpan.FromSeconds(2));
        await dialogue.Peer.ExpectSilenceAsync();
        Assert.False(read);
        await dialogue.ExpectNothingLeftAsync();
    }

    [Theory]
    [InlineData(307, true)]
    [InlineData(308, true)]
    [InlineData(307, false)]
    public async Task A_redirect_that_keeps_the_content_waits_until_the_first_upload_has_let_go_of_it(int status, bool stopped)
    {
        await using Dialogue dialogue = await Dialogue.StartAsync(false, peerSettings: Dialogue.QuietSettings with { StreamWindow = 1_000 });
        using HttpClient client = dialogue.CreateClient();
        int writing = 0;
        int most = 0;
        var letGo = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using var content = new ScriptedContent(null, async stream =>
        {
            most = Math.Max(most, Interlocked.Increment(ref writing));
            try
            {
                for (int i = 0; i < 20; i++)
                {
                    await stream.WriteAsync(new byte[16 * 1024]);
                }
            }
            finally
            {
                await letGo.Task;
                Interlocked.Decrement(ref writing);
            }
        });
        Task<HttpResponseMessage> asking = client.PostAsync("", content);
        await dialogue.Peer.ExpectHeadersAsync(1);
        await dialogue.Peer.ExpectDataAsync(1);
        await dialogue.Peer.SendResponseAsync(1, endStream: true, status, ("location", "/b"));
        if (stopped)
        {
            await dialogue.Peer.SendResetAsync(1, SocketRestErrorCode.None);
        }

        await dialogue.Peer.ExpectResetAsync(1, SocketRestErrorCode.Cancelled);
        await dialogue.Peer.ExpectSilenceAsync();
        letGo.SetResult();
        Assert.Equal("/b", (await dialogue.Peer.ExpectHeadersAsync(3))[":path"]);
        Assert.Equal(20 * 16 * 1024, (await dialogue.Peer.ReadBodyAsync(3, grant: true)).Length);
        await dialogue.Peer.SendResponseAsync(3, endStream: true);
        Assert.Equal(HttpStatusCode.OK, (await asking.Soon()).StatusCode);
        Assert.Equal(1, most);
        await dialogue.ExpectNothingLeftAsync();
    }

    private static async Task<HttpResponseMessage> ExpectingAsync(HttpClient client, HttpContent? content = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "") { Content = content ?? new ByteArrayContent([1, 2, 3]) };
        request.Headers.ExpectContinue = true;
        HttpResponseMessage response = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        request.Content = null;
        return response;
    }

    /// <summary>A request whose content failed before its head was committed leaves no trace; otherwise it is reset, and never seems complete.</summary>
    private static async Task ExpectResetOrNothingAsync(Dialogue dialogue)
    {
        await dialogue.ExpectNothingLeftAsync();
        await dialogue.Peer.SendPingAsync(1);
        await dialogue.Peer.SendPingAsync(2);
        var seen = new List<RawFrame>();
        while (seen.Count(frame => frame.Type == FrameType.Ping) < 2)
        {
            seen.Add(await dialogue.Peer.ReceiveAsync());
        }

        Assert.DoesNotContain(seen, frame => frame.Type is FrameType.Headers or FrameType.Data && frame.EndStream);
        Assert.Equal(
            seen.Count(frame => frame.Type == FrameType.Headers),
            seen.Count(frame => frame.Type == FrameType.Reset && frame.Code == SocketRestErrorCode.Cancelled));
    }

    private static async Task ExpectRejectedAsync(Dialogue dialogue, HttpClient client, HttpRequestMessage request)
    {
        HttpRequestException failure = await Assert.ThrowsAsync<HttpRequestException>(() => client.SendAsync(request).Soon());
        var reason = Assert.IsType<SocketRestException>(failure.InnerException);
        Assert.Equal(SocketRestErrorCode.InvalidRequest, reason.ErrorCode);
        Assert.Equal(RequestOutcome.NotSent, reason.Outcome);
        await dialogue.Peer.ExpectSilenceAsync();
        await dialogue.ExpectNothingLeftAsync();
    }

    private sealed class ScriptedContent(long? length, Func<Stream, Task> write) : HttpContent
    {
        protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) => write(stream);

        protected override bool TryComputeLength(out long declared)
        {
            declared = length ?? 0;
            return length is not null;
        }
    }
}
