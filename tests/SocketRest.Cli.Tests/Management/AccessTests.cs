using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace SocketRest.Cli.Tests.Management;

public sealed class AccessTests
{
    [Theory]
    [InlineData("localhost", 200)]
    [InlineData("kiln.localhost", 200)]
    [InlineData("127.0.0.1", 200)]
    [InlineData("[::1]", 200)]
    [InlineData("evil.example", 421)]
    [InlineData("127.0.0.1.evil.example", 421)]
    [InlineData("192.168.0.2", 421)]
    public async Task Without_keys_the_api_answers_only_under_loopback_names(string host, int status)
    {
        await using ManagedHub hub = await ManagedHub.StartAsync();

        Assert.Equal(status, (int)await SendAsync(hub, "GET", "/_hub/api/agents", host));
    }

    [Theory]
    [InlineData("same-origin", null, 202)]
    [InlineData("same-origin", "http://localhost", 202)]
    [InlineData(null, "http://localhost", 202)]
    [InlineData("cross-site", "http://evil.example", 403)]
    [InlineData("cross-site", null, 403)]
    [InlineData("same-site", "http://kiln.localhost", 403)]
    [InlineData(null, "http://evil.example", 403)]
    [InlineData(null, "http://localhost:1", 403)]
    [InlineData(null, "null", 403)]
    public async Task A_page_of_another_origin_cannot_drain_an_agent(string? site, string? origin, int status)
    {
        await using ManagedHub hub = await ManagedHub.StartAsync();
        await using ConnectedAgent agent = await hub.ConnectAsync("kiln-7");

        Assert.Equal(status, (int)await SendAsync(hub, "POST", $"/_hub/api/agents/{agent.Id}/drain", "localhost", site, origin));
    }

    [Fact]
    public async Task Browsers_find_no_api_under_the_name_under_which_agents_have_their_pages()
    {
        await using ManagedHub hub = await ManagedHub.StartAsync();

        Assert.Equal(HttpStatusCode.Forbidden, await SendAsync(hub, "GET", "/_hub/api/agents", "127.0.0.1", "same-origin"));
        Assert.Equal(HttpStatusCode.OK, await SendAsync(hub, "GET", "/_hub/api/agents", "localhost", "same-origin"));
    }

    [Fact]
    public async Task Under_the_host_name_of_an_agent_there_is_nothing_of_the_hub()
    {
        await using ManagedHub hub = await ManagedHub.StartAsync(options => options.AgentHosts.Add("*.hub.localhost"));

        Assert.Equal(HttpStatusCode.NotFound, await SendAsync(hub, "GET", "/_hub/api/agents", "kiln-7.hub.localhost"));
        Assert.Equal(HttpStatusCode.OK, await SendAsync(hub, "GET", "/_hub/api/agents", "hub.localhost"));
    }

    [Theory]
    [InlineData("localhost", true)]
    [InlineData("127.0.0.1", false)]
    public async Task A_page_of_an_agent_has_an_origin_of_its_own_where_the_dashboard_is(string host, bool sandboxed)
    {
        await using ManagedHub hub = await ManagedHub.StartAsync();
        await using ConnectedAgent agent = await hub.ConnectAsync("kiln-7", map: app => app.MapGet("/page", context =>
        {
            context.Response.Headers.ContentSecurityPolicy = "default-src *";
            context.Response.Headers["Service-Worker-Allowed"] = "/";
            return Task.CompletedTask;
        }));
        using var request = new HttpRequestMessage(HttpMethod.Get, "/agents/kiln-7/page");
        request.Headers.Host = $"{host}:{hub.Port}";

        using HttpResponseMessage response = await hub.Client.SendAsync(request).InTime();

        string[] policies = [.. response.Headers.GetValues("Content-Security-Policy")];
        Assert.Equal("default-src *", policies[0]);
        Assert.Equal(sandboxed, policies.Length == 2 && policies[1].StartsWith("sandbox ", StringComparison.Ordinal));
        Assert.DoesNotContain(policies, policy => policy.Contains("allow-same-origin", StringComparison.Ordinal));
        Assert.False(response.Headers.Contains("Service-Worker-Allowed"));
    }

