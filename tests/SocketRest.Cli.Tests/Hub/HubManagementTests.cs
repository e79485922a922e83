using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using SocketRest.Cli.Hub;
using SocketRest.Cli.Keys;

namespace SocketRest.Cli.Tests.Hub;

/// <summary>That what manages the hub is there, for operators and nobody else.</summary>
public sealed class HubManagementTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    [Fact]
    public async Task Only_an_operators_key_manages_the_hub()
    {
        string path = _folder.File("hub.keys");
        string agent = await RunningHub.AddKeyAsync(path, KeyKind.Agent, "shop");
        string caller = await RunningHub.AddKeyAsync(path, KeyKind.Caller, "shop");
        string operators = await RunningHub.AddKeyAsync(path, KeyKind.Operator);
        await using RunningHub hub = await RunningHub.StartAsync(new HubOptions { KeysFile = path });
        await using SocketRestClient shop = await hub.ConnectAsync("shop", agent);

        foreach (string place in (string[])["/_hub/api/agents", "/_hub/api/hub", "/_hub/api/agents/shop/requests", "/_hub/api/agents/till/requests", "/_hub/api/events", "/metrics"])
        {
            Assert.Equal(HttpStatusCode.Unauthorized, (await hub.GetAsync(place)).StatusCode);
            Assert.Equal(HttpStatusCode.Forbidden, (await hub.GetAsync(place, agent)).StatusCode);
            Assert.Equal(HttpStatusCode.Forbidden, (await hub.GetAsync(place, caller)).StatusCode);
        }

        Assert.Equal(HttpStatusCode.OK, (await hub.GetAsync("/agents/shop/pets", caller)).StatusCode);
        JsonElement requests = await (await hub.GetAsync("/_hub/api/agents/shop/requests", operators)).Content.ReadFromJsonAsync<JsonElement>().InTime();
        Assert.Equal("/pets", Assert.Single(requests.GetProperty("items").EnumerateArray()).GetProperty("path").GetString());
        Assert.DoesNotContain(caller, requests.GetRawText(), StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.OK, (await hub.GetAsync("/healthz")).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await hub.GetAsync("/_hub/")).StatusCode);
    }

    [Fact]
    public async Task Under_the_names_of_agents_there_is_no_management()
    {
        string path = _folder.File("hub.keys");
        string operators = await RunningHub.AddKeyAsync(path, KeyKind.Operator);
        await using RunningHub hub = await RunningHub.StartAsync(new HubOptions { KeysFile = path, PublicHosts = ["hub.example.com"] });
        using var request = new HttpRequestMessage(HttpMethod.Get, "/_hub/api/agents") { Headers = { Host = "shop.hub.example.com" } };
        request.Headers.Add("Authorization", $"Bearer {operators}");

        using HttpResponseMessage response = await hub.Http.SendAsync(request).InTime();

        Assert.Equal(HttpStatusCode.NotFound, response.StatusCode);
    }

    [Fact]
    public async Task Requests_under_an_agents_host_name_are_remembered_as_its()
    {
        string path = _folder.File("hub.keys");
        string operators = await RunningHub.AddKeyAsync(path, KeyKind.Operator);
        string agent = await RunningHub.AddKeyAsync(path, KeyKind.Agent, "shop");
        await using RunningHub hub = await RunningHub.StartAsync(new HubOptions { KeysFile = path, PublicHosts = ["hub.example.com"] });
        await using SocketRestClient shop = await hub.ConnectAsync("shop", agent);
        using var request = new HttpRequestMessage(HttpMethod.Get, "/agents/shop/pets?page=1") { Headers = { Host = "shop.hub.example.com" } };
        request.Headers.Add("SocketRest-Key", operators);
        using HttpResponseMessage response = await hub.Http.SendAsync(request).InTime();
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);

        JsonElement requests = await (await hub.GetAsync("/_hub/api/agents/shop/requests", operators)).Content.ReadFromJsonAsync<JsonElement>().InTime();

        Assert.Equal("/agents/shop/pets?page=1", Assert.Single(requests.GetProperty("items").EnumerateArray()).GetProperty("path").GetString());
        Assert.False(response.Headers.Contains("Content-Security-Policy"));
    }

    public void Dispose() => _folder.Dispose();
}
