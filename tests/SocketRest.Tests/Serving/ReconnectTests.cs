using System.Net.WebSockets;

namespace SocketRest.Tests.Serving;

/// <summary>What a client does while there is no connection. The clock is the test's.</summary>
public sealed class ReconnectTests
{
    private static readonly TimeSpan s_first = TimeSpan.FromMilliseconds(100);

    [Fact]
    public async Task Call_waits_through_failed_attempts_of_which_there_is_one_at_a_time()
    {
        await using InMemoryListener listener = Answering();
        var time = new HeldTime();
        int dials = 0, running = 0, most = 0;
        await using var tunnel = new SocketRestClient(listener.Options(options =>
        {
            Held(options, time);
            options.WebSocketFactory = async token =>
            {
                most = Math.Max(most, Interlocked.Increment(ref running));
                await Task.Yield();
                Interlocked.Decrement(ref running);
                return Interlocked.Increment(ref dials) <= 5 ? throw new WebSocketException("No route to the hub.") : await listener.ConnectAsync(token);
            };
        }));
        using HttpClient client = Client(tunnel);

        List<Task<string>> calls = [client.GetStringAsync("/")];
        for (int i = 0; i < 5; i++)
        {
            (TimeSpan due, Action release) = await time.NextAsync();
            Assert.InRange(due, TimeSpan.FromMilliseconds(1), s_first * (1 << i));
            Assert.Equal(i + 1, dials);
            calls.AddRange(Enumerable.Range(0, 10).Select(_ => client.GetStringAsync("/")));
            release();
        }

        Assert.All(await Task.WhenAll(calls).InTime(), answer => Assert.Equal("answer", answer));
        Assert.Equal((6, 1), (dials, most));
    }

    [Fact]
    public async Task Call_that_waited_in_vain_says_what_for_and_leaves_a_plain_client_at_rest()
    {
        await using InMemoryListener listener = Answering();
        var time = new HeldTime();
        bool reachable = false;
        await using var tunnel = new SocketRestClient(listener.Options(options =>
        {
            Held(options, time);
            options.WebSocketFactory = token => reachable ? listener.ConnectAsync(token) : throw new WebSocketException("No route to the hub.");
        }));
        using HttpClient client = Client(tunnel);
        using var giveUp = new CancellationTokenSource();
        Task<HttpResponseMessage> call = client.GetAsync("/", giveUp.Token);
        (TimeSpan due, Action release) = await time.NextAsync();

        await giveUp.CancelAsync();

        OperationCanceledException cancelled = await Assert.ThrowsAnyAsync<OperationCanceledException>(() => call.InTime());
        Assert.Contains("No route to the hub.", cancelled.ToString(), StringComparison.Ordinal);
        reachable = true;
        release();
        Task<string> next = client.GetStringAsync("/");

        // Nobody waited when the wait was over, unless this call came first: it keeps to what is left of it, by a clock that stands still.
        Task<(TimeSpan Due, Action Release)> rest = time.NextAsync();
        if (await Task.WhenAny(rest, next).InTime() == rest)
        {
            Assert.Equal(due, (await rest).Due);
            (await rest).Release();
        }

        Assert.Equal("answer", await next.InTime());
        Assert.Equal(1, listener.Dials);
    }

    [Fact]
    public async Task Call_fails_at_once_if_the_option_says_so_and_makes_the_client_dial()
    {
        await using InMemoryListener listener = Answering();
        var gate = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var tunnel = new SocketRestClient(listener.Options(options =>
        {
            options.FailFastWhileDisconnected = true;
            options.WebSocketFactory = async token =>
            {
                await gate.Task.WaitAsync(token);
                return await listener.ConnectAsync(token);
            };
        }));
        using HttpClient client = Client(tunnel);

        HttpRequestException exception = await Assert.ThrowsAsync<HttpRequestException>(() => client.GetAsync("/").InTime());

        var reason = Assert.IsType<SocketRestException>(exception.InnerException);
        Assert.Equal((SocketRestErrorCode.ConnectFailed, RequestOutcome.NotSent), (reason.ErrorCode, reason.Outcome));
        await using IAsyncEnumerator<SocketRestStateChange> changes = tunnel.StateChanges.GetAsyncEnumerator();
        gate.SetResult();
        await ReachAsync(changes, SocketRestConnectionState.Connected);
        Assert.Equal("answer", await client.GetStringAsync("/").InTime());
        Assert.Equal(1, listener.Dials);

        SocketRestConnection lost = tunnel.Connection!;
        await (await listener.NextAsync()).CloseAsync().InTime();
        await lost.Completion.InTime();
        await Assert.ThrowsAsync<HttpRequestException>(() => client.GetAsync("/").InTime());
        await ReachAsync(changes, SocketRestConnectionState.Connected);
        Assert.Equal("answer", await client.GetStringAsync("/").InTime());
        Assert.Equal(2, listener.Dials);
    }

