using System.Net;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using SocketRest.AspNetCore.Tests.Conformance;
using SocketRest.AspNetCore.Tests.Tunnel;

namespace SocketRest.AspNetCore.Tests.Forwarding;

/// <summary>Which fields the agent gets to see, and what it may believe of them.</summary>
public sealed class ForwarderFieldTests
{
    private static readonly string[] s_forged =
    [
        "X-Forwarded-For: 6.6.6.6", "X-Forwarded-Proto: https", "X-Forwarded-Host: evil.example", "X-Forwarded-Prefix: /evil", "X-Forwarded-Port: 1",
        "Forwarded: for=6.6.6.6", "SocketRest-Prefix: /evil",
    ];

    [Fact]
    public async Task What_a_caller_says_of_itself_is_replaced_by_what_the_hub_knows()
    {
        Dictionary<string, string> seen = await SeenAsync(configure: null, s_forged);

        Assert.Equal("127.0.0.1", seen["X-Forwarded-For"]);
        Assert.Equal("http", seen["X-Forwarded-Proto"]);
        Assert.Equal("hub.example:8080", seen["X-Forwarded-Host"]);
        Assert.Equal("/agents/kiln", seen["X-Forwarded-Prefix"]);
        Assert.Equal("hub.example:8080", seen["Host"]);
        Assert.Equal("/agents/kiln", seen["PathBase"]);
        Assert.DoesNotContain("X-Forwarded-Port", seen.Keys);
        Assert.DoesNotContain("Forwarded", seen.Keys);
        Assert.DoesNotContain("SocketRest-Prefix", seen.Keys);
    }

    [Fact]
    public async Task Forwarded_takes_the_place_of_the_others_where_that_is_asked_for()
    {
        Dictionary<string, string> seen = await SeenAsync(
            options => (options.ForwardedFields, options.PassHost) = (SocketRestForwardedFields.Forwarded, false), s_forged);

        Assert.Equal("for=127.0.0.1;host=\"hub.example:8080\";proto=http", seen["Forwarded"]);
        Assert.Equal("/agents/kiln", seen["X-Forwarded-Prefix"]);
        Assert.Equal("kiln", seen["Host"]);
        Assert.DoesNotContain("X-Forwarded-For", seen.Keys);
    }

    [Fact]
    public async Task Name_that_is_no_host_is_not_said_to_be_one()
    {
        await using ForwardingHub hub = await ForwardingHub.StartAsync(options => options.PassHost = false);
        string? seen = null;
        await hub.AddAgentAsync("kiln+7", app => app.Run(context =>
        {
            seen = context.Request.Host.ToString();
            return Task.CompletedTask;
        }));
        using RawHttp raw = await hub.ConnectAsync();
        await raw.SendAsync("GET /agents/kiln+7/ HTTP/1.1\r\nHost: hub.example:8080\r\n\r\n");

        Assert.StartsWith("HTTP/1.1 200", await raw.ReadHeadAsync(), StringComparison.Ordinal);
        Assert.Equal("", seen);
    }

    [Fact]
    public async Task Fields_that_are_for_the_hub_alone_stay_there()
    {
        Dictionary<string, string> seen = await SeenAsync(options => options.WithheldFields.Add("authorization"), "Authorization: Bearer secret", "X-Other: 1");

        Assert.DoesNotContain("Authorization", seen.Keys);
        Assert.Equal("1", seen["X-Other"]);
    }

    [Fact]
    public async Task Nothing_is_said_where_that_is_asked_for()
    {
        Dictionary<string, string> seen = await SeenAsync(options => options.ForwardedFields = SocketRestForwardedFields.None, s_forged);

        Assert.DoesNotContain(seen.Keys, name => name.Contains("Forwarded", StringComparison.OrdinalIgnoreCase));
        Assert.Equal("/agents/kiln", seen["PathBase"]);
    }

