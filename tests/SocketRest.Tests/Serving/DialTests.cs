using System.Net.WebSockets;

namespace SocketRest.Tests.Serving;

/// <summary>One attempt to connect belongs to everybody who waits for it. The test holds it open by its WebSocket factory.</summary>
public sealed class DialTests
{
    [Fact]
    public async Task Caller_that_gives_up_does_not_end_the_dial_that_others_wait_for()
    {
        await using InMemoryListener listener = Answering();
        var gate = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        CancellationToken dialling = default;
        await using var tunnel = new SocketRestClient(listener.Options(options => options.WebSocketFactory = async token =>
        {
            dialling = token;
            await gate.Task.WaitAsync(token);
            return await listener.ConnectAsync(token);
        }));
        using HttpClient client = Client(tunnel);
        using var giveUp = new CancellationTokenSource();

        // The one that gives up is the one whose call started the dial.
        Task<HttpResponseMessage> first = client.GetAsync("/", giveUp.Token);
        Task<string>[] others = [.. Enumerable.Range(0, 10).Select(_ => client.GetStringAsync("/"))];
        await giveUp.CancelAsync();
        OperationCanceledException cancelled = await Assert.ThrowsAnyAsync<OperationCanceledException>(() => first.InTime());
        Assert.Equal(giveUp.Token, cancelled.CancellationToken);
        Assert.False(dialling.IsCancellationRequested);
        gate.SetResult();

        Assert.All(await Task.WhenAll(others).InTime(), answer => Assert.Equal("answer", answer));
        Assert.Equal(1, listener.Dials);
    }

    [Fact]
    public async Task Dial_that_nobody_waits_for_any_more_serves_the_next_call()
    {
        await using InMemoryListener listener = Answering();
        var gate = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var tunnel = new SocketRestClient(listener.Options(options => options.WebSocketFactory = async token =>
        {
            await gate.Task.WaitAsync(token);
            return await listener.ConnectAsync(token);
        }));
        using HttpClient client = Client(tunnel);
        using var giveUp = new CancellationTokenSource();

        Task<HttpResponseMessage> call = client.GetAsync("/", giveUp.Token);
        await giveUp.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => call.InTime());
        gate.SetResult();

