using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;
using SocketRest.AspNetCore.Tests.Conformance;
using SocketRest.AspNetCore.Tests.Conformance.Transports;
using SocketRest.Faults;

namespace SocketRest.AspNetCore.Tests.Tunnel;

/// <summary>The application that dials out: keeps its connection, opens no port, and is clear about what it cannot do.</summary>
public sealed class AgentTests
{
    [Fact]
    public async Task Connects_again_after_the_hub_closed_its_connection()
    {
        await using TestHub hub = await TestHub.StartAsync();
        await using TestAgent agent = await TestAgent.StartAsync(hub.Tunnel, app => app.MapGet("/", () => "here"));
        SocketRestConnection first = await agent.SeenByAsync(hub);

        await first.CloseAsync().InTime();

        SocketRestConnection second = await hub.Registry.WaitForAsync(connection => connection.Id != first.Id).InTime();
        using HttpClient client = second.CreateClient();
        Assert.Equal("here", await client.GetStringAsync("/").InTime());
    }

    [Fact]
    public async Task App_does_not_take_callers_for_local_ones_although_its_hub_is_on_the_same_machine()
    {
        await using TestHub hub = await TestHub.StartAsync();
        await using TestAgent agent = await TestAgent.StartAsync(
            hub.Tunnel, app => app.MapGet("/", (HttpContext context) => $"{context.Connection.RemoteIpAddress}"));
        using HttpClient client = (await agent.SeenByAsync(hub)).CreateClient();

        Assert.Equal(IPAddress.None.ToString(), await client.GetStringAsync("/").InTime());
    }

    [Fact]
    public async Task Keeps_trying_while_there_is_no_hub_and_connects_when_it_comes_up()
    {
        await using var proxy = new FaultProxy(new Uri("http://127.0.0.1:1/tunnel")) { Refuses = true };
        int attempts = 0;
        var failed = new Signal();
        await using TestAgent agent = await TestAgent.StartAsync(
            proxy.Address,
            app => app.MapGet("/", () => "here"),
            options =>
            {
                options.MaxReconnectDelay = TimeSpan.FromMilliseconds(100);
                options.ConfigureWebSocket = _ =>
                {
                    Interlocked.Increment(ref attempts);
                    failed.Release();
                };
            });
        for (int i = 0; i < 3; i++)
        {
            await failed.NextAsync();
        }

        Assert.Null(agent.Service.Connection);
        Assert.Contains(agent.Log.Warnings, warning => warning.Contains("Could not connect", StringComparison.Ordinal));

        await using TestHub hub = await TestHub.StartAsync();
        proxy.Retarget(hub.Tunnel);
        proxy.Refuses = false;

        using HttpClient client = (await hub.Registry.WaitForAsync(_ => true).InTime()).CreateClient();
        Assert.Equal("here", await client.GetStringAsync("/").InTime());
    }

    [Theory]
    [InlineData("3600")]
    [InlineData("2000000000")]
    public async Task Hub_may_ask_for_an_hour_and_no_more(string seconds)
    {
        var asked = new Signal();
        var time = new ImpatientTime();
        await using TestHub hub = await TestHub.StartAsync(app => app.MapGet("/busy", context =>
        {
            context.Response.StatusCode = 503;
            context.Response.Headers.RetryAfter = seconds;
            asked.Release();
            return Task.CompletedTask;
        }));
        await using TestAgent agent = await TestAgent.StartAsync(
            new Uri(hub.Address, "/busy"), configure: options => options.TimeProvider = time);

        for (int i = 0; i < 3; i++)
        {
            await asked.NextAsync();
        }

        Assert.Equal(TimeSpan.FromHours(1), time.Longest);
    }

    [Fact]
    public async Task Host_stops_while_its_agent_still_tries()
    {
        var trying = new Signal();
        await using TestAgent agent = await TestAgent.StartAsync(
            new Uri($"http://127.0.0.1:{FreePort()}/tunnel"), configure: options => options.ConfigureWebSocket = _ => trying.Release());
        await trying.NextAsync();

        await agent.App.StopAsync().InTime();
    }

    [Fact]
    public async Task Two_agents_of_one_name_and_instance_do_not_evict_each_other_without_a_pause()
    {
        await using TestHub hub = await TestHub.StartAsync();
        var time = new HeldTime();
        void Configure(SocketRestAgentOptions options) => (options.Name, options.Instance) = ("kiln-7", "configured twice by mistake");
        await using TestAgent one = await TestAgent.StartAsync(hub.Tunnel, configure: options =>
        {
            Configure(options);
            options.TimeProvider = time;
        });
        SocketRestConnection first = await one.SeenByAsync(hub);
        await using TestAgent two = await TestAgent.StartAsync(hub.Tunnel, configure: Configure);
        await Assert.ThrowsAsync<SocketRestException>(() => first.Completion.InTime());
        SocketRestConnection second = await two.SeenByAsync(hub);

        (TimeSpan pause, Action release) = await time.NextAsync(wait => wait <= TimeSpan.FromMilliseconds(100));

        Assert.InRange(pause, TimeSpan.FromMilliseconds(1), TimeSpan.FromMilliseconds(100));
        Assert.Null(one.Service.Connection);
        Assert.False(second.Completion.IsCompleted);
        release();
        await Assert.ThrowsAsync<SocketRestException>(() => second.Completion.InTime());
    }

    [Fact]
    public async Task Opens_no_port_whatever_the_configuration_says()
    {
        await using TestHub hub = await TestHub.StartAsync();
        await using TestAgent agent = await TestAgent.StartAsync(
            hub.Tunnel, build: builder => builder.Configuration["urls"] = hub.Address.ToString());

        Assert.Empty(agent.App.Urls);
        Assert.Empty(agent.App.Services.GetRequiredService<IServer>().Features.GetRequiredFeature<IServerAddressesFeature>().Addresses);
    }

