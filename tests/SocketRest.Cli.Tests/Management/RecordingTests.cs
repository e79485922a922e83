using System.Net;
using System.Net.Http.Json;
using System.Net.WebSockets;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using SocketRest.Cli.Management.Recording;

namespace SocketRest.Cli.Tests.Management;

public sealed class RecordingTests
{
    [Fact]
    public async Task A_request_is_remembered_with_what_it_took_and_moved()
    {
        await using ManagedHub hub = await ManagedHub.StartAsync();
        await using ConnectedAgent agent = await hub.ConnectAsync("kiln-7", map: Echo);
        using var content = new StringContent("0123456789", Encoding.UTF8, "text/plain");

        using HttpResponseMessage response = await hub.Client.PostAsync("/agents/kiln-7/echo/a%2Fb?x=1", content).InTime();

        JsonElement one = Assert.Single(await RequestsAsync(hub, agent.Id));
        Assert.Equal("POST", one.GetProperty("method").GetString());
        Assert.Equal("/echo/a%2Fb?x=1", one.GetProperty("path").GetString());
        Assert.Equal("kiln-7", one.GetProperty("agent").GetString());
        Assert.Equal(200, one.GetProperty("status").GetInt32());
        Assert.Equal(10, one.GetProperty("requestBytes").GetInt64());
        Assert.Equal(10, one.GetProperty("responseBytes").GetInt64());
        Assert.True(one.GetProperty("started").GetDateTimeOffset() > DateTimeOffset.UtcNow.AddMinutes(-5));
        double first = one.GetProperty("firstByteMs").GetDouble();
        Assert.InRange(first, 0.001, one.GetProperty("durationMs").GetDouble());
        Assert.Equal(JsonValueKind.Null, one.GetProperty("failure").ValueKind);
        Assert.Equal(JsonValueKind.Null, one.GetProperty("requestBody").ValueKind);
        Assert.Equal(JsonValueKind.Null, one.GetProperty("responseBody").ValueKind);
    }

    [Fact]
    public async Task Secrets_are_not_remembered()
    {
        await using ManagedHub hub = await ManagedHub.StartAsync();
        await using ConnectedAgent agent = await hub.ConnectAsync("kiln-7", map: app => app.MapGet("/login", (HttpContext context) =>
        {
            context.Response.Headers.SetCookie = new(["a=hidden1", "b=hidden2"]);
            context.Response.Headers["X-Shown"] = "shown";
            context.Response.Headers.Location = "/elsewhere?page=3&sessionToken=hidden9#access_token=hidden10&page=4";
            context.Response.Headers.ContentLocation = "/elsewhere?code=hidden11";
            return "in";
        }));
        using var request = new HttpRequestMessage(HttpMethod.Get, "/agents/kiln-7/login?access_token=hidden3&Token=hidden4&page=2&X-Amz-Signature=hidden12&JWT=hidden13&id=7&id=hidden123456789012345w");
        request.Headers.TryAddWithoutValidation("authorization", "Bearer hidden5");
        request.Headers.TryAddWithoutValidation("Cookie", "session=hidden6");
        request.Headers.TryAddWithoutValidation("Proxy-Authorization", "Basic hidden7");
        request.Headers.TryAddWithoutValidation("X-API-KEY", "hidden8");
        request.Headers.TryAddWithoutValidation("X-Other", "shown");
        request.Headers.TryAddWithoutValidation("X-Our-Secret-Thing", "hidden14");
        request.Headers.TryAddWithoutValidation("Sec-WebSocket-Protocol", "bearer, hidden15");
        request.Headers.TryAddWithoutValidation("Referer", "http://shop.example/?password=hidden16&page=5");

        using HttpResponseMessage response = await hub.Client.SendAsync(request).InTime();

        JsonElement one = Assert.Single(await RequestsAsync(hub, agent.Id));
        Assert.DoesNotContain("hidden", one.GetRawText(), StringComparison.Ordinal);
        Assert.Equal("/login?access_token=(redacted)&Token=(redacted)&page=2&X-Amz-Signature=(redacted)&JWT=(redacted)&id=7&id=(redacted)", one.GetProperty("path").GetString());
        Assert.Equal("(redacted)", Field(one, "requestHeaders", "authorization"));
        Assert.Equal("(redacted)", Field(one, "requestHeaders", "Cookie"));
        Assert.Equal("shown", Field(one, "requestHeaders", "X-Other"));
        Assert.Equal("(redacted)", Field(one, "responseHeaders", "Set-Cookie"));
        Assert.Equal("shown", Field(one, "responseHeaders", "X-Shown"));
        Assert.Equal("/elsewhere?page=3&sessionToken=(redacted)#access_token=(redacted)&page=4", Field(one, "responseHeaders", "Location"));
        Assert.Equal("http://shop.example/?password=(redacted)&page=5", Field(one, "requestHeaders", "Referer"));
    }

