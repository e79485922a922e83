using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using SocketRest.AspNetCore.Tests.Conformance;

namespace SocketRest.AspNetCore.Tests.Forwarding;

/// <summary>Request targets, written by hand: they reach the agent byte for byte, or nobody.</summary>
public sealed class ForwarderTargetTests
{
    [Theory]
    [InlineData("/agents/kiln/a%20b/%41%e2%82%ac?q=%20+%2f", "/a%20b/%41%e2%82%ac?q=%20+%2f")]
    [InlineData("/agents/kiln/a%2Fb%2fc", "/a%2Fb%2fc")]
    [InlineData("/agents/kiln/a%5Cb", "/a%5Cb")]
    [InlineData("/agents/kiln/%252e%252e/x", "/%252e%252e/x")]
    [InlineData("/agents/kiln//double//slash/", "//double//slash/")]
    [InlineData("/agents/kiln/a/../b", "/a/../b")]
    [InlineData("/agents/kiln/./b", "/./b")]
    [InlineData("/agents/kiln/a?x=/../../tunnel", "/a?x=/../../tunnel")]
    [InlineData("/agents/kiln/a;p=1/b'(c)!*@:$,=&|[]^`{}\"<>", "/a;p=1/b'(c)!*@:$,=&|[]^`{}\"<>")]
    [InlineData("/agents/k%69ln/x", "/x")]
    [InlineData("/%61gents/kiln/x", "/x")]
    [InlineData("http://h/agents/kiln/x?y", "/x?y")]
    [InlineData("/agents/kiln/%", "/%")]
    [InlineData("/agents/kiln/%zz%c0%af", "/%zz%c0%af")]
    public async Task Target_reaches_the_agent_byte_for_byte(string target, string expected) => Assert.Equal(expected, await SendAsync(target));

