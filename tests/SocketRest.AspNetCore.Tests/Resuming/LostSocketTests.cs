using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using SocketRest.AspNetCore.Tests.Conformance;
using SocketRest.AspNetCore.Tests.Tunnel;
using SocketRest.Faults;

namespace SocketRest.AspNetCore.Tests.Resuming;

/// <summary>Sockets that are lost again while a new one is set up, or that nobody says are lost.</summary>
public sealed class LostSocketTests
{
    /// <summary>More than the upgrade and the handshake take in either direction.</summary>
    private const int Handshake = 1_200;

    private const int Step = 3;

    [Theory]
    [InlineData(nameof(Way.ToTarget), nameof(CutKind.Reset))]
    [InlineData(nameof(Way.ToTarget), nameof(CutKind.Close))]
    [InlineData(nameof(Way.FromTarget), nameof(CutKind.Reset))]
    [InlineData(nameof(Way.FromTarget), nameof(CutKind.Close))]
    public async Task Call_outlives_cuts_all_over_the_new_handshake(string wayName, string kindName)
    {
        Way way = Enum.Parse<Way>(wayName);
        CutKind kind = Enum.Parse<CutKind>(kindName);
        await using TestHub hub = await TestHub.StartAsync(
            app => app.MapPost("/echo", context => context.Request.Body.CopyToAsync(context.Response.Body)),
            options => options.MaxConnectionsPerSecond = options.ConnectionBurst = 1_000_000);
        hub.ExpectsErrors = true;

        await Lanes.RunAsync(hub.Tunnel, Enumerable.Range(0, Handshake / Step).Select(i => i * Step), async (proxy, offset) =>
        {
            await using SocketRestClient tunnel = ResumeDialogue.CreateClient(proxy.Address);
            string id = (await tunnel.GetConnectionAsync().InTime()).Id;
            using HttpClient client = tunnel.CreateClient();
            var body = new PushContent();
            Task<HttpResponseMessage> call = client.PostAsync("/echo", body);
            await body.WriteAsync("first"u8.ToArray());

            _ = proxy.CutNextAfter(way, offset, kind);
            _ = proxy.CutNextAfter(way, offset, kind);
            proxy.Cut(kind);
            await body.WriteAsync("last"u8.ToArray());
            body.Complete();

            using HttpResponseMessage response = await call.InTime();
            Assert.Equal("firstlast", await response.Content.ReadAsStringAsync().InTime());
            Assert.Equal(id, tunnel.Connection?.Id);
        });
    }

    [Theory]
    [InlineData(nameof(Way.Both))]
    [InlineData(nameof(Way.ToTarget))]
    [InlineData(nameof(Way.FromTarget))]
    public async Task Calls_of_both_ends_outlive_a_connection_that_is_half_open(string way)
    {
        var there = new Signal();
        var goOn = new Signal();
        await using TestHub hub = await TestHub.StartAsync(
            app => app.MapGet("/", async context =>
            {
                there.Release();
                await goOn.NextAsync();
                await context.Response.WriteAsync("hub");
            }),
            Beat);
        hub.ExpectsErrors = true;
        await using var proxy = new FaultProxy(hub.Tunnel);
        await using SocketRestClient tunnel = ResumeDialogue.CreateClient(proxy.Address, options =>
        {
            Beat(options);
            options.RequestHandler = async (_, _) =>
            {
                there.Release();
                await goOn.NextAsync();
                return new HttpResponseMessage { Content = new StringContent("device") };
            };
        });
        SocketRestConnection dialled = await tunnel.GetConnectionAsync().InTime();
        SocketRestConnection accepted = await hub.Registry.WaitForAsync(dialled.Id).InTime();
        await using IAsyncEnumerator<SocketRestConnectionEvent> events = hub.Registry.Events.GetAsyncEnumerator();
        using HttpClient fromDevice = tunnel.CreateClient();
        using HttpClient fromHub = accepted.CreateClient();
        Task<string> up = fromDevice.GetStringAsync("/");
        Task<string> down = fromHub.GetStringAsync("/");
        await there.NextAsync();
        await there.NextAsync();

        proxy.Swallow(Enum.Parse<Way>(way));
        do
        {
            Assert.True(await events.MoveNextAsync().AsTask().InTime());
            Assert.NotEqual(SocketRestConnectionEventKind.Closed, events.Current.Kind);
        }
        while (events.Current.Kind != SocketRestConnectionEventKind.Resumed);
        goOn.Release(2);

        Assert.Equal("hub", await up.InTime());
        Assert.Equal("device", await down.InTime());
        Assert.Equal(dialled.Id, tunnel.Connection?.Id);
    }

    private static void Beat(SocketRestOptions options) =>
        options.HeartbeatInterval = options.HeartbeatTimeout = TimeSpan.FromMilliseconds(300);
}