    [Fact]
    public async Task A_request_is_listed_while_it_runs_with_what_has_moved()
    {
        var answer = new TaskCompletionSource();
        await using ManagedHub hub = await ManagedHub.StartAsync();
        await using ConnectedAgent agent = await hub.ConnectAsync("kiln-7", map: app => app.MapGet("/long", async (HttpContext context) =>
        {
            await context.Response.WriteAsync("12345");
            await context.Response.Body.FlushAsync();
            await answer.Task;
            await context.Response.WriteAsync("6");
        }));
        using HttpResponseMessage response = await hub.Client.GetAsync("/agents/kiln-7/long?page=2&token=hidden", HttpCompletionOption.ResponseHeadersRead).InTime();
        using var reader = new StreamReader(await response.Content.ReadAsStreamAsync());
        await reader.ReadBlockAsync(new char[5]).InTime();

        JsonElement one = Assert.Single(await RunningAsync());

        Assert.Equal("GET", one.GetProperty("method").GetString());
        Assert.Equal("/long?page=2&token=(redacted)", one.GetProperty("path").GetString());
        Assert.Equal(200, one.GetProperty("status").GetInt32());
        Assert.Equal(5, one.GetProperty("responseBytes").GetInt64());
        Assert.True(one.GetProperty("runningMs").GetDouble() > 0);
        Assert.Empty(await RequestsAsync(hub, agent.Id));

        using HttpResponseMessage events = await hub.Client.GetAsync("/_hub/api/events?agent=kiln-7", HttpCompletionOption.ResponseHeadersRead).InTime();
        using var told = new StreamReader(await events.Content.ReadAsStreamAsync());
        answer.SetResult();
        await told.ReadEventAsync("requestFinished");
        Assert.Empty(await RunningAsync());
        Assert.Equal("/long?page=2&token=(redacted)", Assert.Single(await RequestsAsync(hub, agent.Id)).GetProperty("path").GetString());

        async Task<JsonElement[]> RunningAsync()
        {
            JsonElement said = await hub.Client.GetFromJsonAsync<JsonElement>($"/_hub/api/agents/{agent.Id}/requests/running").InTime();
            return [.. said.GetProperty("items").EnumerateArray()];
        }
    }

    [Fact]
    public async Task The_newest_come_first_and_the_oldest_go()
    {
        await using ManagedHub hub = await ManagedHub.StartAsync(options => options.RequestsPerAgent = 3);
        await using ConnectedAgent agent = await hub.ConnectAsync("kiln-7");
        for (int i = 1; i <= 5; i++)
        {
            await hub.Client.GetStringAsync($"/agents/kiln-7/hello?{i}").InTime();
        }

        JsonElement[] all = await RequestsAsync(hub, agent.Id);

        Assert.Equal(["/hello?5", "/hello?4", "/hello?3"], all.Select(one => one.GetProperty("path").GetString()!));
    }

