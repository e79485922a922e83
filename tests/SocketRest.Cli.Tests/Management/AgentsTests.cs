using System.Net;
using System.Net.Http.Json;
using System.Text.Json;

namespace SocketRest.Cli.Tests.Management;

public sealed class AgentsTests
{
    [Fact]
    public async Task The_list_has_what_is_known_of_each_agent()
    {
        await using ManagedHub hub = await ManagedHub.StartAsync();
        await using ConnectedAgent agent = await hub.ConnectAsync("kiln-7", new { site = "north", floor = 2 });

        await agent.Seen.PingAsync().InTime();
        await hub.Client.GetStringAsync("/agents/kiln-7/hello").InTime();

        JsonElement page = await hub.Client.GetFromJsonAsync<JsonElement>("/_hub/api/agents").InTime();

        JsonElement one = Assert.Single(page.GetProperty("items").EnumerateArray());
        Assert.Equal(agent.Id, one.GetProperty("id").GetString());
        Assert.Equal("kiln-7", one.GetProperty("name").GetString());
        Assert.Equal("connected", one.GetProperty("state").GetString());
        Assert.Equal("north", one.GetProperty("metadata").GetProperty("site").GetString());
        Assert.StartsWith("127.0.0.1:", one.GetProperty("remoteAddress").GetString(), StringComparison.Ordinal);
        Assert.Equal(agent.Seen.ConnectedAt, one.GetProperty("connectedAt").GetDateTimeOffset());
        Assert.Equal(1, one.GetProperty("callsToAgent").GetInt64());
        Assert.Equal(0, one.GetProperty("callsFromAgent").GetInt64());
        Assert.True(one.GetProperty("bytesSent").GetInt64() > 0);
        Assert.True(one.GetProperty("bytesReceived").GetInt64() > 0);
        Assert.True(one.GetProperty("roundTripMs").GetDouble() > 0);
        Assert.Equal(JsonValueKind.Null, page.GetProperty("next").ValueKind);
    }

    [Theory]
    [InlineData("name=KILN", "kiln-7,kiln-8")]
    [InlineData("name=kiln-8", "kiln-8")]
    [InlineData("metadata.site=north", "kiln-7,oven-1")]
    [InlineData("metadata.site=north&metadata.floor=2", "kiln-7")]
    [InlineData("metadata.site=nowhere", "")]
    [InlineData("state=connected", "kiln-7,kiln-8,oven-1")]
    [InlineData("state=draining", "")]
    public async Task The_list_can_be_narrowed(string query, string expected)
    {
        await using ManagedHub hub = await ManagedHub.StartAsync();
        await using ConnectedAgent first = await hub.ConnectAsync("kiln-7", new { site = "north", floor = 2 });
        await using ConnectedAgent second = await hub.ConnectAsync("kiln-8", new { site = "south" });
        await using ConnectedAgent third = await hub.ConnectAsync("oven-1", new { site = "north" });

        JsonElement page = await hub.Client.GetFromJsonAsync<JsonElement>("/_hub/api/agents?" + query).InTime();

        Assert.Equal(expected, string.Join(',', page.GetProperty("items").EnumerateArray().Select(one => one.GetProperty("name").GetString())));
    }

    [Fact]
    public async Task Pages_follow_each_other_although_agents_go_meanwhile()
    {
        await using ManagedHub hub = await ManagedHub.StartAsync();
        await using ConnectedAgent first = await hub.ConnectAsync("one");
        await using ConnectedAgent second = await hub.ConnectAsync("two");
        await using ConnectedAgent third = await hub.ConnectAsync("three");

        JsonElement page = await hub.Client.GetFromJsonAsync<JsonElement>("/_hub/api/agents?limit=2").InTime();
        Assert.Equal(["one", "two"], page.GetProperty("items").EnumerateArray().Select(one => one.GetProperty("name").GetString()!));
        await first.App.StopAsync().InTime();
        await hub.GoneAsync(first.Seen);

        page = await hub.Client.GetFromJsonAsync<JsonElement>($"/_hub/api/agents?limit=2&cursor={page.GetProperty("next").GetString()}").InTime();

        Assert.Equal("three", Assert.Single(page.GetProperty("items").EnumerateArray()).GetProperty("name").GetString());
        Assert.Equal(JsonValueKind.Null, page.GetProperty("next").ValueKind);
    }

