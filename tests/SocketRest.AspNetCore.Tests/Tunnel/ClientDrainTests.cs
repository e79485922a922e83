using Microsoft.AspNetCore.Builder;
using SocketRest.AspNetCore.Tests.Conformance;

namespace SocketRest.AspNetCore.Tests.Tunnel;

/// <summary>A client that ends in good order, and one whose connection was idle.</summary>
public sealed class ClientDrainTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Client_that_serves_finishes_what_runs_in_both_directions_and_dials_no_more(bool failsFast)
    {
        var running = new Signal();
        var release = new Signal();
        SocketRestClient? device = null;
        await using TestHub hub = await TestHub.StartAsync(app => app.MapGet("/", () => "hub"));
        await using SocketRestClient tunnel = device = await hub.DialAsync(options =>
        {
            options.FailFastWhileDisconnected = failsFast;
            options.RequestHandler = async (_, token) =>
            {
                running.Release();
                await release.NextAsync();
                using HttpClient back = device!.CreateClient();
                return new HttpResponseMessage { Content = new StringContent("device of " + await back.GetStringAsync("/", token)) };
            };
        });
        SocketRestConnection accepted = await hub.SideOfAsync(tunnel);
        Task<string> call = accepted.CreateClient().GetStringAsync("/");
        await running.NextAsync();

        Task drain = tunnel.DrainAsync();
        await accepted.Tunnel.Slots.WhenClosed.InTime();
        Assert.False(drain.IsCompleted);
        release.Release();

        Assert.Equal("device of hub", await call.InTime());
        await drain.InTime();
        await accepted.Completion.InTime();
        SocketRestException refused = await TunnelClient.FailureAsync(tunnel.CreateClient().GetAsync("/").InTime());
        Assert.Equal((SocketRestErrorCode.Draining, RequestOutcome.NotSent), (refused.ErrorCode, refused.Outcome));
        Assert.Null(tunnel.Connection);
        Assert.DoesNotContain(hub.Registry.Connections, connection => connection != accepted);
    }

    [Fact]
    public async Task Drain_ends_the_wait_for_a_hub_that_is_not_there()
    {
        await using var tunnel = new SocketRestClient(new SocketRestClientOptions
        {
            WebSocketFactory = async token =>
            {
                await Task.Delay(Timeout.Infinite, token);
                throw new InvalidOperationException();
            },
        });
        Task<HttpResponseMessage> waiting = tunnel.CreateClient().GetAsync("/");

        await tunnel.DrainAsync().InTime();

        Assert.Equal(RequestOutcome.NotSent, (await TunnelClient.FailureAsync(waiting.InTime())).Outcome);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Idle_connection_is_replaced_by_the_next_call_or_where_it_is_kept_by_itself(bool kept)
    {
        await using TestHub hub = await TestHub.StartAsync(
            app => app.MapGet("/", () => "hub"), options => options.IdleTimeout = TimeSpan.FromMilliseconds(200));
        await using var tunnel = new SocketRestClient(new SocketRestClientOptions { Uri = hub.Tunnel, KeepConnected = kept });
        await using IAsyncEnumerator<SocketRestStateChange> changes = tunnel.StateChanges.GetAsyncEnumerator();
        await tunnel.GetConnectionAsync().InTime();
        do
        {
            Assert.True(await changes.MoveNextAsync().AsTask().InTime());
        }
        while (changes.Current.State != SocketRestConnectionState.Disconnected);

        using HttpClient client = tunnel.CreateClient();
        if (kept)
        {
            while (changes.Current.State != SocketRestConnectionState.Connected)
            {
                Assert.True(await changes.MoveNextAsync().AsTask().InTime());
            }
        }
        else
        {
            Assert.Equal(SocketRestErrorCode.IdleTimeout, changes.Current.Reason!.ErrorCode);
            Assert.Null(tunnel.Connection);
        }

        Assert.Equal("hub", await client.GetStringAsync("/").InTime());
    }
}