    [Theory]
    [InlineData("/agents/kiln/../other/x")]
    [InlineData("/agents/kiln/%2e%2e/other/x")]
    [InlineData("/agents/kiln/.%2E/other/x")]
    [InlineData("/agents/kiln/../../tunnel")]
    [InlineData("/agents/kiln/../../own")]
    [InlineData("/agents/kiln/%2e%2e/%2e%2e/own")]
    [InlineData("/agents/kiln/a/../../../own")]
    [InlineData("/agents/kiln/x/../../kiln/own")]
    [InlineData("/agents/other/../kiln/own")]
    [InlineData("/own/../agents/kiln/x")]
    [InlineData("/./agents/kiln/x")]
    [InlineData("//agents/kiln/x")]
    [InlineData("/agents//kiln/x")]
    [InlineData("http://h/agents/kiln/../other/x")]
    [InlineData("http://h/agents/kiln/../../own")]
    [InlineData("http://elsewhere/agents/kiln/x")]
    [InlineData("h:80")]
    [InlineData("*")]
    [InlineData("agents/kiln/x")]
    [InlineData("/agents/kiln/%00")]
    [InlineData("/agents/kiln/\u00e9")]
    [InlineData("/agents/kiln%2f..%2fother/x")]
    [InlineData("/agents/kiln%5c..%5cother/x")]
    [InlineData("/agents/%2e%2e/kiln/x")]
    public async Task Target_that_leaves_its_place_reaches_no_agent(string target)
    {
        await using ForwardingHub hub = await StartAsync();
        using RawHttp raw = await hub.ConnectAsync();

        await raw.SendAsync($"GET {target} HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");

        string? answer = await raw.ReadToEndAsync();
        Assert.True(answer is null || answer.StartsWith("HTTP/1.1 4", StringComparison.Ordinal) || answer.Contains("the hub's own", StringComparison.Ordinal), answer);
        Assert.DoesNotContain("agent:", answer ?? "", StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/own")]
    [InlineData("/tunnel")]
    [InlineData("/agents/other/x")]
    [InlineData("/a/../own")]
    [InlineData("/../own")]
    [InlineData("/%2e%2e/own")]
    [InlineData("http://kiln.hub.test/own")]
    [InlineData("//own")]
    public async Task Host_name_of_an_agent_never_reaches_the_hubs_own_endpoints(string target)
    {
        await using ForwardingHub hub = await StartAsync();
        using RawHttp raw = await hub.ConnectAsync();

        await raw.SendAsync($"GET {target} HTTP/1.1\r\nHost: kiln.hub.test\r\nConnection: close\r\n\r\n");

        string? answer = await raw.ReadToEndAsync();
        string origin = target.StartsWith("http", StringComparison.Ordinal) ? "/own" : target;
        Assert.Contains($"agent:{origin} ", answer, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("a.kiln.hub.test")]
    [InlineData("hub.test")]
    [InlineData(".hub.test")]
    [InlineData("kiln.hub.test.evil.example")]
    public async Task Other_host_names_are_no_agents(string host)
    {
        await using ForwardingHub hub = await StartAsync();
        using RawHttp raw = await hub.ConnectAsync();

        await raw.SendAsync($"GET /x HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n");

        Assert.StartsWith("HTTP/1.1 4", await raw.ReadToEndAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Path_base_of_the_hub_belongs_to_the_prefix()
    {
        await using ForwardingHub hub = await ForwardingHub.StartAsync(map: app =>
        {
            app.UsePathBase("/hub");
            app.UseRouting();
        });
        await hub.AddAgentAsync("kiln", app => app.Run(context => context.Response.WriteAsync($"{context.Request.PathBase}|{context.Request.Path}")));

        Assert.Equal("/hub/agents/kiln|/x", await hub.Client.GetStringAsync("/hub/agents/kiln/x"));
        Assert.Equal("/agents/kiln|/x", await hub.Client.GetStringAsync("/agents/kiln/x"));
    }

    [Fact]
    public async Task Path_base_that_a_proxy_has_taken_off_belongs_to_the_prefix_too()
    {
        await using ForwardingHub hub = await ForwardingHub.StartAsync(map: app =>
        {
            app.Use((context, next) =>
            {
                context.Request.PathBase = "/proxy";
                return next(context);
            });
            app.UseRouting();
        });
        await hub.AddAgentAsync("kiln", app => app.Run(context => context.Response.WriteAsync($"{context.Request.PathBase}|{context.Request.Path}")));

        Assert.Equal("/proxy/agents/kiln|/x/y", await hub.Client.GetStringAsync("/agents/kiln/x/y"));
        using HttpResponseMessage other = await hub.Client.GetAsync("/agents/kiln%2F..%2Ftill/x");
        Assert.Equal(System.Net.HttpStatusCode.BadRequest, other.StatusCode);
    }

    [Theory]
    [InlineData("agents/{agent}")]
    [InlineData("/agents/{agent}")]
    [InlineData("/agents/{**path}")]
    [InlineData("/agents/{agent}/{path}")]
    [InlineData("hub.example.com")]
    [InlineData("{agent}")]
    [InlineData("{agent}hub.example.com")]
    [InlineData("{agent}.hub example")]
    [InlineData("/agents/{agent/{**path}")]
    public async Task Pattern_that_is_none_is_refused_when_it_is_mapped(string pattern)
    {
        ArgumentException? refusal = null;
        await using ForwardingHub hub = await ForwardingHub.StartAsync(
            map: app => refusal = Assert.Throws<ArgumentException>(() => app.MapSocketRestForwarder(pattern)));

        Assert.Contains(pattern, refusal!.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/x", "", "/x")]
    [InlineData("/..", "", "/..")]
    [InlineData("/a%2fb?c#d", "", "/a%2fb?c#d")]
    public async Task Target_reaches_the_agent_byte_for_byte_over_http2(string rest, string pathBase, string expected)
    {
        await using ForwardingHub hub = await StartAsync();
        var uri = new Uri($"http://kiln.hub.test:{hub.Http2.Port}{rest}", new UriCreationOptions { DangerousDisablePathAndQueryCanonicalization = true });
        using var request = new HttpRequestMessage(HttpMethod.Get, hub.Http2) { Version = new(2, 0), VersionPolicy = HttpVersionPolicy.RequestVersionExact };
        request.RequestUri = uri;
        using var client = new HttpClient(new SocketsHttpHandler
        {
            ConnectCallback = async (_, cancellationToken) =>
            {
                var tcp = new System.Net.Sockets.TcpClient();
                await tcp.ConnectAsync(hub.Http2.Host, hub.Http2.Port, cancellationToken);
                return tcp.GetStream();
            },
        });

        using HttpResponseMessage response = await client.SendAsync(request).InTime();

        Assert.Equal($"agent:{expected} {pathBase}", await response.Content.ReadAsStringAsync());
    }

    private static async Task<string> SendAsync(string target)
    {
        await using ForwardingHub hub = await StartAsync();
        using RawHttp raw = await hub.ConnectAsync();
        await raw.SendAsync($"GET {target} HTTP/1.1\r\nHost: h\r\n\r\n");
        string head = await raw.ReadHeadAsync();
        Assert.True(head.StartsWith("HTTP/1.1 200", StringComparison.Ordinal), head);
        await raw.ReadUntilAsync("agent:");
        return (await raw.ReadUntilAsync(" "))[..^1];
    }

    private static async Task<ForwardingHub> StartAsync()
    {
        ForwardingHub hub = await ForwardingHub.StartAsync(map: app => app.Map("/own", () => "the hub's own"));
        foreach (string name in (string[])["kiln", "other"])
        {
            await hub.AddAgentAsync(name, app => app.Run(context => context.Response.WriteAsync(
                $"agent:{(name == "kiln" ? "" : name)}{context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget} {context.Request.PathBase}")));
        }

        return hub;
    }
}