    [Fact]
    public async Task All_together_stay_within_their_memory_and_the_oldest_of_all_go_first()
    {
        const long Memory = 64 * 1024;
        await using ManagedHub hub = await ManagedHub.StartAsync(options => options.RequestMemory = Memory);
        await using ConnectedAgent quiet = await hub.ConnectAsync("quiet");
        await using ConnectedAgent busy = await hub.ConnectAsync("busy");
        await hub.Client.GetStringAsync("/agents/quiet/hello").InTime();
        string filling = new('x', 900);
        for (int i = 0; i < 40; i++)
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, "/agents/busy/hello");
            request.Headers.Add("X-Filling", filling);
            using HttpResponseMessage response = await hub.Client.SendAsync(request).InTime();
        }

        RequestLog log = hub.App.Services.GetRequiredService<RequestLog>();
        Assert.InRange(log.Bytes, Memory / 2, Memory);
        Assert.Empty(await RequestsAsync(hub, quiet.Id));
        Assert.InRange((await RequestsAsync(hub, busy.Id)).Length, 10, 39);
        Assert.Equal(41, log.Finished);
        Assert.Equal(0, log.Running);
    }

    [Fact]
    public async Task Requests_for_names_that_nobody_has_are_not_remembered()
    {
        await using ManagedHub hub = await ManagedHub.StartAsync();
        using HttpResponseMessage response = await hub.Client.GetAsync("/agents/made-up/x").InTime();
        Assert.Equal(HttpStatusCode.NotFound, response.StatusCode);

        using HttpResponseMessage requests = await hub.Client.GetAsync("/_hub/api/agents/made-up/requests").InTime();

        Assert.Equal(HttpStatusCode.NotFound, requests.StatusCode);
        Assert.Equal(0, hub.App.Services.GetRequiredService<RequestLog>().Bytes);
    }

    [Fact]
    public async Task The_requests_of_an_agent_that_is_gone_are_found_by_its_name()
    {
        await using ManagedHub hub = await ManagedHub.StartAsync();
        await using (ConnectedAgent agent = await hub.ConnectAsync("kiln-7"))
        {
            await hub.Client.GetStringAsync("/agents/kiln-7/hello").InTime();
            await agent.App.StopAsync().InTime();
            await hub.GoneAsync(agent.Seen);
        }

        Assert.Equal("/hello", Assert.Single(await RequestsAsync(hub, "KILN-7")).GetProperty("path").GetString());
    }

    [Fact]
    public async Task Bodies_are_kept_when_they_are_asked_for_so_much_of_them_and_for_so_long()
    {
        var time = new MovedTime();
        await using ManagedHub hub = await ManagedHub.StartAsync(build: builder => builder.Services.AddSingleton<TimeProvider>(time));
        await using ConnectedAgent agent = await hub.ConnectAsync("kiln-7", map: Echo);

        using HttpResponseMessage set = await hub.Client.PutAsJsonAsync($"/_hub/api/agents/{agent.Id}/recording", new { bodies = true, maxBytes = 5 }).InTime();
        JsonElement recording = await set.Content.ReadFromJsonAsync<JsonElement>().InTime();
        Assert.True(recording.GetProperty("bodies").GetBoolean());
        Assert.Equal(5, recording.GetProperty("maxBytes").GetInt32());
        Assert.InRange(recording.GetProperty("until").GetDateTimeOffset(), time.GetUtcNow().AddMinutes(9), time.GetUtcNow().AddMinutes(10));

        await PostAsync(hub, "text/plain", "first one");
        await PostAsync(hub, "application/octet-stream", "second one");
        time.Move(TimeSpan.FromMinutes(10));
        await PostAsync(hub, "text/plain", "third one");

        JsonElement[] all = await RequestsAsync(hub, agent.Id);
        Assert.Equal([null, null, "first"], all.Select(one => one.GetProperty("requestBody").GetString()));
        Assert.Equal([null, null, "first"], all.Select(one => one.GetProperty("responseBody").GetString()));
        Assert.Equal([9, 10, 9], all.Select(one => one.GetProperty("responseBytes").GetInt64()));
    }

    [Fact]
    public async Task Events_have_no_bodies()
    {
        await using ManagedHub hub = await ManagedHub.StartAsync();
        await using ConnectedAgent agent = await hub.ConnectAsync("kiln-7", map: Echo);
        using HttpResponseMessage set = await hub.Client.PutAsJsonAsync($"/_hub/api/agents/{agent.Id}/recording", new { bodies = true }).InTime();
        using HttpResponseMessage events = await hub.Client.GetAsync("/_hub/api/events?agent=kiln-7", HttpCompletionOption.ResponseHeadersRead).InTime();
        using var reader = new StreamReader(await events.Content.ReadAsStreamAsync());

        await PostAsync(hub, "text/plain", "the body");

        JsonElement told = await reader.ReadEventAsync("requestFinished");
        Assert.DoesNotContain("the body", told.GetRawText(), StringComparison.Ordinal);
        Assert.Equal("the body", Assert.Single(await RequestsAsync(hub, agent.Id)).GetProperty("responseBody").GetString());
    }

    [Theory]
    [InlineData("""{"bodies":true,"maxBytes":0}""")]
    [InlineData("""{"bodies":true,"maxBytes":65537}""")]
    [InlineData("""{"maxBytes":10}""")]
    [InlineData("""{"bodies":"yes"}""")]
    [InlineData("no json")]
    public async Task A_recording_that_cannot_be_is_a_problem(string json)
    {
        await using ManagedHub hub = await ManagedHub.StartAsync();
        await using ConnectedAgent agent = await hub.ConnectAsync("kiln-7");
        using var content = new StringContent(json, Encoding.UTF8, "application/json");

        using HttpResponseMessage response = await hub.Client.PutAsync($"/_hub/api/agents/{agent.Id}/recording", content).InTime();

        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        Assert.Equal("application/problem+json", response.Content.Headers.ContentType?.MediaType);
    }

    [Fact]
    public async Task A_caller_that_goes_away_leaves_a_request_that_says_so()
    {
        var entered = new TaskCompletionSource();
        var answer = new TaskCompletionSource();
        await using ManagedHub hub = await ManagedHub.StartAsync();
        await using ConnectedAgent agent = await hub.ConnectAsync("kiln-7", map: app => app.MapGetSlow(entered, answer.Task));
        using HttpResponseMessage events = await hub.Client.GetAsync("/_hub/api/events?agent=kiln-7", HttpCompletionOption.ResponseHeadersRead).InTime();
        using var reader = new StreamReader(await events.Content.ReadAsStreamAsync());
        using var patience = new CancellationTokenSource();
        Task<string> call = hub.Client.GetStringAsync("/agents/kiln-7/slow", patience.Token);
        await entered.Task.InTime();

        await patience.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => call.InTime());
        JsonElement finished = await reader.ReadEventAsync("requestFinished");
        Assert.Contains("caller went away", finished.GetProperty("request").GetProperty("failure").GetString(), StringComparison.Ordinal);
        Assert.Equal(JsonValueKind.Null, finished.GetProperty("request").GetProperty("status").ValueKind);
        answer.SetResult();
    }

    [Fact]
    public async Task A_WebSocket_is_remembered_once_it_is_over()
    {
        await using ManagedHub hub = await ManagedHub.StartAsync();
        await using ConnectedAgent agent = await hub.ConnectAsync("kiln-7", map: app =>
        {
            app.UseWebSockets();
            app.Map("/socket", async (HttpContext context) =>
            {
                using WebSocket socket = await context.WebSockets.AcceptWebSocketAsync();
                byte[] buffer = new byte[100];
                ValueWebSocketReceiveResult received = await socket.ReceiveAsync(buffer.AsMemory(), context.RequestAborted);
                await socket.SendAsync(buffer.AsMemory(0, received.Count), received.MessageType, endOfMessage: true, context.RequestAborted);
                await socket.CloseAsync(WebSocketCloseStatus.NormalClosure, null, context.RequestAborted);
            });
        });
        using HttpResponseMessage events = await hub.Client.GetAsync("/_hub/api/events?agent=kiln-7", HttpCompletionOption.ResponseHeadersRead).InTime();
        using var reader = new StreamReader(await events.Content.ReadAsStreamAsync());
        using (var socket = new ClientWebSocket())
        {
            await socket.ConnectAsync(new Uri($"ws://127.0.0.1:{hub.Port}/agents/kiln-7/socket"), CancellationToken.None).InTime();
            await socket.SendAsync("0123456789"u8.ToArray(), WebSocketMessageType.Text, endOfMessage: true, CancellationToken.None).InTime();
            byte[] buffer = new byte[100];
            Assert.Equal(10, (await socket.ReceiveAsync(buffer, CancellationToken.None).InTime()).Count);
            Assert.Equal(WebSocketMessageType.Close, (await socket.ReceiveAsync(buffer, CancellationToken.None).InTime()).MessageType);
            await socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, null, CancellationToken.None).InTime();
        }

        JsonElement request = (await reader.ReadEventAsync("requestFinished")).GetProperty("request");
        Assert.Equal("/socket", request.GetProperty("path").GetString());
        Assert.Equal(101, request.GetProperty("status").GetInt32());
        Assert.InRange(request.GetProperty("requestBytes").GetInt64(), 16, 50);
        Assert.InRange(request.GetProperty("responseBytes").GetInt64(), 12, 50);
    }

    [Theory]
    [InlineData("urn:socketrest:agent-failed", "The tunnel broke.")]
    [InlineData("https://example.com/agents-own", null)]
    public async Task A_request_that_was_not_forwarded_says_why(string type, string? reason)
    {
        await using ManagedHub hub = await ManagedHub.StartAsync();
        await using ConnectedAgent agent = await hub.ConnectAsync(
            "kiln-7", map: app => app.MapGet("/broken", () => TypedResults.Problem("The tunnel broke.", statusCode: 502, type: type)));

        using HttpResponseMessage response = await hub.Client.GetAsync("/agents/kiln-7/broken").InTime();

        JsonElement one = Assert.Single(await RequestsAsync(hub, agent.Id));
        Assert.Equal(502, one.GetProperty("status").GetInt32());
        Assert.Equal(reason, one.GetProperty("failure").GetString());
        Assert.Equal(JsonValueKind.Null, one.GetProperty("responseBody").ValueKind);
    }

    private static void Echo(WebApplication app) => app.MapPost("/echo/{**rest}", async (HttpContext context) =>
    {
        context.Response.ContentType = context.Request.ContentType;
        await context.Request.Body.CopyToAsync(context.Response.Body);
    });

    private static async Task PostAsync(ManagedHub hub, string type, string body)
    {
        using var content = new StringContent(body, Encoding.UTF8, type);
        using HttpResponseMessage response = await hub.Client.PostAsync("/agents/kiln-7/echo/", content).InTime();
        response.EnsureSuccessStatusCode();
    }

    private static async Task<JsonElement[]> RequestsAsync(ManagedHub hub, string id)
    {
        JsonElement said = await hub.Client.GetFromJsonAsync<JsonElement>($"/_hub/api/agents/{id}/requests").InTime();
        return [.. said.GetProperty("items").EnumerateArray()];
    }

    private static string? Field(JsonElement request, string headers, string name) => request.GetProperty(headers).EnumerateArray()
        .Single(field => field.GetProperty("name").GetString()!.Equals(name, StringComparison.OrdinalIgnoreCase)).GetProperty("value").GetString();
}