        Assert.Equal("answer", await client.GetStringAsync("/").InTime());
        Assert.Equal(1, listener.Dials);
    }

    [Fact]
    public async Task Caller_may_have_suppressed_the_flow_of_its_context_itself()
    {
        await using InMemoryListener listener = Answering();
        await using var tunnel = new SocketRestClient(listener.Options(_ => { }));
        using HttpClient client = Client(tunnel);
        Task<string> call;
        using (ExecutionContext.SuppressFlow())
        {
            call = client.GetStringAsync("/");
        }

        Assert.Equal("answer", await call.InTime());
    }

    [Fact]
    public async Task Dial_carries_nothing_of_the_caller_that_started_it()
    {
        await using InMemoryListener listener = Answering();
        var local = new AsyncLocal<string> { Value = "the first caller's" };
        string? seen = "";
        await using var tunnel = new SocketRestClient(listener.Options(options => options.WebSocketFactory = token =>
        {
            seen = local.Value;
            return listener.ConnectAsync(token);
        }));

        await tunnel.GetConnectionAsync().InTime();

        Assert.Null(seen);
    }

    [Fact]
    public async Task Connect_timeout_bounds_a_factory_that_does_not_look_at_its_token()
    {
        var late = new TaskCompletionSource<WebSocket>(TaskCreationOptions.RunContinuationsAsynchronously);
        var options = new SocketRestClientOptions
        {
            WebSocketFactory = _ => late.Task,
            ConnectTimeout = TimeSpan.FromMilliseconds(50),
        };

        SocketRestException exception = await Assert.ThrowsAsync<SocketRestException>(() => SocketRestClient.ConnectAsync(options).InTime());
        Assert.Equal(SocketRestErrorCode.ConnectFailed, exception.ErrorCode);
        Assert.Contains("within 00:00:00.05", exception.Message, StringComparison.Ordinal);

        // A socket that comes after all is nobody's: it must not stay open.
        (WebSocket dialling, WebSocket accepting) = InMemorySocket.CreatePair();
        late.SetResult(dialling);
        await Assert.ThrowsAsync<WebSocketException>(() => accepting.ReceiveAsync(new byte[10], CancellationToken.None).InTime());
    }

    [Fact]
    public async Task Disposing_ends_a_dial_and_whoever_waits_for_it_is_told_so()
    {
        var never = new TaskCompletionSource<WebSocket>();
        var tunnel = new SocketRestClient(new SocketRestClientOptions { WebSocketFactory = _ => never.Task });
        using HttpClient client = Client(tunnel);

        Task<HttpResponseMessage> call = client.GetAsync("/");
        await tunnel.DisposeAsync().AsTask().InTime();

        HttpRequestException exception = await Assert.ThrowsAsync<HttpRequestException>(() => call.InTime());
        var reason = Assert.IsType<SocketRestException>(exception.InnerException);
        Assert.Equal(SocketRestErrorCode.ConnectionClosed, reason.ErrorCode);
        Assert.Equal(RequestOutcome.NotSent, reason.Outcome);
        await Assert.ThrowsAsync<ObjectDisposedException>(() => client.GetAsync("/"));
    }

    [Fact]
    public async Task Silence_after_the_upgrade_ends_with_the_handshake_timeout()
    {
        (WebSocket dialling, WebSocket accepting) = InMemorySocket.CreatePair();
        using (accepting)
        {
            var options = new SocketRestClientOptions
            {
                WebSocketFactory = _ => Task.FromResult(dialling),
                HandshakeTimeout = TimeSpan.FromMilliseconds(50),
            };

            SocketRestException exception = await Assert.ThrowsAsync<SocketRestException>(() => SocketRestClient.ConnectAsync(options).InTime());

            Assert.Equal(SocketRestErrorCode.HandshakeTimeout, exception.ErrorCode);
            Assert.Equal(RequestOutcome.NotSent, exception.Outcome);
            Assert.Equal(WebSocketState.Aborted, dialling.State);
        }
    }

    [Fact]
    public async Task Call_after_the_connection_was_lost_dials_again()
    {
        await using InMemoryListener listener = Answering();
        await using SocketRestClient tunnel = await SocketRestClient.ConnectAsync(listener.Options()).InTime();
        using HttpClient client = Client(tunnel);
        SocketRestConnection lost = tunnel.Connection!;

        await (await listener.NextAsync()).CloseAsync().InTime();
        await lost.Completion.InTime();

        Assert.Null(tunnel.Connection);
        Assert.Equal("answer", await client.GetStringAsync("/").InTime());
        Assert.NotEqual(lost.Id, tunnel.Connection!.Id);
        Assert.Equal(2, listener.Dials);
    }

    [Fact]
    public async Task Disposed_handlers_and_clients_leave_the_connection_open()
    {
        await using InMemoryListener listener = Answering();
        await using SocketRestClient tunnel = await SocketRestClient.ConnectAsync(listener.Options()).InTime();
        SocketRestHandler handler = tunnel.CreateHandler();
        using (var client = new HttpClient(handler) { BaseAddress = new Uri("http://hub/") })
        {
            Assert.Equal("answer", await client.GetStringAsync("/").InTime());
        }

        using var invoker = new HttpMessageInvoker(handler);
        using var request = new HttpRequestMessage(HttpMethod.Get, "http://hub/");
        await Assert.ThrowsAsync<ObjectDisposedException>(() => invoker.SendAsync(request, CancellationToken.None));
        using HttpClient other = Client(tunnel);
        Assert.Equal("answer", await other.GetStringAsync("/").InTime());
        Assert.Equal(1, listener.Dials);
    }

    private static InMemoryListener Answering() =>
        new((_, _) => Task.FromResult(new HttpResponseMessage { Content = new StringContent("answer") }));

    private static HttpClient Client(SocketRestClient tunnel) =>
        new(tunnel.CreateHandler()) { BaseAddress = new Uri("http://hub/"), Timeout = Patience.Limit };
}
