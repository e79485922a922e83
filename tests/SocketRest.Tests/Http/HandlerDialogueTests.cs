using System.Net;
using System.Runtime.CompilerServices;
using SocketRest.Tests.Dialogues;

namespace SocketRest.Tests.Http;

/// <summary>What users of HttpClient see of a tunnel, with a peer that does what a real application would not.</summary>
public sealed class HandlerDialogueTests
{
    [Fact]
    public async Task A_connection_that_is_lost_is_an_HttpRequestException_that_says_whether_the_request_may_have_run()
    {
        await using Dialogue dialogue = await Dialogue.StartAsync(false);
        using HttpClient client = dialogue.CreateClient();
        Task<HttpResponseMessage> asking = client.GetAsync("");
        await dialogue.Peer.ExpectHeadersAsync(1);
        dialogue.Peer.Vanish();
        HttpRequestException failure = await Assert.ThrowsAsync<HttpRequestException>(() => asking.Soon());
        Assert.Equal(HttpRequestError.ConnectionError, failure.HttpRequestError);
        var reason = Assert.IsType<SocketRestException>(failure.InnerException);
        Assert.Equal(SocketRestErrorCode.ConnectionLost, reason.ErrorCode);
        Assert.Equal(RequestOutcome.MaybeExecuted, reason.Outcome);

        HttpRequestException next = await Assert.ThrowsAsync<HttpRequestException>(() => client.GetAsync("").Soon());
        Assert.Equal(RequestOutcome.NotSent, Assert.IsType<SocketRestException>(next.InnerException).Outcome);
    }

    [Theory]
    [InlineData(SocketRestErrorCode.RefusedStream, HttpRequestError.HttpProtocolError)]
    [InlineData(SocketRestErrorCode.MalformedMessage, HttpRequestError.InvalidResponse)]
    [InlineData(SocketRestErrorCode.HeadersTooLarge, HttpRequestError.ConfigurationLimitExceeded)]
    [InlineData(SocketRestErrorCode.ApplicationAborted, HttpRequestError.ResponseEnded)]
    [InlineData(SocketRestErrorCode.Draining, HttpRequestError.ConnectionError)]
    [InlineData(SocketRestErrorCode.Unauthorized, HttpRequestError.UserAuthenticationError)]
    public async Task RESET_is_an_HttpRequestException_of_its_kind(SocketRestErrorCode code, HttpRequestError error)
    {
        await using Dialogue dialogue = await Dialogue.StartAsync(false);
        using HttpClient client = dialogue.CreateClient();
        Task<HttpResponseMessage> asking = client.GetAsync("");
        await dialogue.Peer.ExpectHeadersAsync(1);
        await dialogue.Peer.SendResetAsync(1, code, "Because.");
        HttpRequestException failure = await Assert.ThrowsAsync<HttpRequestException>(() => asking.Soon());
        Assert.Equal(error, failure.HttpRequestError);
        Assert.Equal("Because.", failure.Message);
        Assert.Equal(code, Assert.IsType<SocketRestException>(failure.InnerException).ErrorCode);
    }

    [Fact]
    public async Task NotServed_is_a_ConnectionError_since_nobody_listens_at_the_other_end()
    {
        await using Dialogue dialogue = await Dialogue.StartAsync(false);
        using HttpClient client = dialogue.CreateClient();
        Task<HttpResponseMessage> asking = client.GetAsync("");
        await dialogue.Peer.ExpectHeadersAsync(1);
        await dialogue.Peer.SendResetAsync(1, SocketRestErrorCode.NotServed);
        HttpRequestException failure = await Assert.ThrowsAsync<HttpRequestException>(() => asking.Soon());
        Assert.Equal(HttpRequestError.ConnectionError, failure.HttpRequestError);
        Assert.Equal(SocketRestErrorCode.NotServed, Assert.IsType<SocketRestException>(failure.InnerException).ErrorCode);
    }