    [Theory]
    [InlineData("localhost", "text/html,*/*;q=0.8", "document", true)]
    [InlineData("localhost", "text/html,*/*;q=0.8", "iframe", false)]
    [InlineData("localhost", "*/*", "empty", false)]
    [InlineData("127.0.0.1", "text/html,*/*;q=0.8", "document", false)]
    public async Task A_person_who_opens_a_page_where_the_dashboard_is_gets_it_where_it_can_do_everything(string host, string accept, string destination, bool elsewhere)
    {
        await using ManagedHub hub = await ManagedHub.StartAsync();
        await using ConnectedAgent agent = await hub.ConnectAsync("kiln-7", map: app => app.MapGet("/page", () => "page"));
        using var client = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false });
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(hub.Client.BaseAddress!, "/agents/kiln-7/page?a=%2F"));
        request.Headers.Host = $"{host}:{hub.Port}";
        request.Headers.TryAddWithoutValidation("Accept", accept);
        request.Headers.Add("Sec-Fetch-Dest", destination);

        using HttpResponseMessage response = await client.SendAsync(request).InTime();

        Assert.Equal(elsewhere ? HttpStatusCode.TemporaryRedirect : HttpStatusCode.OK, response.StatusCode);
        Assert.Equal(elsewhere ? $"http://127.0.0.1:{hub.Port}/agents/kiln-7/page?a=%2F" : null, response.Headers.Location?.OriginalString);
    }

    [Theory]
    [InlineData("localhost", "Sec-Fetch-Mode", "no-cors", false)]
    [InlineData("localhost", "User-Agent", "Mozilla/5.0 (X11; Linux x86_64) Gecko/20100101 Firefox/144.0", false)]
    [InlineData("localhost", "User-Agent", "curl/8.5.0", true)]
    [InlineData("127.0.0.1", "Sec-Fetch-Mode", "no-cors", true)]
    public async Task Browsers_share_no_cookies_of_agents_where_the_dashboard_is(string host, string field, string value, bool passes)
    {
        await using ManagedHub hub = await ManagedHub.StartAsync();
        await using ConnectedAgent agent = await hub.ConnectAsync("kiln-7", map: app => app.MapGet("/cookie", (HttpContext context) =>
        {
            context.Response.Headers.SetCookie = "a=b";
            return $"had '{context.Request.Headers.Cookie}'";
        }));
        using var request = new HttpRequestMessage(HttpMethod.Get, "/agents/kiln-7/cookie");
        request.Headers.Host = $"{host}:{hub.Port}";
        request.Headers.Add("Cookie", "till=secret");
        request.Headers.Add(field, value);

        using HttpResponseMessage response = await hub.Client.SendAsync(request).InTime();

        Assert.Equal(passes ? "had 'till=secret'" : "had ''", await response.Content.ReadAsStringAsync().InTime());
        Assert.Equal(passes, response.Headers.Contains("Set-Cookie"));
    }

    [Theory]
    [InlineData("/_hub/")]
    [InlineData("/_hub/api/agents")]
    [InlineData("/metrics")]
    public async Task An_agent_reaches_nothing_of_it_through_its_tunnel(string path)
    {
        await using ManagedHub hub = await ManagedHub.StartAsync(map: app => app.MapSocketRest("/serving").ServeApplication());
        await using SocketRestClient agent = await SocketRestClient.ConnectAsync(new Uri(hub.Tunnel, "/serving")).InTime();
        using var client = new HttpClient(agent.CreateHandler()) { BaseAddress = new Uri("http://localhost/") };

        using HttpResponseMessage response = await client.GetAsync(path).InTime();

        Assert.Equal(HttpStatusCode.NotFound, response.StatusCode);
    }

    private static async Task<HttpStatusCode> SendAsync(ManagedHub hub, string method, string path, string host, string? site = null, string? origin = null)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), path);
        request.Headers.Host = $"{host}:{hub.Port}";
        if (site is not null)
        {
            request.Headers.Add("Sec-Fetch-Site", site);
        }

        if (origin is not null)
        {
            request.Headers.Add("Origin", origin == "http://localhost" ? $"{origin}:{hub.Port}" : origin);
        }

        using HttpResponseMessage response = await hub.Client.SendAsync(request).InTime();
        return response.StatusCode;
    }
}
