using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using SocketRest.AspNetCore.Hub;
using SocketRest.AspNetCore.Tests.Conformance;
using SocketRest.AspNetCore.Tests.Resuming;
using SocketRest.Protocol;

namespace SocketRest.AspNetCore.Tests.Tunnel;

/// <summary>A host that stops: neither an open tunnel nor one that never came about holds it up.</summary>
public sealed class ShutdownTests
{
    /// <summary>Far below the host's own time-out, which these hosts set to a minute.</summary>
    private static readonly TimeSpan s_soon = TimeSpan.FromSeconds(30);

    /// <summary>The time-out of a host that is to be used up but for a quarter, which leaves a busy machine some time for the rest.</summary>
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(8);

    [Fact]
    public async Task Hub_with_open_tunnels_stops_soon_and_they_end_gracefully()
    {
        await using TestHub hub = await StartAsync();
        await using SocketRestClient tunnel = await hub.DialAsync();
        await using TestAgent agent = await TestAgent.StartAsync(hub.Tunnel);
        SocketRestConnection dialled = tunnel.Connection!;
        SocketRestConnection served = await agent.SeenByAsync(hub);

        await StopsSoonAsync(hub.App);

        await dialled.Completion.InTime();
        await served.Completion.InTime();
    }

    [Fact]
    public async Task Hub_with_a_peer_that_never_speaks_stops_soon()
    {
        await using TestHub hub = await StartAsync(options => options.HandshakeTimeout = TimeSpan.FromMinutes(1));
        using RawPeer mute = await RawPeer.OpenAsync(hub.Tunnel);

        await StopsSoonAsync(hub.App);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Hub_drains_whom_it_has_let_in_when_it_stops(bool serves)
    {
        await using TestHub hub = await StartAsync(map: app => app.MapGet("/", () => "answer"), serves: serves);

        // Called last, since it was registered first: every handshake has been told by then.
        Task told = hub.App.Lifetime.ApplicationStopping.CancelledAsync();
        using RawPeer peer = await RawPeer.GreetAsync(hub.Tunnel, "a", "1");

        Task stopping = hub.App.StopAsync();
        await told;
        await peer.SendReadyAsync();
        if (serves)
        {
            await peer.SendRequestAsync(1);
        }

        bool answered = !serves;
        bool asked = false;
        while (!answered || !asked)
        {
            FrameHeader frame = (await peer.ReceiveFrameAsync()).Header;
            Assert.NotEqual(FrameType.Reset, frame.Type);
            answered |= frame is { StreamId: 1, EndStream: true };
            asked |= frame.Type == FrameType.GoAway;
        }

        await peer.AnswerGoAwayAsync();
        await stopping.WaitAsync(s_soon);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Hub_does_not_wait_long_for_the_last_word_of_whom_it_has_let_in(bool serves)
    {
        await using TestHub hub = await StartAsync(options => options.HandshakeTimeout = options.ResumeGrace = TimeSpan.FromMinutes(5), serves: serves);
        using RawPeer peer = await RawPeer.GreetAsync(hub.Tunnel, "a", "1");

        await StopsSoonAsync(hub.App);
    }

    [Fact]
    public async Task Hub_that_serves_nothing_does_not_wait_for_a_peer_without_a_socket()
    {
        await using TestHub hub = await StartAsync(options => options.ResumeGrace = TimeSpan.FromMinutes(5), serves: false);
        using ResumingPeer peer = await ResumingPeer.DialAsync(hub.Tunnel);
        SocketRestConnection connection = await hub.Registry.WaitForAsync(peer.Id).InTime();
        peer.Socket.Abort();
        await Patience.UntilAsync(() => connection.IsInterrupted);

        await StopsSoonAsync(hub.App);

        await connection.Completion.InTime();
    }

    [Fact]
    public async Task Hub_that_serves_nothing_does_not_wait_for_a_peer_that_vanished_in_its_handshake()
    {
        await using TestHub hub = await StartAsync(options => options.HandshakeTimeout = options.ResumeGrace = TimeSpan.FromMinutes(5), serves: false);
        using ResumingPeer peer = await ResumingPeer.OpenAsync(hub.Tunnel, names: null);
        await peer.SendAsync(FrameType.Hello, """{"versions":[1],"name":"raw","settings":{} }""");
        Assert.Equal(FrameType.Welcome, await peer.ReceiveAnswerAsync());
        peer.Socket.Abort();

        var clock = Stopwatch.StartNew();
        await hub.App.StopAsync().InTime();

        Assert.InRange(clock.Elapsed, TimeSpan.Zero, TunnelAcceptor.LastWord);
    }

    [Fact]
    public async Task Hub_lets_the_running_call_finish()
    {
        var running = new Signal();
        var release = new Signal();
        await using TestHub hub = await StartAsync(map: app => app.MapGet("/", async context =>
        {
            running.Release();
            await release.NextAsync();
            await context.Response.WriteAsync("finished");
        }));
        await using SocketRestClient tunnel = await hub.DialAsync();
        using HttpClient client = tunnel.CreateClient();
        Task<string> call = client.GetStringAsync("/");
        await running.NextAsync();

        Task stopping = hub.App.StopAsync();
        release.Release();

        Assert.Equal("finished", await call.InTime());
        await stopping.WaitAsync(s_soon);
    }

    [Fact]
    public async Task Hub_cuts_off_a_call_that_outlasts_its_shutdown_time()
    {
        var running = new Signal();
        await using TestHub hub = await StartAsync(options => options.ShutdownTimeout = TimeSpan.FromMilliseconds(50), MapStuck(running));
        await using SocketRestClient tunnel = await hub.DialAsync();
        using HttpClient client = tunnel.CreateClient();
        Task<HttpResponseMessage> call = client.GetAsync("/stuck");
        await running.NextAsync();

        await StopsSoonAsync(hub.App);

        Assert.Equal(RequestOutcome.MaybeExecuted, (await TunnelClient.FailureAsync(call.InTime())).Outcome);
    }

    [Fact]
    public async Task Drain_begins_while_the_server_still_accepts()
    {
        var running = new Signal();
        var release = new Signal();
        await using TestHub hub = await StartAsync(map: app => app.MapGet("/", async () =>
        {
            running.Release();
            await release.NextAsync();
            return "finished";
        }));
        await using SocketRestClient tunnel = await hub.DialAsync();
        SocketRestConnection accepted = await hub.SideOfAsync(tunnel);
        Task<string> call = tunnel.CreateClient().GetStringAsync("/");
        await running.NextAsync();
        (bool Drains, bool Accepts) seen = default;
        hub.App.Lifetime.ApplicationStopping.Register(() =>
        {
            using var client = new TcpClient();
            client.Connect(IPAddress.Loopback, hub.Address.Port);
            seen = (!accepted.Tunnel.IsUsable, client.Connected);
        });

        Task stopping = hub.App.StopAsync();
        release.Release();

        Assert.Equal("finished", await call.InTime());
        await stopping.InTime();
        Assert.Equal((true, true), seen);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Call_that_never_ends_is_cut_off_within_less_than_the_hosts_time(bool byTheAgent)
    {
        var running = new Signal();
        void Limit(WebApplicationBuilder builder) =>
            builder.Services.Configure<HostOptions>(options => options.ShutdownTimeout = s_limit);
        await using TestHub hub = await TestHub.StartAsync(MapStuck(running), options => options.ShutdownTimeout = Timeout.InfiniteTimeSpan, Limit);
        await using TestAgent agent = await TestAgent.StartAsync(
            hub.Tunnel, MapStuck(running), options => options.ShutdownTimeout = Timeout.InfiniteTimeSpan, Limit);
        SocketRestConnection accepted = await agent.SeenByAsync(hub);
        using HttpClient client = byTheAgent ? accepted.CreateClient() : TunnelClient.Over(agent.Service.CreateHandler());
        Task<HttpResponseMessage> call = client.GetAsync("/stuck");
        await running.NextAsync();
        var clock = Stopwatch.StartNew();

        await (byTheAgent ? agent.App : hub.App).StopAsync().InTime();

        Assert.InRange(clock.Elapsed, s_limit / 2, s_limit);
        Assert.Equal(RequestOutcome.MaybeExecuted, (await TunnelClient.FailureAsync(call.InTime())).Outcome);
    }

    [Fact]
    public async Task Agent_lets_the_running_call_finish_and_takes_no_new_one()
    {
        var running = new Signal();
        var release = new Signal();
        await using TestHub hub = await StartAsync();
        await using TestAgent agent = await TestAgent.StartAsync(hub.Tunnel, app => app.MapGet("/", async context =>
        {
            running.Release();
            await release.NextAsync();
            await context.Response.WriteAsync("finished");
        }));
        SocketRestConnection connection = await agent.SeenByAsync(hub);
        using HttpClient client = connection.CreateClient();
        Task<string> call = client.GetStringAsync("/");
        await running.NextAsync();

        Task stopping = agent.App.StopAsync();
        await agent.App.Lifetime.ApplicationStopping.CancelledAsync();
        release.Release();

        Assert.Equal("finished", await call.InTime());
        await stopping.WaitAsync(s_soon);
        await connection.Completion.InTime();
        Assert.Equal(RequestOutcome.NotSent, (await TunnelClient.FailureAsync(client.GetAsync("/"))).Outcome);
    }

    [Fact]
    public async Task Responses_that_end_when_the_application_stops_are_not_cut_off()
    {
        var running = new Signal();
        void MapEvents(WebApplication app) => app.MapGet("/events", async context =>
        {
            await context.Response.WriteAsync("first ");
            await context.Response.Body.FlushAsync();
            running.Release();
            await app.Lifetime.ApplicationStopping.CancelledAsync();
            await context.Response.WriteAsync("last");
        });
        await using TestHub hub = await StartAsync(options => options.ShutdownTimeout = TimeSpan.FromMinutes(1), MapEvents);
        await using TestAgent agent = await TestAgent.StartAsync(hub.Tunnel, MapEvents, options => options.ShutdownTimeout = TimeSpan.FromMinutes(1));
        using HttpClient fromHub = (await agent.SeenByAsync(hub)).CreateClient();
        await using SocketRestClient tunnel = await hub.DialAsync();
        using HttpClient toHub = tunnel.CreateClient();
        Task<string> ofAgent = fromHub.GetStringAsync("/events");
        Task<string> ofHub = toHub.GetStringAsync("/events");
        await running.NextAsync();
        await running.NextAsync();

        await StopsSoonAsync(agent.App);
        await StopsSoonAsync(hub.App);

        Assert.Equal("first last", await ofAgent.InTime());
        Assert.Equal("first last", await ofHub.InTime());
    }

    [Fact]
    public async Task Agent_cuts_off_a_call_that_outlasts_its_shutdown_time()
    {
        var running = new Signal();
        await using TestHub hub = await StartAsync();
        await using TestAgent agent = await TestAgent.StartAsync(
            hub.Tunnel, MapStuck(running), options => options.ShutdownTimeout = TimeSpan.FromMilliseconds(50));
        using HttpClient client = (await agent.SeenByAsync(hub)).CreateClient();
        Task<HttpResponseMessage> call = client.GetAsync("/stuck");
        await running.NextAsync();

        await StopsSoonAsync(agent.App);

        Assert.Equal(RequestOutcome.MaybeExecuted, (await TunnelClient.FailureAsync(call.InTime())).Outcome);
    }

    private static Task<TestHub> StartAsync(Action<SocketRestServerOptions>? configure = null, Action<WebApplication>? map = null, bool serves = true) =>
        TestHub.StartAsync(
            map,
            configure,
            builder => builder.Services.Configure<HostOptions>(options => options.ShutdownTimeout = TimeSpan.FromMinutes(1)),
            serves ? null : _ => { });

    private static async Task StopsSoonAsync(WebApplication app)
    {
        var clock = Stopwatch.StartNew();
        await app.StopAsync().InTime();
        Assert.InRange(clock.Elapsed, TimeSpan.Zero, s_soon);
    }

    private static Action<WebApplication> MapStuck(Signal running) => app => app.MapGet("/stuck", async context =>
    {
        running.Release();
        await context.RequestAborted.CancelledAsync();
    });
}
