using System.Net;
using System.Net.WebSockets;
using System.Threading.Channels;
using SocketRest.Protocol;
using SocketRest.Tests.Dialogues;

namespace SocketRest.Tests.Serving;

/// <summary>A call that was certainly not sent goes out again by itself, where there can be another connection and nothing of its content was read.</summary>
public sealed class ResendTests
{
    [Fact]
    public async Task A_call_that_a_draining_peer_refused_goes_over_the_next_connection()
    {
        await using var hub = new RawHub();
        using HttpClient client = hub.CreateClient();
        Task<HttpResponseMessage> asking = client.GetAsync("a");
        RawPeer first = await hub.NextAsync();
        await first.ExpectHeadersAsync(1);
        await first.SendGoAwayAsync(0, SocketRestErrorCode.Draining);
        RawPeer second = await hub.NextAsync();
        Assert.Equal("/a", (await second.ExpectHeadersAsync(1))[":path"]);
        await second.SendResponseAsync(1, endStream: true, 202);
        Assert.Equal(HttpStatusCode.Accepted, (await asking.Soon()).StatusCode);
    }

    [Fact]
    public async Task A_call_that_waited_for_a_stream_keeps_its_content_for_the_next_connection()
    {
        await using var hub = new RawHub(Dialogue.QuietSettings with { MaxStreams = 1 });
        using HttpClient client = hub.CreateClient();
        Task<HttpResponseMessage> running = client.GetAsync("");
        RawPeer first = await hub.NextAsync();
        await first.ExpectHeadersAsync(1);
        Task<HttpResponseMessage> waiting = client.PostAsync("", new ByteArrayContent([1, 2, 3]));
        first.Vanish();
        RawPeer second = await hub.NextAsync();
        await second.ExpectHeadersAsync(1);
        Assert.Equal([1, 2, 3], await second.ReadBodyAsync(1));
        await second.SendResponseAsync(1, endStream: true);
        (await waiting.Soon()).Dispose();
        Assert.Equal(RequestOutcome.MaybeExecuted, (await FailureAsync(running)).Outcome);
    }

    [Fact]
    public async Task A_content_that_still_waited_for_100_goes_out_with_the_next_attempt()
    {
        await using var hub = new RawHub();
        using HttpClient client = hub.CreateClient();
        using var request = new HttpRequestMessage(HttpMethod.Post, "") { Content = new ByteArrayContent([1, 2, 3]) };
        request.Headers.ExpectContinue = true;
        Task<HttpResponseMessage> asking = client.SendAsync(request);
        RawPeer peer = await hub.NextAsync();
        await peer.ExpectHeadersAsync(1);
        await peer.SendResetAsync(1, SocketRestErrorCode.RefusedStream);
        await peer.ExpectHeadersAsync(3);
        await peer.SendResponseAsync(3, endStream: false, 100);
        Assert.Equal([1, 2, 3], await peer.ReadBodyAsync(3));
        await peer.SendResponseAsync(3, endStream: true);
        (await asking.Soon()).Dispose();
    }

    [Fact]
    public async Task A_content_that_was_read_is_not_sent_again()
    {
        await using var hub = new RawHub();
        using HttpClient client = hub.CreateClient();
        Task<HttpResponseMessage> asking = client.PostAsync("", new ByteArrayContent([1, 2, 3]));
        RawPeer peer = await hub.NextAsync();
        await peer.ExpectHeadersAsync(1);
        await peer.ReadBodyAsync(1);
        await peer.SendResetAsync(1, SocketRestErrorCode.RefusedStream);
        Assert.Equal(SocketRestErrorCode.RefusedStream, (await FailureAsync(asking)).ErrorCode);
        await peer.ExpectSilenceAsync();
    }

    [Fact]
    public async Task A_call_that_is_refused_again_and_again_fails_in_the_end()
    {
        await using var hub = new RawHub();
        using HttpClient client = hub.CreateClient();
        Task<HttpResponseMessage> asking = client.GetAsync("");
        RawPeer peer = await hub.NextAsync();
        for (uint id = 1; id <= 7; id += 2)
        {
            await peer.ExpectHeadersAsync(id);
            await peer.SendResetAsync(id, SocketRestErrorCode.RefusedStream);
        }

        SocketRestException failure = await FailureAsync(asking);
        Assert.Equal(SocketRestErrorCode.RefusedStream, failure.ErrorCode);
        Assert.Equal(RequestOutcome.NotSent, failure.Outcome);
        await peer.ExpectSilenceAsync();
    }

