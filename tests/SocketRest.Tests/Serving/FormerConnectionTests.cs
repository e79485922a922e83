namespace SocketRest.Tests.Serving;

/// <summary>A connection that the other end drains may still finish what runs on it when its client, which has another by then, comes to its own end.</summary>
public sealed class FormerConnectionTests : IAsyncDisposable
{
    private readonly TaskCompletionSource _running = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _release = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly InMemoryListener _listener;

    public FormerConnectionTests() => _listener = new InMemoryListener(async (_, token) =>
    {
        _running.TrySetResult();
        await _release.Task.WaitAsync(token);
        return new HttpResponseMessage();
    });

    [Fact]
    public async Task Is_closed_with_the_client()
    {
        (SocketRestClient tunnel, SocketRestConnection former, Task<HttpResponseMessage> call) = await DrainOneAsync();

        await tunnel.DisposeAsync().AsTask().InTime();

        Assert.True(former.Completion.IsCompleted);
        HttpRequestException exception = await Assert.ThrowsAsync<HttpRequestException>(() => call.InTime());
        var reason = Assert.IsType<SocketRestException>(exception.InnerException);
        Assert.Equal((SocketRestErrorCode.ConnectionClosed, RequestOutcome.MaybeExecuted), (reason.ErrorCode, reason.Outcome));
    }

    [Fact]
    public async Task Is_waited_for_by_the_drain_of_the_client()
    {
        (SocketRestClient tunnel, SocketRestConnection former, Task<HttpResponseMessage> call) = await DrainOneAsync();
        SocketRestConnection current = tunnel.Connection!;

        Task drain = tunnel.DrainAsync();
        await current.Completion.InTime();
        Assert.False(drain.IsCompleted);
        _release.SetResult();

        (await call.InTime()).Dispose();
        await drain.InTime();
        Assert.True(former.Completion.IsCompleted);
        await tunnel.DisposeAsync();
    }

    [Fact]
    public async Task Who_disposes_once_more_waits_as_well_and_readers_hear_why_it_ended()
    {
        SocketRestClient tunnel = await SocketRestClient.ConnectAsync(_listener.Options()).InTime();
        SocketRestConnection connection = tunnel.Connection!;
        await using IAsyncEnumerator<SocketRestStateChange> changes = tunnel.StateChanges.GetAsyncEnumerator();

        tunnel.Dispose();
        await tunnel.DisposeAsync().AsTask().InTime();

        Assert.True(connection.Completion.IsCompleted);
        Assert.True(await changes.MoveNextAsync().AsTask().InTime());
        Assert.Equal(
            (SocketRestConnectionState.Disconnected, SocketRestErrorCode.ConnectionClosed), (changes.Current.State, changes.Current.Reason!.ErrorCode));
        Assert.False(await changes.MoveNextAsync().AsTask().InTime());
    }

    public ValueTask DisposeAsync()
    {
        _release.TrySetResult();
        return _listener.DisposeAsync();
    }

    /// <summary>A call runs on the first connection, and there is a second one.</summary>
    private async Task<(SocketRestClient Tunnel, SocketRestConnection Former, Task<HttpResponseMessage> Call)> DrainOneAsync()
    {
        SocketRestClient tunnel = await SocketRestClient.ConnectAsync(_listener.Options(options => options.KeepConnected = true)).InTime();
        SocketRestConnection former = tunnel.Connection!;
        var client = new HttpClient(tunnel.CreateHandler()) { BaseAddress = new Uri("http://hub/"), Timeout = Patience.Limit };
        Task<HttpResponseMessage> call = client.GetAsync("/");
        await _running.Task.InTime();
        _ = (await _listener.NextAsync()).DrainAsync();
        await _listener.NextAsync();
        await tunnel.GetConnectionAsync().InTime();
        Assert.False(former.Completion.IsCompleted);
        return (tunnel, former, call);
    }
}