    [Fact]
    public async Task A_value_that_cannot_be_sent_is_Unknown_since_every_other_kind_blames_the_network_or_the_answer()
    {
        await using Dialogue dialogue = await Dialogue.StartAsync(false);
        using HttpClient client = dialogue.CreateClient();
        using var request = new HttpRequestMessage(HttpMethod.Get, "");
        request.Headers.TryAddWithoutValidation("x", "a\0b");
        HttpRequestException failure = await Assert.ThrowsAsync<HttpRequestException>(() => client.SendAsync(request).Soon());
        Assert.Equal(HttpRequestError.Unknown, failure.HttpRequestError);
        Assert.Equal(SocketRestErrorCode.InvalidRequest, Assert.IsType<SocketRestException>(failure.InnerException).ErrorCode);
    }

    [Fact]
    public async Task A_body_that_breaks_off_is_an_HttpIOException()
    {
        await using Dialogue dialogue = await Dialogue.StartAsync(false);
        using HttpClient client = dialogue.CreateClient();
        using HttpResponseMessage response = await AskAsync(dialogue, client);
        await dialogue.Peer.SendDataAsync(1, [1]);
        await using Stream body = await response.Content.ReadAsStreamAsync();
        Assert.Equal(1, await body.ReadAsync(new byte[10]).Soon());
        Task<int> reading = body.ReadAsync(new byte[10]).AsTask();
        await dialogue.Peer.SendResetAsync(1, SocketRestErrorCode.ApplicationAborted);
        HttpIOException failure = await Assert.ThrowsAsync<HttpIOException>(() => reading.Soon());
        Assert.Equal(HttpRequestError.ResponseEnded, failure.HttpRequestError);
        Assert.Equal(RequestOutcome.Executed, Assert.IsType<SocketRestException>(failure.InnerException).Outcome);
        await dialogue.ExpectNothingLeftAsync();
    }

    [Fact]
    public async Task A_cancelled_call_says_whose_token_it_was_and_resets_its_stream()
    {
        await using Dialogue dialogue = await Dialogue.StartAsync(false);
        using var invoker = new HttpMessageInvoker(dialogue.Connection.Public.CreateHandler());
        using var cancellation = new CancellationTokenSource();
        using var request = new HttpRequestMessage(HttpMethod.Get, "http://device/");
        Task<HttpResponseMessage> asking = invoker.SendAsync(request, cancellation.Token);
        await dialogue.Peer.ExpectHeadersAsync(1);
        cancellation.Cancel();
        TaskCanceledException cancelled = await Assert.ThrowsAsync<TaskCanceledException>(() => asking.Soon());
        Assert.Equal(cancellation.Token, cancelled.CancellationToken);
        Assert.Equal("", (await dialogue.Peer.ExpectResetAsync(1, SocketRestErrorCode.Cancelled)).Sentence);
        await dialogue.ExpectNothingLeftAsync();
    }

    [Fact]
    public async Task A_call_cancelled_from_the_start_sends_nothing()
    {
        await using Dialogue dialogue = await Dialogue.StartAsync(false);
        using HttpClient client = dialogue.CreateClient();
        var token = new CancellationToken(canceled: true);
        await Assert.ThrowsAsync<TaskCanceledException>(() => client.GetAsync("", token).Soon());
        using var invoker = new HttpMessageInvoker(dialogue.Connection.Public.CreateHandler());
        using var request = new HttpRequestMessage(HttpMethod.Get, "http://device/");
        await Assert.ThrowsAsync<TaskCanceledException>(() => invoker.SendAsync(request, token).Soon());
        await dialogue.Peer.ExpectSilenceAsync();
        await dialogue.ExpectNothingLeftAsync();
    }

    [Fact]
    public async Task Cancelling_a_read_of_the_body_resets_the_stream()
    {
        await using Dialogue dialogue = await Dialogue.StartAsync(false);
        using HttpClient client = dialogue.CreateClient();
        using HttpResponseMessage response = await AskAsync(dialogue, client);
        await using Stream body = await response.Content.ReadAsStreamAsync();
        using var cancellation = new CancellationTokenSource();
        Task<int> reading = body.ReadAsync(new byte[1], cancellation.Token).AsTask();
        cancellation.Cancel();
        OperationCanceledException cancelled = await Assert.ThrowsAnyAsync<OperationCanceledException>(() => reading.Soon());
        Assert.Equal(cancellation.Token, cancelled.CancellationToken);
        await dialogue.Peer.ExpectResetAsync(1, SocketRestErrorCode.Cancelled);
    }

