using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using SocketRest.AspNetCore.Tests.Conformance;
using SocketRest.AspNetCore.Tests.Conformance.Transports;
using SocketRest.AspNetCore.Tests.Tunnel;

namespace SocketRest.AspNetCore.Tests.Forwarding;

/// <summary>A hub on a real Kestrel that forwards <c>/agents/{agent}</c> and <c>{agent}.hub.test</c>, over HTTP/1.1 and HTTP/2.</summary>
internal sealed class ForwardingHub : IAsyncDisposable
{
    private readonly List<TestAgent> _agents = [];
    private readonly List<IDisposable> _clients = [];

    private ForwardingHub(WebApplication app, ErrorLog log)
    {
        App = app;
        Log = log;
        Uri[] addresses = [.. app.Urls.Select(url => new Uri(url))];
        (Http1, Http2) = (addresses[0], addresses[1]);
        Tunnel = new Uri(Http1, "/tunnel");
        Registry = app.Services.GetRequiredService<SocketRestConnectionRegistry>();
        Client = CreateClient();
        Client2 = CreateClient(HttpVersion.Version20);
    }

    public WebApplication App { get; }

    public ErrorLog Log { get; }

    public Uri Http1 { get; }

    public Uri Http2 { get; }

    public Uri Tunnel { get; }

    public SocketRestConnectionRegistry Registry { get; }

    /// <summary>Speaks HTTP/1.1.</summary>
    public HttpClient Client { get; }

    /// <summary>Speaks HTTP/2.</summary>
    public HttpClient Client2 { get; }

    public static async Task<ForwardingHub> StartAsync(
        Action<SocketRestForwarderOptions>? configure = null,
        Action<WebApplication>? map = null,
        Action<SocketRestServerOptions>? server = null,
        Action<WebApplicationBuilder>? build = null)
    {
        var log = new ErrorLog();
        WebApplicationBuilder builder = TestApplication.CreateBuilder();
        builder.Logging.AddProvider(log);
        builder.WebHost.UseKestrelCore().ConfigureKestrel(options =>
        {
            options.Listen(IPAddress.Loopback, 0, listen => listen.Protocols = HttpProtocols.Http1);
            options.Listen(IPAddress.Loopback, 0, listen => listen.Protocols = HttpProtocols.Http2);
        });
        builder.Services.AddSocketRest(server);
        build?.Invoke(builder);
        WebApplication app = builder.Build();
        map?.Invoke(app);
        app.MapSocketRest("/tunnel").ServeApplication();
        app.MapSocketRestForwarder("/agents/{agent}/{**path}", configure);
        app.MapSocketRestForwarder("{agent}.hub.test", configure);
        await app.StartAsync().InTime();
        return new ForwardingHub(app, log);
    }

    /// <summary>Starts an agent and waits until the hub knows it.</summary>
    public async Task<TestAgent> AddAgentAsync(
        string name, Action<WebApplication> map, Action<SocketRestAgentOptions>? configure = null, Action<WebApplicationBuilder>? build = null)
    {
        TestAgent agent = await TestAgent.StartAsync(
            Tunnel,
            map,
            options =>
            {
                options.Name = name;
                configure?.Invoke(options);
            },
            build);
        _agents.Add(agent);
        await Registry.WaitForAsync((await agent.Service.GetConnectionAsync().InTime()).Id).InTime();
        return agent;
    }

    public HttpClient CreateClient(Version? version = null)
    {
        var client = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false, UseProxy = false })
        {
            BaseAddress = version == HttpVersion.Version20 ? Http2 : Http1,
            DefaultRequestVersion = version ?? HttpVersion.Version11,
            DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Timeout = Patience.Limit,
        };
        _clients.Add(client);
        return client;
    }

    /// <summary>A bare TCP connection, for requests that no client sends.</summary>
    public Task<RawHttp> ConnectAsync() => RawHttp.ConnectAsync(Http1);

    public async ValueTask DisposeAsync()
    {
        foreach (IDisposable client in _clients)
        {
            client.Dispose();
        }

        foreach (TestAgent agent in _agents)
        {
            await agent.DisposeAsync();
        }

        await App.StopAsync().InTime();
        await App.DisposeAsync();
        Assert.True(!Log.Errors.Any(), string.Join('\n', Log.Errors.Take(2)));
    }
}
