using System.Net.WebSockets;

namespace SocketRest.Tests.Serving;

/// <summary>What a client says of its connection while it dials, loses it and dials again.</summary>
public sealed class StateChangesTests
{
    [Fact]
    public async Task Attempts_connections_and_losses_are_told_in_order_with_reasons()
    {
        await using var listener = new InMemoryListener((_, _) => Task.FromResult(new HttpResponseMessage()));
        int dials = 0;
        var tunnel = new SocketRestClient(listener.Options(options => options.WebSocketFactory = token =>
            Interlocked.Increment(ref dials) <= 2 ? throw new WebSocketException("No route to the hub.") : listener.ConnectAsync(token)));
        await using IAsyncEnumerator<SocketRestStateChange> changes = tunnel.StateChanges.GetAsyncEnumerator();

        SocketRestConnection first = await tunnel.GetConnectionAsync().InTime();
        for (int i = 1; i <= 2; i++)
        {
            await ExpectAsync(changes, SocketRestConnectionState.Connecting, attempt: i);
            SocketRestStateChange failed = await ExpectAsync(changes, SocketRestConnectionState.Disconnected, attempt: i);
            Assert.Equal(SocketRestErrorCode.ConnectFailed, failed.Reason!.ErrorCode);
            Assert.Null(failed.Connection);
        }

        await ExpectAsync(changes, SocketRestConnectionState.Connecting, attempt: 3);
        Assert.Same(first, (await ExpectAsync(changes, SocketRestConnectionState.Connected, attempt: 3)).Connection);

        await (await listener.NextAsync()).CloseAsync().InTime();
        SocketRestStateChange lost = await ExpectAsync(changes, SocketRestConnectionState.Disconnected, attempt: 0);
        Assert.Same(first, lost.Connection);
        Assert.NotNull(lost.Reason);

        SocketRestConnection second = await tunnel.GetConnectionAsync().InTime();
        await ExpectAsync(changes, SocketRestConnectionState.Connecting, attempt: 1);
        Assert.Same(second, (await ExpectAsync(changes, SocketRestConnectionState.Connected, attempt: 1)).Connection);

        await tunnel.DisposeAsync();
        SocketRestStateChange closed = await ExpectAsync(changes, SocketRestConnectionState.Disconnected, attempt: 0);
        Assert.Equal(SocketRestErrorCode.ConnectionClosed, closed.Reason!.ErrorCode);
        Assert.False(await changes.MoveNextAsync().AsTask().InTime());
    }

    [Fact]
    public async Task Slow_reader_holds_up_no_attempt_and_is_told_how_many_changes_it_missed()
    {
        const int Failures = 520;
        await using var listener = new InMemoryListener();
        int dials = 0;
        await using var tunnel = new SocketRestClient(listener.Options(options =>
        {
            options.MaxReconnectDelay = TimeSpan.FromMilliseconds(1);
            options.WebSocketFactory = token => Interlocked.Increment(ref dials) <= Failures ? throw new WebSocketException("No route to the hub.") : listener.ConnectAsync(token);
        }));
        await using IAsyncEnumerator<SocketRestStateChange> changes = tunnel.StateChanges.GetAsyncEnumerator();

        await tunnel.GetConnectionAsync().InTime();

        // Two of each failure and two of the success, of which 1,024 are kept.
        Assert.True(await changes.MoveNextAsync().InTime());
        Assert.Equal((2 * Failures) + 2 - 1024, changes.Current.Missed);
        SocketRestConnectionState last = changes.Current.State;
        for (int i = 1; i < 1024; i++)
        {
            Assert.True(await changes.MoveNextAsync().InTime());
            Assert.Equal(0, changes.Current.Missed);
            last = changes.Current.State;
        }

        Assert.Equal(SocketRestConnectionState.Connected, last);
    }

    [Fact]
    public async Task Connection_that_is_drained_is_over_when_the_next_attempt_begins()
    {
        var release = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var running = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var listener = new InMemoryListener(async (_, _) =>
        {
            running.TrySetResult();
            await release.Task.InTime();
            return new HttpResponseMessage();
        });
        await using SocketRestClient tunnel = await SocketRestClient.ConnectAsync(listener.Options()).InTime();
        SocketRestConnection first = tunnel.Connection!;
        using var client = new HttpClient(first.CreateHandler()) { BaseAddress = new Uri("http://hub/") };
        Task<HttpResponseMessage> call = client.GetAsync("/");
        await running.Task.InTime();
        await using IAsyncEnumerator<SocketRestStateChange> changes = tunnel.StateChanges.GetAsyncEnumerator();

        Task drain = first.DrainAsync();
        SocketRestConnection second = await tunnel.GetConnectionAsync().InTime();
        release.SetResult();
        using HttpResponseMessage response = await call.InTime();
        await drain.InTime();

        SocketRestStateChange over = await ExpectAsync(changes, SocketRestConnectionState.Disconnected, attempt: 0);
        Assert.Same(first, over.Connection);
        Assert.Equal(SocketRestErrorCode.Draining, over.Reason!.ErrorCode);
        await ExpectAsync(changes, SocketRestConnectionState.Connecting, attempt: 1);
        Assert.Same(second, (await ExpectAsync(changes, SocketRestConnectionState.Connected, attempt: 1)).Connection);
        await second.CloseAsync().InTime();
        Assert.Same(second, (await ExpectAsync(changes, SocketRestConnectionState.Disconnected, attempt: 0)).Connection);
    }

    [Fact]
    public async Task Callback_is_told_each_change_in_turn_and_outlives_its_own_failure()
    {
        await using var listener = new InMemoryListener((_, _) => Task.FromResult(new HttpResponseMessage()));
        var told = System.Threading.Channels.Channel.CreateUnbounded<SocketRestStateChange>();
        int running = 0;
        SocketRestClient tunnel = await SocketRestClient.ConnectAsync(listener.Options(options => options.OnStateChange = async change =>
        {
            Assert.Equal(1, Interlocked.Increment(ref running));
            await Task.Yield();
            Interlocked.Decrement(ref running);
            told.Writer.TryWrite(change);
            throw new InvalidOperationException("The callback's own affair.");
        })).InTime();
        await tunnel.DisposeAsync();

        foreach (SocketRestConnectionState state in new[] { SocketRestConnectionState.Connecting, SocketRestConnectionState.Connected, SocketRestConnectionState.Disconnected })
        {
            Assert.Equal(state, (await told.Reader.ReadAsync().AsTask().InTime()).State);
        }
    }

    private static async Task<SocketRestStateChange> ExpectAsync(IAsyncEnumerator<SocketRestStateChange> changes, SocketRestConnectionState state, int attempt)
    {
        Assert.True(await changes.MoveNextAsync().AsTask().InTime());
        Assert.Equal((state, attempt, 0), (changes.Current.State, changes.Current.Attempt, changes.Current.Missed));
        Assert.Equal(state == SocketRestConnectionState.Disconnected, changes.Current.Reason is not null);
        return changes.Current;
    }
}