    [Fact]
    public async Task Disposing_an_unfinished_response_resets_its_stream()
    {
        await using Dialogue dialogue = await Dialogue.StartAsync(false);
        using HttpClient client = dialogue.CreateClient();
        (await AskAsync(dialogue, client)).Dispose();
        await dialogue.Peer.ExpectResetAsync(1, SocketRestErrorCode.Cancelled);
        await dialogue.ExpectNothingLeftAsync();
    }

    [Fact]
    public async Task Disposing_a_response_ends_a_read_that_waits()
    {
        await using Dialogue dialogue = await Dialogue.StartAsync(false);
        using HttpClient client = dialogue.CreateClient();
        HttpResponseMessage response = await AskAsync(dialogue, client);
        Stream body = await response.Content.ReadAsStreamAsync();
        Task<int> reading = body.ReadAsync(new byte[1]).AsTask();
        response.Dispose();
        await Assert.ThrowsAnyAsync<Exception>(() => reading.Soon());
        await dialogue.Peer.ExpectResetAsync(1, SocketRestErrorCode.Cancelled);
        await dialogue.ExpectNothingLeftAsync();
    }

    [Fact]
    public async Task A_response_that_is_forgotten_is_reset_by_its_finalizer()
    {
        await using Dialogue dialogue = await Dialogue.StartAsync(false);
        using HttpClient client = dialogue.CreateClient();
        await ForgetAsync(dialogue, client);
        Task<RawFrame> reset = dialogue.Peer.ExpectResetAsync(1, SocketRestErrorCode.Cancelled);
        await Patience.UntilAsync(() =>
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
            return reset.IsCompleted;
        });
        await reset;
        await dialogue.ExpectNothingLeftAsync();
    }

    [Fact]
    public async Task Content_Length_that_the_body_does_not_keep_is_an_error_for_the_reader()
    {
        foreach (byte[] sent in (byte[][])[[1, 2], [1, 2, 3, 4]])
        {
            await using Dialogue dialogue = await Dialogue.StartAsync(false);
            using HttpClient client = dialogue.CreateClient();
            Task<byte[]> asking = client.GetByteArrayAsync("");
            await dialogue.Peer.ExpectHeadersAsync(1);
            await dialogue.Peer.SendResponseAsync(1, endStream: false, more: ("content-length", "3"));
            await dialogue.Peer.SendDataAsync(1, sent, endStream: true);
            HttpRequestException failure = await Assert.ThrowsAsync<HttpRequestException>(() => asking.Soon());
            Assert.Equal(HttpRequestError.InvalidResponse, Assert.IsType<HttpIOException>(failure.InnerException).HttpRequestError);
            await dialogue.Peer.ExpectResetAsync(1, SocketRestErrorCode.MalformedMessage);
            await dialogue.ExpectNothingLeftAsync();
        }
    }

    [Fact]
    public async Task HEAD_and_304_may_declare_a_length_that_does_not_come()
    {
        await using Dialogue dialogue = await Dialogue.StartAsync(false);
        using HttpClient client = dialogue.CreateClient();
        using var head = new HttpRequestMessage(HttpMethod.Head, "");
        Task<HttpResponseMessage> asking = client.SendAsync(head);
        await dialogue.Peer.ExpectHeadersAsync(1);
        await dialogue.Peer.SendResponseAsync(1, endStream: true, more: ("content-length", "300"));
        using HttpResponseMessage response = await asking.Soon();
        Assert.Equal(300, response.Content.Headers.ContentLength);
        asking = client.GetAsync("");
        await dialogue.Peer.ExpectHeadersAsync(3);
        await dialogue.Peer.SendResponseAsync(3, endStream: true, status: 304, more: ("content-length", "300"));
        using HttpResponseMessage unchanged = await asking.Soon();
        Assert.Equal(HttpStatusCode.NotModified, unchanged.StatusCode);
    }

    [Theory]
    [InlineData("HEAD", 200, false)]
    [InlineData("HEAD", 200, true)]
    [InlineData("GET", 204, false)]
    [InlineData("GET", 304, false)]
    [InlineData("GET", 304, true)]
    public async Task A_body_where_there_can_be_none_is_reset(string method, int status, bool inPieces)
    {
        await using Dialogue dialogue = await Dialogue.StartAsync(false);
        using HttpClient client = dialogue.CreateClient();
        using var request = new HttpRequestMessage(HttpMethod.Parse(method), "");
        Task<HttpResponseMessage> asking = client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        await dialogue.Peer.ExpectHeadersAsync(1);
        await dialogue.Peer.SendResponseAsync(1, endStream: false, status, ("content-length", "3"));
        using HttpResponseMessage response = await asking.Soon();
        await dialogue.Peer.SendDataAsync(1, [1, 2, 3], endStream: !inPieces);
        await dialogue.Peer.ExpectResetAsync(1, SocketRestErrorCode.MalformedMessage);
        Stream body = await response.Content.ReadAsStreamAsync();
        HttpIOException failure = await Assert.ThrowsAsync<HttpIOException>(() => body.ReadAsync(new byte[1]).AsTask().Soon());
        Assert.Equal(HttpRequestError.InvalidResponse, failure.HttpRequestError);
        await dialogue.ExpectNothingLeftAsync();
    }

    [Theory]
    [InlineData("HEAD", 200)]
    [InlineData("GET", 204)]
    [InlineData("GET", 304)]
    public async Task An_answer_without_a_body_may_end_with_DATA_of_no_bytes(string method, int status)
    {
        await using Dialogue dialogue = await Dialogue.StartAsync(false);
        using HttpClient client = dialogue.CreateClient();
        using var request = new HttpRequestMessage(HttpMethod.Parse(method), "");
        Task<HttpResponseMessage> asking = client.SendAsync(request);
        await dialogue.Peer.ExpectHeadersAsync(1);
        await dialogue.Peer.SendResponseAsync(1, endStream: false, status, ("content-length", "3"));
        await dialogue.Peer.SendDataAsync(1, [], endStream: true);
        using HttpResponseMessage response = await asking.Soon();
        Assert.Empty(await response.Content.ReadAsByteArrayAsync().Soon());
        await dialogue.ExpectNothingLeftAsync();
    }

    [Fact]
    public async Task Fields_of_one_connection_stay_at_home()
    {
        await using Dialogue dialogue = await Dialogue.StartAsync(false);
        using HttpClient client = dialogue.CreateClient();
        using var request = new HttpRequestMessage(HttpMethod.Post, "") { Content = new ByteArrayContent([]) };
        request.Headers.TryAddWithoutValidation("TE", ["gzip", "trailers"]);
        request.Headers.TryAddWithoutValidation("Connection", "close");
        request.Content.Headers.TryAddWithoutValidation("Keep-Alive", "timeout=5");
        Task<HttpResponseMessage> asking = client.SendAsync(request);
        RawFrame head = await dialogue.Peer.ExpectHeadersAsync(1);
        Assert.Equal("trailers", head["te"]);
        Assert.Null(head["connection"]);
        Assert.Null(head["keep-alive"]);
        await dialogue.Peer.ExpectDataAsync(1);
        await dialogue.Peer.SendResponseAsync(1, endStream: true);
        (await asking.Soon()).Dispose();
    }

    [Fact]
    public async Task Trailers_are_there_once_the_body_is_read()
    {
        await using Dialogue dialogue = await Dialogue.StartAsync(false);
        using HttpClient client = dialogue.CreateClient();
        using HttpResponseMessage response = await AskAsync(dialogue, client);
        await dialogue.Peer.SendDataAsync(1, [1, 2]);
        await dialogue.Peer.SendHeadersAsync(1, true, ("checksum", "abc"));
        Assert.Equal([1, 2], await response.Content.ReadAsByteArrayAsync().Soon());
        Assert.Equal("abc", Assert.Single(response.TrailingHeaders.GetValues("checksum")));
        await dialogue.ExpectNothingLeftAsync();
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static async Task ForgetAsync(Dialogue dialogue, HttpClient client) => _ = await AskAsync(dialogue, client);

    /// <summary>A response whose body is still to come.</summary>
    private static async Task<HttpResponseMessage> AskAsync(Dialogue dialogue, HttpClient client)
    {
        Task<HttpResponseMessage> asking = client.GetAsync("", HttpCompletionOption.ResponseHeadersRead);
        await dialogue.Peer.ExpectHeadersAsync(1);
        await dialogue.Peer.SendResponseAsync(1, endStream: false);
        return await asking.Soon();
    }
}
