using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using SocketRest.AspNetCore.Tests.Conformance;
using SocketRest.Faults;

namespace SocketRest.AspNetCore.Tests.Tunnel;

/// <summary>A hub on a real Kestrel goes away and comes back.</summary>
public sealed class ReconnectTests
{
    [Fact]
    public async Task Client_that_serves_comes_back_with_its_hub()
    {
        TestHub hub = await StartAsync();
        await using var proxy = new FaultProxy(hub.Tunnel);
        await using SocketRestClient device = await SocketRestClient.ConnectAsync(proxy.Address, options =>
            options.RequestHandler = (_, _) => Task.FromResult(new HttpResponseMessage { Content = new StringContent("here") })).InTime();
        string before = device.Connection!.Id;

        await using TestHub next = await ReplaceAsync(hub, proxy);

        SocketRestConnection after = await next.Registry.WaitForAsync(_ => true).InTime();
        Assert.NotEqual(before, after.Id);
        using HttpClient client = after.CreateClient();
        Assert.Equal("here", await client.GetStringAsync("/").InTime());
    }

    [Fact]
    public async Task Call_made_while_the_hub_is_away_is_answered_when_it_is_back()
    {
        TestHub hub = await StartAsync();
        await using var proxy = new FaultProxy(hub.Tunnel);

        // A hub whose goodbye was not read in its time would be waited for until the grace is over.
        await using SocketRestClient tunnel = await SocketRestClient.ConnectAsync(proxy.Address, options => options.ResumeGrace = TimeSpan.Zero).InTime();
        using HttpClient client = tunnel.CreateClient();
        await using IAsyncEnumerator<SocketRestStateChange> changes = tunnel.StateChanges.GetAsyncEnumerator();

        proxy.Refuses = true;
        await hub.DisposeAsync();

        // Before that it is told a call would go to the hub that is gone: it may have been executed then, and nobody dials for it.
        await UntilAsync(change => change.State == SocketRestConnectionState.Disconnected);
        Task<string> call = client.GetStringAsync("/");
        await UntilAsync(change => change is { Reason.ErrorCode: SocketRestErrorCode.ConnectFailed, Attempt: >= 2 });

        Assert.False(call.IsCompleted);
        await using TestHub next = await StartAsync();
        proxy.Retarget(next.Tunnel);
        proxy.Refuses = false;
        Assert.Equal("hub", await call.InTime());

        async Task UntilAsync(Func<SocketRestStateChange, bool> condition)
        {
            do
            {
                Assert.True(await changes.MoveNextAsync().AsTask().InTime());
            }
            while (!condition(changes.Current));
        }
    }

    [Fact]
    public async Task Credentials_that_were_renewed_meanwhile_let_it_in()
    {
        await using TestHub hub = await TestHub.StartAsync(app => app.Use(async (context, next) =>
        {
            if (context.Request.Headers.Authorization != "Bearer 3")
            {
                context.Response.StatusCode = StatusCodes.Status401Unauthorized;
                return;
            }

            await next(context);
        }));
        int asked = 0;
        await using var tunnel = new SocketRestClient(new SocketRestClientOptions
        {
            Uri = hub.Tunnel,
            MaxReconnectDelay = TimeSpan.FromMilliseconds(20),
            AuthorizationProvider = _ => new($"Bearer {++asked}"),
        });

        await tunnel.GetConnectionAsync().InTime();

        Assert.Equal(3, asked);
    }

    private static Task<TestHub> StartAsync() => TestHub.StartAsync(app => app.MapGet("/", () => "hub"));

    /// <summary>Another hub at the same address. Not at the same port, which is anybody's while nobody listens there.</summary>
    private static async Task<TestHub> ReplaceAsync(TestHub hub, FaultProxy proxy)
    {
        proxy.Refuses = true;
        await hub.DisposeAsync();
        TestHub next = await StartAsync();
        proxy.Retarget(next.Tunnel);
        proxy.Refuses = false;
        return next;
    }
}
