using System.Net;
using System.Net.WebSockets;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using SocketRest.AspNetCore.Tests.Conformance;
using SocketRest.AspNetCore.Tests.Tunnel;

namespace SocketRest.AspNetCore.Tests.Hub;

/// <summary>The host of an address as the name of an agent: through the factory's clients, with cookies and redirects, and for WebSockets.</summary>
public sealed class HubHandlerTests
{
    [Fact]
    public async Task Typed_client_calls_the_agent_that_its_address_names()
    {
        await using TestHub hub = await TestHub.StartAsync(build: builder => builder.Services
            .AddHttpClient<Pets>(client => client.BaseAddress = new Uri("http://Kiln-7/")).UseSocketRestHub());
        await using TestAgent seven = await StartAsync(hub, "KILN-7", app => app.MapGet("/pets/{id}", (string id, HttpContext context) => $"{id} at {context.Request.Host}"));
        await using TestAgent eight = await StartAsync(hub, "kiln-8", app => app.MapGet("/pets/{id}", (string id) => "wrong"));

        Assert.Equal("12 at kiln-7", await hub.App.Services.GetRequiredService<Pets>().NameAsync(12).InTime());
    }

    [Theory]
    [InlineData("kiln-7", "http://kiln-7/")]
    [InlineData("kiln-7", "https://kiln-7/")]
    [InlineData("kiln-7", "http://kiln-7")]
    [InlineData("kiln-7", "http://KILN-7:8080/")]
    [InlineData("kiln-7", "http://user:secret@kiln-7/")]
    [InlineData("kiln-7", "http://kiln-7?query=/")]
    [InlineData("Kiln_7.North", "http://kiln_7.north/")]
    [InlineData("7up", "http://7up/")]
    [InlineData("Ölbronn", "http://ölbronn/")]
    public async Task Names_that_can_be_hosts_are_found(string name, string address)
    {
        await using TestHub hub = await TestHub.StartAsync();
        await using SocketRestClient agent = await ServeAsync(hub, name);
        using HttpClient client = TunnelClient.Over(hub.Registry.CreateHandler());

        Assert.Equal(name, await client.GetStringAsync(new Uri(address)).InTime());
    }

    [Theory]
    [InlineData("7", "http://7/")]
    [InlineData("kiln-7:8080", "http://kiln-7:8080/")]
    [InlineData("kiln-7", "http://kiln-8/")]
    [InlineData("kiln-8", "http://kiln-8@kiln-7/")]
    [InlineData("kiln", "http://kiln.example/")]
    [InlineData("secret", @"http:\\allowed/x://secret/pets")]
    public async Task Nobody_is_called_whom_the_address_does_not_name(string name, string address)
    {
        await using TestHub hub = await TestHub.StartAsync();
        await using SocketRestClient agent = await ServeAsync(hub, name);
        using HttpClient client = TunnelClient.Over(hub.Registry.CreateHandler());

        SocketRestException failure = await TunnelClient.FailureAsync(client.GetAsync(new Uri(address)).InTime());

        Assert.Equal((SocketRestErrorCode.UnknownAgent, RequestOutcome.NotSent), (failure.ErrorCode, failure.Outcome));
    }

    [Fact]
    public async Task Handler_that_the_factory_rotates_out_closes_nothing()
    {
        var handlers = new List<SocketRestHandler>();
        await using TestHub hub = await TestHub.StartAsync(build: builder =>
        {
            builder.Services.AddHttpClient("first").UseSocketRestHub(handlers.Add);
            builder.Services.AddHttpClient("second").UseSocketRestHub(handlers.Add);
        });
        await using SocketRestClient agent = await ServeAsync(hub, "kiln-7");
        var factory = hub.App.Services.GetRequiredService<IHttpClientFactory>();
        Assert.Equal("kiln-7", await factory.CreateClient("first").GetStringAsync("http://kiln-7/").InTime());

        // What the factory does to a handler once its lifetime is over and its clients are gone.
        Assert.Single(handlers).Dispose();

        Assert.Equal("kiln-7", await factory.CreateClient("second").GetStringAsync("http://kiln-7/").InTime());
        Assert.False(agent.Connection!.Completion.IsCompleted);
    }