    [Theory]
    [InlineData(SocketRestErrorCode.NotServed)]
    [InlineData(SocketRestErrorCode.ApplicationAborted)]
    public async Task A_call_that_may_have_run_or_would_fail_again_is_not_sent_again(SocketRestErrorCode code)
    {
        await using var hub = new RawHub();
        using HttpClient client = hub.CreateClient();
        Task<HttpResponseMessage> asking = client.GetAsync("");
        RawPeer peer = await hub.NextAsync();
        await peer.ExpectHeadersAsync(1);
        await peer.SendResetAsync(1, code);
        Assert.Equal(code, (await FailureAsync(asking)).ErrorCode);
        await peer.ExpectSilenceAsync();
    }

    [Fact]
    public async Task A_redirect_that_was_refused_is_followed_over_the_next_connection()
    {
        await using var hub = new RawHub();
        using HttpClient client = hub.CreateClient();
        Task<HttpResponseMessage> asking = client.GetAsync("a");
        RawPeer first = await hub.NextAsync();
        await first.ExpectHeadersAsync(1);
        await first.SendResponseAsync(1, endStream: true, 302, ("location", "/b"));
        await first.ExpectHeadersAsync(3);
        await first.SendGoAwayAsync(1, SocketRestErrorCode.Draining);
        RawPeer second = await hub.NextAsync();
        Assert.Equal("/b", (await second.ExpectHeadersAsync(1))[":path"]);
        await second.SendResponseAsync(1, endStream: true);
        (await asking.Soon()).Dispose();
    }

    [Fact]
    public async Task A_call_on_a_connection_of_its_own_choice_is_not_sent_again()
    {
        await using var hub = new RawHub();
        Task<SocketRestConnection> connecting = hub.Client.GetConnectionAsync();
        RawPeer peer = await hub.NextAsync();
        using var client = new HttpClient((await connecting.Soon()).CreateHandler()) { BaseAddress = new Uri("http://hub/") };
        Task<HttpResponseMessage> asking = client.GetAsync("");
        await peer.ExpectHeadersAsync(1);
        await peer.SendGoAwayAsync(0, SocketRestErrorCode.Draining);
        Assert.Equal(SocketRestErrorCode.RefusedStream, (await FailureAsync(asking)).ErrorCode);
        Assert.Equal(RequestOutcome.NotSent, (await FailureAsync(client.GetAsync(""))).Outcome);
    }

    [Fact]
    public async Task A_client_that_was_disposed_says_what_ended_the_call()
    {
        await using var hub = new RawHub(Dialogue.QuietSettings with { MaxStreams = 1 });
        using HttpClient client = hub.CreateClient();
        Task<HttpResponseMessage> running = client.GetAsync("");
        RawPeer peer = await hub.NextAsync();
        await peer.ExpectHeadersAsync(1);
        Task<HttpResponseMessage> waiting = client.GetAsync("");
        Task disposing = hub.Client.DisposeAsync().AsTask();
        SocketRestException failure = await FailureAsync(waiting);
        Assert.Equal(SocketRestErrorCode.ConnectionClosed, failure.ErrorCode);
        Assert.Equal(RequestOutcome.NotSent, failure.Outcome);
        peer.Vanish();
        await FailureAsync(running);
        await disposing.Soon();
    }

    private static async Task<SocketRestException> FailureAsync(Task<HttpResponseMessage> call)
    {
        HttpRequestException failure = await Assert.ThrowsAsync<HttpRequestException>(() => call.Soon());
        return Assert.IsType<SocketRestException>(failure.InnerException);
    }

    /// <summary>A client each of whose dials ends at a peer that is played by hand.</summary>
    private sealed class RawHub : IAsyncDisposable
    {
        private readonly Channel<RawPeer> _dialled = Channel.CreateUnbounded<RawPeer>();
        private readonly List<RawPeer> _peers = [];
        private readonly WireSettings _settings;

        public RawHub(WireSettings? settings = null)
        {
            _settings = settings ?? Dialogue.QuietSettings;
            Client = new SocketRestClient(new SocketRestClientOptions
            {
                WebSocketFactory = _ =>
                {
                    (WebSocket dialling, WebSocket accepting) = SocketPair.Create();
                    _dialled.Writer.TryWrite(new RawPeer(accepting));
                    return Task.FromResult(dialling);
                },
            });
        }

        public SocketRestClient Client { get; }

        public HttpClient CreateClient() =>
            new(Client.CreateHandler()) { BaseAddress = new Uri("http://hub/"), Timeout = Timeout.InfiniteTimeSpan };

        public async Task<RawPeer> NextAsync()
        {
            RawPeer peer = await _dialled.Reader.ReadAsync().Soon();
            _peers.Add(peer);
            await peer.AcceptAsync(_settings);
            return peer;
        }

        public async ValueTask DisposeAsync()
        {
            foreach (RawPeer peer in _peers)
            {
                peer.Vanish();
            }

            await Client.DisposeAsync().AsTask().Soon();
        }
    }
}
