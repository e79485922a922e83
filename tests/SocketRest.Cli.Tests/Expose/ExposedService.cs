using SocketRest.Cli.Configuration;
using SocketRest.Cli.Expose;
using SocketRest.Cli.Tests.Hub;

namespace SocketRest.Cli.Tests.Expose;

/// <summary>A service that is exposed at a hub, all in this process.</summary>
internal sealed class ExposedService : IAsyncDisposable
{
    private readonly CancellationTokenSource _end = new();
    private readonly Exposure _exposure;

    private ExposedService(RunningHub hub, Exposure exposure, RecordingView view)
    {
        Hub = hub;
        _exposure = exposure;
        View = view;
        Running = exposure.RunAsync(_end.Token);
    }

    public RunningHub Hub { get; }

    public RecordingView View { get; }

    public Task Running { get; }

    public IReadOnlyList<Uri> Addresses { get; private set; } = [];

    /// <summary>Calls the agent over its own connection, upgrades included.</summary>
    public HttpMessageInvoker Invoker { get; private set; } = null!;

    public HttpClient Http { get; private set; } = null!;

    public static async Task<ExposedService> StartAsync(UpstreamOptions upstream, string? key = null, SocketRest.Cli.Hub.HubOptions? options = null)
    {
        RunningHub hub = await RunningHub.StartAsync(options);
        var view = new RecordingView();
        var exposed = new ExposedService(hub, new Exposure(
            new ExposeOptions { Hub = HubAddress.Parse(hub.Address.ToString())!, Name = "shop", Key = key, Upstream = upstream }, view, TimeProvider.System), view);
        exposed.Addresses = await view.OnlineAsync();
        SocketRestConnection connection = await hub.Registry.WaitForAsync(one => one.Name == "shop").InTime();
        SocketRestHandler handler = connection.CreateHandler();
        (handler.AllowAutoRedirect, handler.UseCookies) = (false, false);
        exposed.Invoker = new HttpMessageInvoker(handler);
        exposed.Http = new HttpClient(handler) { BaseAddress = new Uri("http://shop.example:81/"), Timeout = Patience.Limit };
        return exposed;
    }

    /// <summary>What Ctrl+C does.</summary>
    public Task InterruptAsync() => _end.CancelAsync();

    public async ValueTask DisposeAsync()
    {
        await _exposure.DisposeAsync();
        await Hub.DisposeAsync();
        Invoker.Dispose();
        Http.Dispose();
        _end.Dispose();
    }
}
