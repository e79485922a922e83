using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using SocketRest.AspNetCore;
using SocketRest.Benchmarks.Fuzzing;
using SocketRest.Benchmarks.Peers;
using SocketRest.Faults;

namespace SocketRest.Benchmarks.Soaking;

/// <summary>A hub on Kestrel, a device that dials it through a proxy, and both their applications.</summary>
internal sealed class SoakPair : IAsyncDisposable
{
    private const string DeviceName = "device";

    private readonly WebApplication _hub;
    private readonly WebApplication _device;
    private readonly SocketRestConnectionRegistry _registry;
    private readonly SocketRestAgent _agent;
    private readonly HttpClient _fromDevice;
    private (string Id, HttpClient Client)? _fromHub;

    private SoakPair(WebApplication hub, WebApplication device, FaultProxy proxy, FailureLog log)
    {
        _hub = hub;
        _device = device;
        Proxy = proxy;
        Log = log;
        _registry = hub.Services.GetRequiredService<SocketRestConnectionRegistry>();
        _agent = device.Services.GetRequiredService<SocketRestAgent>();
        _fromDevice = Client(_agent.CreateHandler());
    }

    public FaultProxy Proxy { get; }

    /// <summary>What either host logs as an error and no lost call explains.</summary>
    public FailureLog Log { get; }

    /// <summary>Streams that are open now, at both ends.</summary>
    public int OpenStreams => _registry.Connections.Sum(connection => connection.OpenStreams) + (_agent.Connection?.OpenStreams ?? 0);

    public IAsyncEnumerable<SocketRestConnectionEvent> Events => _registry.Events;

    public static async Task<SoakPair> StartAsync(SoakTally tally)
    {
        var log = new FailureLog();
        var hub = Builder(log);
        LoopbackServer.Configure(hub, HttpProtocols.Http1);
        hub.Services.AddSocketRest();
        var hubApp = hub.Build();
        new SoakApplication(tally, SoakEnd.Device).Map(hubApp);
        hubApp.MapSocketRest("/tunnel").ServeApplication();
        await hubApp.StartAsync();

        var proxy = new FaultProxy(new UriBuilder(LoopbackServer.Address(hubApp)) { Scheme = "ws", Path = "/tunnel" }.Uri);
        var device = Builder(log);
        device.Services.AddSocketRestAgent(options =>
        {
            options.Uri = proxy.Address;
            options.Name = DeviceName;
        });
        var deviceApp = device.Build();
        new SoakApplication(tally, SoakEnd.Hub).Map(deviceApp);
        await deviceApp.StartAsync();
        return new SoakPair(hubApp, deviceApp, proxy, log);
    }

    public Task<HttpClient> FromDeviceAsync(CancellationToken cancellationToken) => Task.FromResult(_fromDevice);

    public async Task<HttpClient> FromHubAsync(CancellationToken cancellationToken)
    {
        var connection = _registry.TryGetByName(DeviceName, out var found)
            ? found
            : await _registry.WaitForAsync(one => one.Name == DeviceName && !one.Completion.IsCompleted, cancellationToken);
        if (_fromHub is { } current && current.Id == connection.Id)
        {
            return current.Client;
        }

        // Two who come at once make two clients of the same connection.
        var client = Client(connection.CreateHandler());
        _fromHub = (connection.Id, client);
        return client;
    }

    public async ValueTask DisposeAsync()
    {
        await _device.StopAsync();
        await _hub.StopAsync();
        await _device.DisposeAsync();
        await _hub.DisposeAsync();
        await Proxy.DisposeAsync();
    }

    private static HttpClient Client(HttpMessageHandler handler) =>
        new(handler) { BaseAddress = new Uri("http://peer/"), Timeout = Timeout.InfiniteTimeSpan };

    private static WebApplicationBuilder Builder(FailureLog log)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.Logging.AddProvider(log);
        builder.Logging.SetMinimumLevel(LogLevel.Error);
        builder.Logging.AddFilter("Microsoft.AspNetCore.Hosting", LogLevel.None);
        return builder;
    }
}