    [Theory]
    [InlineData("GET", "agents?limit=0", 400)]
    [InlineData("GET", "agents?limit=501", 400)]
    [InlineData("GET", "agents?limit=many", 400)]
    [InlineData("GET", "agents?state=asleep", 400)]
    [InlineData("GET", "agents?cursor=nonsense", 400)]
    [InlineData("GET", "agents/nobody", 404)]
    [InlineData("GET", "agents/nobody/requests", 404)]
    [InlineData("POST", "agents/nobody/drain", 404)]
    [InlineData("DELETE", "agents/nobody", 404)]
    [InlineData("GET", "nothing/here", 404)]
    public async Task What_cannot_be_answered_is_a_problem_that_says_why(string method, string path, int status)
    {
        await using ManagedHub hub = await ManagedHub.StartAsync();
        using var request = new HttpRequestMessage(new HttpMethod(method), "/_hub/api/" + path);

        using HttpResponseMessage response = await hub.Client.SendAsync(request).InTime();

        Assert.Equal(status, (int)response.StatusCode);
        Assert.Equal("application/problem+json", response.Content.Headers.ContentType?.MediaType);
        JsonElement problem = await response.Content.ReadFromJsonAsync<JsonElement>().InTime();
        Assert.Equal(status, problem.GetProperty("status").GetInt32());
        Assert.NotEmpty(problem.GetProperty("title").GetString()!);
        Assert.NotEmpty(problem.GetProperty("detail").GetString()!);
    }

    [Fact]
    public async Task An_agent_that_is_drained_finishes_what_runs_and_goes()
    {
        var entered = new TaskCompletionSource();
        var answer = new TaskCompletionSource();
        await using ManagedHub hub = await ManagedHub.StartAsync();
        await using ConnectedAgent agent = await hub.ConnectAsync("kiln-7", map: app => app.MapGetSlow(entered, answer.Task));
        Task<string> running = hub.Client.GetStringAsync("/agents/kiln-7/slow");
        await entered.Task.InTime();

        using HttpResponseMessage drained = await hub.Client.PostAsync($"/_hub/api/agents/{agent.Id}/drain", null).InTime();
        Assert.Equal(HttpStatusCode.Accepted, drained.StatusCode);
        JsonElement shown = await hub.Client.GetFromJsonAsync<JsonElement>($"/_hub/api/agents/{agent.Id}").InTime();
        Assert.Equal("draining", shown.GetProperty("state").GetString());

        // It is back at once, under its name, and what still runs on the old connection is none of the new one's business.
        await hub.Registry.WaitForAsync(one => one.Name == "kiln-7" && one.Id != agent.Id).InTime();
        answer.SetResult();

        Assert.Equal("slow", await running.InTime());
        await hub.GoneAsync(agent.Seen);
    }

    [Fact]
    public async Task An_agent_that_is_disconnected_is_gone()
    {
        await using ManagedHub hub = await ManagedHub.StartAsync();
        await using ConnectedAgent agent = await hub.ConnectAsync("kiln-7");

        using HttpResponseMessage response = await hub.Client.DeleteAsync($"/_hub/api/agents/{agent.Id}").InTime();

        Assert.Equal(HttpStatusCode.NoContent, response.StatusCode);
        Assert.True(agent.Seen.Completion.IsCompleted);
        using HttpResponseMessage gone = await hub.Client.GetAsync($"/_hub/api/agents/{agent.Id}").InTime();
        Assert.Equal(HttpStatusCode.NotFound, gone.StatusCode);
    }

    [Fact]
    public async Task The_hub_says_what_it_is_and_has_to_do()
    {
        await using ManagedHub hub = await ManagedHub.StartAsync();
        await using ConnectedAgent agent = await hub.ConnectAsync("kiln-7");
        Assert.Equal("hello", await hub.Client.GetStringAsync("/agents/kiln-7/hello").InTime());

        JsonElement said = await hub.Client.GetFromJsonAsync<JsonElement>("/_hub/api/hub").InTime();

        Assert.Matches(@"^\d+\.\d+\.\d+", said.GetProperty("version").GetString());
        Assert.Equal(1, said.GetProperty("connections").GetProperty("total").GetInt32());
        Assert.Equal(1, said.GetProperty("connections").GetProperty("connected").GetInt32());
        Assert.Equal(1, said.GetProperty("calls").GetInt64());
        Assert.True(said.GetProperty("uptimeSeconds").GetDouble() > 0);
        Assert.True(said.GetProperty("started").GetDateTimeOffset() > DateTimeOffset.UtcNow.AddHours(-1));
    }

    [Fact]
    public async Task The_api_describes_itself()
    {
        await using ManagedHub hub = await ManagedHub.StartAsync();

        JsonElement document = await hub.Client.GetFromJsonAsync<JsonElement>("/_hub/api/openapi.json").InTime();

        Assert.True(document.GetProperty("paths").TryGetProperty("/_hub/api/agents/{id}/drain", out _));
    }
}