    [Theory]
    [InlineData(true, null)]
    [InlineData(false, true)]
    public async Task Client_that_serves_or_is_told_to_replaces_a_lost_connection_by_itself(bool serves, bool? keep)
    {
        await using InMemoryListener listener = Answering();
        await using SocketRestClient tunnel = await SocketRestClient.ConnectAsync(listener.Options(options =>
        {
            options.RequestHandler = serves ? (_, _) => Task.FromResult(new HttpResponseMessage()) : null;
            options.KeepConnected = keep;
        })).InTime();

        await (await listener.NextAsync()).CloseAsync().InTime();

        Assert.Equal(serves, (await listener.NextAsync()).PeerServes);
    }

    [Fact]
    public async Task Drained_connection_is_replaced_while_it_still_finishes_what_runs()
    {
        var running = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var release = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var listener = new InMemoryListener(async (_, _) =>
        {
            running.TrySetResult();
            await release.Task.InTime();
            return new HttpResponseMessage();
        });
        await using SocketRestClient tunnel = await SocketRestClient.ConnectAsync(listener.Options(options => options.KeepConnected = true)).InTime();
        using HttpClient client = Client(tunnel);
        Task<HttpResponseMessage> call = client.GetAsync("/");
        await running.Task.InTime();

        Task drain = (await listener.NextAsync()).DrainAsync();

        await listener.NextAsync();
        Assert.False(call.IsCompleted);
        release.SetResult();
        (await call.InTime()).Dispose();
        await drain.InTime();
    }

    [Fact]
    public async Task Connection_that_does_not_last_counts_as_a_failure()
    {
        await using InMemoryListener listener = Answering();
        var time = new HeldTime();
        await using SocketRestClient tunnel = await SocketRestClient.ConnectAsync(listener.Options(options =>
        {
            Held(options, time);
            options.KeepConnected = true;
        })).InTime();
        TimeSpan longest = default;
        for (int i = 0; i < 10; i++)
        {
            time.Advance(TimeSpan.FromSeconds(9));
            longest = Max(longest, await LoseAsync(listener, time));
        }

        Assert.InRange(longest, s_first, TimeSpan.FromSeconds(8));

        // One that lasted ten seconds is no failure.
        await tunnel.GetConnectionAsync().InTime();
        time.Advance(TimeSpan.FromSeconds(10));
        await (await listener.NextAsync()).CloseAsync().InTime();
        Assert.InRange((await time.NextAsync()).Due, TimeSpan.FromMilliseconds(1), s_first);
    }

    [Fact]
    public async Task Disposed_client_does_not_dial_again()
    {
        await using InMemoryListener listener = Answering();
        var time = new HeldTime();
        SocketRestClient tunnel = await SocketRestClient.ConnectAsync(listener.Options(options =>
        {
            Held(options, time);
            options.KeepConnected = true;
        })).InTime();
        await (await listener.NextAsync()).CloseAsync().InTime();
        (_, Action release) = await time.NextAsync();
        Task<SocketRestConnection> waiting = tunnel.GetConnectionAsync();

        await tunnel.DisposeAsync().AsTask().InTime();
        release();

        Assert.Equal(SocketRestErrorCode.ConnectionClosed, (await Assert.ThrowsAsync<SocketRestException>(() => waiting.InTime())).ErrorCode);
        await Assert.ThrowsAsync<ObjectDisposedException>(() => tunnel.GetConnectionAsync());
        Assert.Equal(1, listener.Dials);
    }

    private static async Task<TimeSpan> LoseAsync(InMemoryListener listener, HeldTime time)
    {
        await (await listener.NextAsync()).CloseAsync().InTime();
        (TimeSpan due, Action release) = await time.NextAsync();
        release();
        return due;
    }

    private static async Task ReachAsync(IAsyncEnumerator<SocketRestStateChange> changes, SocketRestConnectionState state)
    {
        do
        {
            Assert.True(await changes.MoveNextAsync().InTime());
        }
        while (changes.Current.State != state);
    }

    private static TimeSpan Max(TimeSpan one, TimeSpan other) => one > other ? one : other;

    private static void Held(SocketRestClientOptions options, HeldTime time) =>
        (options.TimeProvider, options.MaxReconnectDelay) = (time, TimeSpan.FromSeconds(8));

    private static InMemoryListener Answering() =>
        new((_, _) => Task.FromResult(new HttpResponseMessage { Content = new StringContent("answer") }));

    private static HttpClient Client(SocketRestClient tunnel) =>
        new(tunnel.CreateHandler()) { BaseAddress = new Uri("http://hub/"), Timeout = Patience.Limit };
}