    [Fact]
    public async Task Application_that_accepts_no_tunnels_is_told_what_is_missing()
    {
        var services = new ServiceCollection();
        services.AddHttpClient("pets").UseSocketRestHub();
        await using ServiceProvider provider = services.BuildServiceProvider();

        var exception = Assert.Throws<InvalidOperationException>(() => provider.GetRequiredService<IHttpClientFactory>().CreateClient("pets"));

        Assert.Contains("AddSocketRest()", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Cookies_belong_to_one_agent_and_redirects_stay_with_it()
    {
        await using TestHub hub = await TestHub.StartAsync();
        void Map(WebApplication app)
        {
            app.MapGet("/set", (HttpContext context) =>
            {
                context.Response.Cookies.Append("a", "1");
                return Results.Redirect("/show");
            });
            app.MapGet("/show", (HttpContext context) => $"{context.Request.Host} {context.Request.Headers.Cookie}");
            app.MapGet("/away", () => Results.Redirect("http://kiln-8/show"));
        }

        await using TestAgent seven = await StartAsync(hub, "kiln-7", Map);
        await using TestAgent eight = await StartAsync(hub, "kiln-8", Map);
        using HttpClient client = TunnelClient.Over(hub.Registry.CreateHandler());

        Assert.Equal("kiln-7 a=1", await client.GetStringAsync("http://kiln-7/set").InTime());
        Assert.Equal("kiln-8 ", await client.GetStringAsync("http://kiln-8/show").InTime());
        using HttpResponseMessage away = await client.GetAsync("http://kiln-7/away").InTime();
        Assert.Equal(HttpStatusCode.Found, away.StatusCode);
    }

    [Fact]
    public async Task A_redirect_that_was_refused_unsent_is_followed_at_the_next_agent_of_the_name()
    {
        await using TestHub hub = await TestHub.StartAsync();
        await using TestAgent agent = await StartAsync(hub, "pool", app =>
        {
            app.MapGet("/from", () => Results.Redirect("/to"));
            app.MapGet("/to", () => "here");
        });
        await using RefusingAgent refusing = await RefusingAgent.ConnectAsync(hub, "pool");
        using HttpClient client = TunnelClient.Over(hub.Registry.CreateHandler());

        for (int i = 0; i < 4; i++)
        {
            Assert.Equal("here", await client.GetStringAsync("http://pool/from").InTime());
        }

        Assert.NotEqual(0, refusing.Asked);
    }

    [Theory]
    [InlineData("1.1")]
    [InlineData("2.0")]
    public async Task WebSocket_reaches_the_agent_that_its_address_names(string version)
    {
        await using TestHub hub = await TestHub.StartAsync();
        await using TestAgent agent = await StartAsync(hub, "kiln-7", app =>
        {
            app.UseWebSockets();
            app.Map("/socket", async context =>
            {
                using WebSocket accepted = await context.WebSockets.AcceptWebSocketAsync();
                var buffer = new byte[100];
                WebSocketReceiveResult received = await accepted.ReceiveAsync(buffer, default);
                await accepted.SendAsync(buffer.AsMemory(0, received.Count), received.MessageType, received.EndOfMessage, default);
                await accepted.CloseAsync(WebSocketCloseStatus.NormalClosure, null, default);
            });
        });
        using var socket = new ClientWebSocket();
        socket.Options.HttpVersion = Version.Parse(version);
        socket.Options.HttpVersionPolicy = HttpVersionPolicy.RequestVersionExact;
        using var invoker = new HttpMessageInvoker(hub.Registry.CreateHandler());

        await socket.ConnectAsync(new Uri("ws://kiln-7/socket"), invoker, default).InTime();
        await socket.SendAsync("hello"u8.ToArray(), WebSocketMessageType.Text, endOfMessage: true, default).InTime();
        var echo = new byte[100];
        WebSocketReceiveResult result = await socket.ReceiveAsync(echo, default).InTime();

        Assert.Equal("hello"u8.ToArray(), echo[..result.Count]);
        await socket.CloseAsync(WebSocketCloseStatus.NormalClosure, null, default).InTime();
    }

    private static async Task<SocketRestClient> ServeAsync(TestHub hub, string name)
    {
        SocketRestClient client = await hub.DialAsync(options =>
        {
            options.Name = name;
            options.RequestHandler = (_, _) => Task.FromResult(new HttpResponseMessage { Content = new StringContent(name) });
        });
        await hub.SideOfAsync(client);
        return client;
    }

    private static async Task<TestAgent> StartAsync(TestHub hub, string name, Action<WebApplication> map)
    {
        TestAgent agent = await TestAgent.StartAsync(hub.Tunnel, map, options => options.Name = name);
        await agent.SeenByAsync(hub);
        return agent;
    }

#pragma warning disable CA1812 // Made by the factory.
    private sealed class Pets(HttpClient client)
#pragma warning restore CA1812
    {
        public Task<string> NameAsync(int id) => client.GetStringAsync($"pets/{id}");
    }
}
