using System.Text.Json;
using SocketRest.Cli.Tests.Hub;
using SocketRest.Faults;

namespace SocketRest.Cli.Tests.Expose;

/// <summary>The way that a newcomer goes: a hub, an exposed service, a call.</summary>
public sealed class ExposeProcessTests
{
    [Fact]
    public async Task Service_is_called_through_the_hub_at_the_address_that_expose_prints()
    {
        await using LocalService service = await LocalService.StartAsync();
        await using var hub = CommandProcess.Start("hub", "--urls", "http://127.0.0.1:0");
        string address = (await hub.LineAsync("Hub listening at ")).Split(' ')[^1];
        using var http = new HttpClient { Timeout = Patience.Limit };
        await using var expose = CommandProcess.Start("expose", service.Address.ToString(), "--hub", address, "--name", "shop", "--json");
        string online = await expose.LineAsync("\"online\"");
        string shop = JsonDocument.Parse(online).RootElement.GetProperty("addresses")[0].GetString()!;
        Assert.Equal($"{address}/agents/shop/", shop);

        Assert.StartsWith("GET /seen/pets?a=b ", await http.GetStringAsync($"{shop}seen/pets?a=b"), StringComparison.Ordinal);

        JsonElement request = JsonDocument.Parse(await expose.LineAsync("\"request\"")).RootElement;
        Assert.Equal(("GET", "/seen/pets?a=b", 200), (request.GetProperty("method").GetString(), request.GetProperty("path").GetString(), request.GetProperty("status").GetInt32()));
        Assert.True(request.GetProperty("durationMs").GetDouble() > 0);

        Assert.Equal(0, await expose.StopAsync());
        Assert.Equal(0, await hub.StopAsync());
    }

    [Fact]
    public async Task Hub_that_is_not_there_is_waited_for_and_the_wait_can_be_ended()
    {
        await using var expose = CommandProcess.Start("expose", "3000", "--hub", "ws://127.0.0.1:1", "--name", "shop");

        Assert.Contains("No WebSocket to ws://127.0.0.1:1/tunnel", await expose.LineAsync("disconnected"), StringComparison.Ordinal);
        Assert.Equal(0, await expose.StopAsync());
    }

    [Fact]
    public async Task Second_interruption_cuts_off_what_the_first_one_waits_for()
    {
        await using LocalService service = await LocalService.StartAsync();
        await using RunningHub hub = await RunningHub.StartAsync();
        await using var expose = CommandProcess.Start("expose", service.Address.ToString(), "--hub", hub.Address.ToString(), "--name", "shop");
        await expose.LineAsync("online");
        using HttpResponseMessage waits = await hub.Http.GetAsync("/agents/shop/wait", HttpCompletionOption.ResponseHeadersRead).InTime();

        await expose.SignalAsync();
        await expose.LineAsync("1 request still runs");

        Assert.Equal(130, await expose.StopAsync());
    }

    [Fact]
    public async Task Plain_lines_say_what_happens_when_the_hub_goes_and_comes_back()
    {
        await using LocalService service = await LocalService.StartAsync();
        await using var hub = CommandProcess.Start("hub", "--urls", "http://127.0.0.1:0");
        string direct = (await hub.LineAsync("Hub listening at ")).Split(' ')[^1];
        await using var proxy = new FaultProxy(new Uri(direct));
        string address = proxy.Address.ToString().TrimEnd('/');
        using var http = new HttpClient { Timeout = Patience.Limit };
        await using var expose = CommandProcess.Start(
            new Dictionary<string, string> { ["SOCKETREST_HUB"] = address, ["SOCKETREST_NAME"] = "shop" }, "expose", service.Address.ToString());
        await expose.LineAsync($"online   {address}/agents/shop/");
        await http.GetStringAsync($"{address}/agents/shop/seen/");
        await expose.LineAsync("200 GET    /seen/");

        // The next hub is at the same address and not at the same port, which is anybody's while nobody listens there.
        proxy.Refuses = true;
        Assert.Equal(0, await hub.StopAsync());
        await expose.LineAsync("disconnected");
        await using var again = CommandProcess.Start("hub", "--urls", "http://127.0.0.1:0");
        proxy.Retarget(new Uri((await again.LineAsync("Hub listening at ")).Split(' ')[^1]));
        proxy.Refuses = false;
        await expose.LineAsync("(reconnected 1x)");

        Assert.Equal(0, await expose.StopAsync("TERM"));
        await expose.LineAsync("ended");
    }
}