    [Fact]
    public async Task Hubs_word_comes_behind_that_of_a_proxy_that_is_trusted()
    {
        Dictionary<string, string> seen = await SeenAsync(options => options.AppendForwardedFields = true, "X-Forwarded-For: 192.0.2.1", "X-Forwarded-Proto: https");

        Assert.Equal("192.0.2.1,127.0.0.1", seen["X-Forwarded-For"].Replace(", ", ",", StringComparison.Ordinal));
        Assert.Equal("https,http", seen["X-Forwarded-Proto"].Replace(", ", ",", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Fields_of_one_connection_go_no_further()
    {
        Dictionary<string, string> seen = await SeenAsync(
            configure: null,
            "Connection: X-Private , keep-alive",
            "X-Private: 1",
            "Keep-Alive: timeout=5",
            "Proxy-Connection: keep-alive",
            "Proxy-Authorization: Basic x",
            "TE: gzip;q=0.5, trailers",
            "Upgrade: h2c",
            "HTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA",
            "X-Public: 2",
            "Authorization: Bearer t");

        Assert.Equal("trailers", seen["TE"]);
        Assert.Equal("2", seen["X-Public"]);
        Assert.Equal("Bearer t", seen["Authorization"]);
        Assert.DoesNotContain(
            seen.Keys,
            name => name is "X-Private" or "Connection" or "Keep-Alive" or "Proxy-Connection" or "Proxy-Authorization" or "Upgrade" or "HTTP2-Settings" or "Transfer-Encoding");
    }

    [Fact]
    public async Task Via_grows_both_ways_and_ends_a_loop()
    {
        await using ForwardingHub hub = await ForwardingHub.StartAsync();
        string? seen = null;
        await hub.AddAgentAsync("kiln", app => app.Run(context =>
        {
            seen = context.Request.Headers.Via;
            context.Response.Headers.Via = "1.1 inner";
            return Task.CompletedTask;
        }));
        using var request = new HttpRequestMessage(HttpMethod.Get, "/agents/kiln/");
        request.Headers.TryAddWithoutValidation("Via", "1.0 outer");

        using HttpResponseMessage response = await hub.Client.SendAsync(request);

        string pseudonym = seen!.Split(' ')[^1];
        Assert.Equal($"1.0 outer, 1.1 {pseudonym}", seen);
        Assert.Equal($"1.1 inner, 2.0 {pseudonym}", string.Join(", ", response.Headers.GetValues("Via")));

        using var again = new HttpRequestMessage(HttpMethod.Get, "/agents/kiln/");
        again.Headers.TryAddWithoutValidation("Via", seen);
        using HttpResponseMessage refusal = await hub.Client.SendAsync(again);
        Assert.Equal(HttpStatusCode.LoopDetected, refusal.StatusCode);
        Assert.Contains("Via", await refusal.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Request_that_came_through_a_tunnel_reaches_no_other_agent_unless_that_is_wanted()
    {
        foreach (bool allowed in (bool[])[false, true])
        {
            await using ForwardingHub hub = await ForwardingHub.StartAsync(options => options.AllowTunnelledRequests = allowed);
            await hub.AddAgentAsync("kiln", app => app.Run(context => context.Response.WriteAsync("kiln")));
            await using SocketRestClient other = await SocketRestClient.ConnectAsync(hub.Tunnel).InTime();
            using HttpClient client = other.CreateClient();

            using HttpResponseMessage response = await client.GetAsync("/agents/kiln/");

            Assert.Equal(allowed ? HttpStatusCode.OK : HttpStatusCode.Forbidden, response.StatusCode);
        }
    }

    [Fact]
    public async Task Path_base_cannot_be_said_through_a_handler_or_by_who_dials_in()
    {
        await using ForwardingHub hub = await ForwardingHub.StartAsync(map: app => app.Map("/base", (HttpContext context) => $"[{context.Request.PathBase}]"));
        await hub.AddAgentAsync("kiln", app => app.Run(context => context.Response.WriteAsync($"[{context.Request.PathBase}]")));
        await using SocketRestClient dialled = await SocketRestClient.ConnectAsync(hub.Tunnel).InTime();
        foreach (HttpClient client in (HttpClient[])[hub.Registry["kiln"].CreateClient(), dialled.CreateClient()])
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, "/base");
            request.Headers.TryAddWithoutValidation("SocketRest-Prefix", "/evil");
            request.Headers.TryAddWithoutValidation("socketrest-prefix", "/evil");
            using HttpResponseMessage response = await client.SendAsync(request);

            Assert.Equal("[]", await response.Content.ReadAsStringAsync());
        }

        // What a peer that writes its own frames would send.
        using var invoker = new HttpMessageInvoker(dialled.CreateHandler());
        using HttpResponseMessage answer = await invoker.SendAsync(new PrefixedRequest(), default).InTime();
        Assert.Equal("[]", await answer.Content.ReadAsStringAsync());
    }

    [Fact]
    public async Task Conventions_of_an_endpoint_hold_for_a_forwarder()
    {
        await using TestHub hub = await TestHub.StartAsync(
            app =>
            {
                app.UseRouting();
                app.UseRateLimiter();
                app.MapGroup("/v1").MapSocketRestForwarder("/{agent}/{**rest}").RequireHost("public.example").RequireRateLimiting("one");
            },
            build: builder => builder.Services.AddRateLimiter(options =>
            {
                options.RejectionStatusCode = 429;
                options.AddPolicy("one", _ => System.Threading.RateLimiting.RateLimitPartition.GetFixedWindowLimiter(
                    0, _ => new() { PermitLimit = 1, Window = TimeSpan.FromDays(1) }));
            }));
        await using TestAgent agent = await TestAgent.StartAsync(
            hub.Tunnel, app => app.Run(context => context.Response.WriteAsync($"{context.Request.PathBase}|{context.Request.Path}")), options => options.Name = "kiln");
        await agent.SeenByAsync(hub);
        using var client = new HttpClient { BaseAddress = hub.Address };

        Assert.Equal(HttpStatusCode.NotFound, (await client.GetAsync("/v1/kiln/x")).StatusCode);
        client.DefaultRequestHeaders.Host = "public.example";
        Assert.Equal("/v1/kiln|/x", await client.GetStringAsync("/v1/kiln/x"));
        Assert.Equal(HttpStatusCode.TooManyRequests, (await client.GetAsync("/v1/kiln/x")).StatusCode);
    }

    private static async Task<Dictionary<string, string>> SeenAsync(Action<SocketRestForwarderOptions>? configure, params string[] fields)
    {
        await using ForwardingHub hub = await ForwardingHub.StartAsync(configure);
        await hub.AddAgentAsync("kiln", app => app.Run(context =>
        {
            var seen = context.Request.Headers.ToDictionary(one => one.Key, one => one.Value.ToString(), StringComparer.OrdinalIgnoreCase);
            seen["PathBase"] = context.Request.PathBase.ToString();
            return context.Response.WriteAsJsonAsync(seen);
        }));
        using RawHttp raw = await hub.ConnectAsync();
        await raw.SendAsync($"GET /agents/kiln/ HTTP/1.1\r\nHost: hub.example:8080\r\n{string.Concat(fields.Select(field => field + "\r\n"))}\r\n");
        string head = await raw.ReadHeadAsync();
        Assert.True(head.StartsWith("HTTP/1.1 200", StringComparison.Ordinal), head);
        await raw.ReadUntilAsync("\r\n");
        string json = await raw.ReadUntilAsync("\r\n");
        return new(JsonSerializer.Deserialize<Dictionary<string, string>>(json)!, StringComparer.OrdinalIgnoreCase);
    }

    private sealed class PrefixedRequest() : SocketRest.Http.RelayedRequest(HttpMethod.Get, new Uri("http://h/base"))
    {
        public override string Authority => "h";

        public override string Target => "/base";

        public override string? Prefix => "/evil";

        public override IEnumerable<KeyValuePair<string, string>>? Trailers => null;

        public override void WriteFields(SocketRest.Protocol.Hpack.HeaderList head)
        {
        }
    }
}