    [Fact]
    public async Task Listens_as_well_if_it_is_told_to()
    {
        await using TestHub hub = await TestHub.StartAsync();
        await using TestAgent agent = await TestAgent.StartAsync(
            hub.Tunnel,
            app => app.MapGet("/", () => "here"),
            options => options.ListenLocally = true,
            builder => builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0)));
        using HttpClient through = (await agent.SeenByAsync(hub)).CreateClient();
        using var direct = new HttpClient();

        Assert.Equal("here", await through.GetStringAsync("/").InTime());
        Assert.Equal("here", await direct.GetStringAsync(agent.App.Urls.Single()).InTime());
    }

    [Fact]
    public async Task Host_without_a_web_pipeline_is_a_clear_error()
    {
        HostApplicationBuilder builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
        builder.Services.AddSocketRestAgent(options => options.Uri = new Uri("ws://hub.example/tunnel"));
        using IHost host = builder.Build();

        InvalidOperationException exception = await Assert.ThrowsAsync<InvalidOperationException>(() => host.StartAsync().InTime());

        Assert.Contains("no web application to serve", exception.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Host_is_disposed_without_having_been_stopped(bool synchronously)
    {
        await using TestHub hub = await TestHub.StartAsync();
        WebApplicationBuilder builder = TestApplication.CreateBuilder();
        builder.WebHost.UseKestrelCore();
        builder.Services.AddSocketRestAgent(options => options.Uri = hub.Tunnel);
        WebApplication app = builder.Build();
        await app.StartAsync().InTime();
        string id = (await app.Services.GetRequiredService<SocketRestAgent>().GetConnectionAsync().InTime()).Id;
        SocketRestConnection seen = await hub.Registry.WaitForAsync(id).InTime();

        if (synchronously)
        {
            ((IDisposable)app).Dispose();
        }
        else
        {
            await app.DisposeAsync();
        }

        await seen.Completion.InTime();
    }

    [Fact]
    public void Provider_of_an_agent_is_disposed_synchronously()
    {
        WebApplicationBuilder builder = TestApplication.CreateBuilder();
        builder.WebHost.UseKestrelCore();
        builder.Services.AddSocketRestAgent(options => options.Uri = new Uri("ws://hub.example/tunnel"));
        builder.Services.AddSingleton<IHostEnvironment>(builder.Environment);
        ServiceProvider provider = builder.Services.BuildServiceProvider();
        _ = provider.GetRequiredService<SocketRestAgent>();

        provider.Dispose();
    }

    [Fact]
    public async Task Missing_AddSocketRest_is_named()
    {
        WebApplicationBuilder builder = TestApplication.CreateBuilder();
        builder.WebHost.UseKestrelCore();
        await using WebApplication app = builder.Build();

        var exception = Assert.Throws<InvalidOperationException>(() => app.MapSocketRest("/tunnel"));

        Assert.Contains("AddSocketRest()", exception.Message, StringComparison.Ordinal);
    }

    public static TheoryData<string, Action<SocketRestAgentOptions>> OutOfRange => new()
    {
        { "Uri", options => options.Uri = null },
        { "MaxConcurrentStreams", options => options.MaxConcurrentStreams = 0 },
        { "MaxReconnectDelay", options => options.MaxReconnectDelay = TimeSpan.Zero },
        { "ShutdownTimeout", options => options.ShutdownTimeout = TimeSpan.FromSeconds(-1) },
        { "ShutdownTimeout", options => options.ShutdownTimeout = TimeSpan.MaxValue },
    };

    [Theory]
    [MemberData(nameof(OutOfRange))]
    public async Task Option_out_of_range_is_named_when_the_host_starts(string name, Action<SocketRestAgentOptions> set)
    {
        ArgumentException exception = await Assert.ThrowsAsync<ArgumentException>(
            () => TestAgent.StartAsync(new Uri("ws://hub.example/tunnel"), configure: set));

        Assert.Equal(name, exception.ParamName);
    }

    [Fact]
    public async Task Options_of_the_hub_out_of_range_are_named_when_the_host_starts()
    {
        Assert.Equal("InitialStreamWindow", (await Assert.ThrowsAsync<ArgumentException>(
            () => TestHub.StartAsync(configure: options => options.InitialStreamWindow = 0))).ParamName);
        Assert.Equal("ShutdownTimeout", (await Assert.ThrowsAsync<ArgumentException>(
            () => TestHub.StartAsync(configure: options => options.ShutdownTimeout = TimeSpan.FromSeconds(-5)))).ParamName);
        Assert.Contains("MaxRequestBodySize", (await Assert.ThrowsAsync<OptionsValidationException>(
            () => TestHub.StartAsync(build: builder => builder.Services.Configure<SocketRestServingOptions>(
                options => options.MaxRequestBodySize = -1)))).Message, StringComparison.Ordinal);
    }

    /// <summary>Notes what is waited for, and lets nobody wait as long as a minute.</summary>
    private sealed class ImpatientTime : TimeProvider
    {
        private long _longest;

        public TimeSpan Longest => new(Volatile.Read(ref _longest));

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            if (dueTime < TimeSpan.FromMinutes(1))
            {
                return base.CreateTimer(callback, state, dueTime, period);
            }

            Volatile.Write(ref _longest, Math.Max(_longest, dueTime.Ticks));
            return base.CreateTimer(callback, state, TimeSpan.Zero, period);
        }
    }

    private static int FreePort()
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return ((IPEndPoint)socket.LocalEndPoint!).Port;
    }
}
