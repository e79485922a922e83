using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using SocketRest.AspNetCore.Tests.Conformance;

namespace SocketRest.AspNetCore.Tests.Tunnel;

/// <summary>A hub on a real Kestrel goes away and comes back.</summary>
public sealed class ReconnectTests
{
    [Fact]
    public async Task Client_that_serves_comes_back_with_its_hub()
    {
        TestHub hub = await StartAsync();
        await using SocketRestClient device = await hub.DialAsync(options =>
            options.RequestHandler = (_, _) => Task.FromResult(new HttpResponseMessage { Content = new StringContent("here") }));
        string before = device.Connection!.Id;

        await hub.DisposeAsync();
        await using TestHub next = await StartAsync(hub.Address.Port);

        SocketRestConnection after = await next.Registry.WaitForAsync(_ => true).InTime();
        Assert.NotEqual(before, after.Id);
        using HttpClient client = after.CreateClient();
        Assert.Equal("here", await client.GetStringAsync("/").InTime());
    }

    [Fact]
    public async Task Call_made_while_the_hub_is_away_is_answered_when_it_is_back()
    {
        TestHub hub = await StartAsync();
        await using SocketRestClient tunnel = await hub.DialAsync();
        using HttpClient client = tunnel.CreateClient();
        await using IAsyncEnumerator<SocketRestStateChange> changes = tunnel.StateChanges.GetAsyncEnumerator();

        await hub.DisposeAsync();
        Task<string> call = client.GetStringAsync("/");
        SocketRestStateChange change;
        do
        {
            Assert.True(await changes.MoveNextAsync().AsTask().InTime());
            change = changes.Current;
        }
        while (change is not { Reason.ErrorCode: SocketRestErrorCode.ConnectFailed, Attempt: >= 2 });

        Assert.False(call.IsCompleted);
        await using TestHub next = await StartAsync(hub.Address.Port);
        Assert.Equal("hub", await call.InTime());
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

    private static Task<TestHub> StartAsync(int port = 0) => TestHub.StartAsync(app => app.MapGet("/", () => "hub"), port: port);
}
