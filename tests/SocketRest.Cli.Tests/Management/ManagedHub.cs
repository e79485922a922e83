using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using SocketRest.AspNetCore;
using SocketRest.Cli.Management;

namespace SocketRest.Cli.Tests.Management;

/// <summary>A hub on a real Kestrel, with a tunnel, a forwarder and all that manages it.</summary>
internal sealed class ManagedHub : IAsyncDisposable
{
    private ManagedHub(WebApplication app)
    {
        App = app;
        Port = new Uri(app.Urls.First()).Port;
        Client = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{Port}/") };
    }

    public WebApplication App { get; }

    public int Port { get; }

    /// <summary>Calls the hub as a program does.</summary>
    public HttpClient Client { get; }

    public Uri Tunnel => new(Client.BaseAddress!, "/tunnel");

    public SocketRestConnectionRegistry Registry => App.Services.GetRequiredService<SocketRestConnectionRegistry>();

    public static async Task<ManagedHub> StartAsync(
        Action<HubManagementOptions>? configure = null, Action<WebApplicationBuilder>? build = null, Action<WebApplication>? map = null)
    {
        WebApplicationBuilder builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        builder.Services.AddRoutingCore();
        builder.Services.AddLogging(logging => logging.SetMinimumLevel(LogLevel.Warning));
        builder.Services.AddSocketRest();
        builder.Services.AddHubManagement(configure);
        build?.Invoke(builder);
        WebApplication app = builder.Build();
        app.UseRouting();
        map?.Invoke(app);
        app.MapHubManagement();
        app.MapSocketRest("/tunnel");
        IEndpointConventionBuilder forwarder = app.MapSocketRestForwarder("/agents/{agent}/{**path}").RecordRequests(app.Services);
        if (app.Services.GetRequiredService<IOptions<HubManagementOptions>>().Value.Policy is { } policy)
        {
            forwarder.RequireAuthorization(policy);
        }

        await app.StartAsync().InTime();
        return new ManagedHub(app);
    }

    /// <summary>Connects a real agent and waits until the hub knows it.</summary>
    public async Task<ConnectedAgent> ConnectAsync(string name, object? metadata = null, Action<WebApplication>? map = null) =>
        await ConnectedAgent.StartAsync(this, name, metadata, map);

    /// <summary>Waits until nothing is left of the connection: what looks for it finds it until a moment after its end.</summary>
    public async Task GoneAsync(SocketRestConnection connection)
    {
        await ((Task)connection.Completion.InTime()).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await Patience.UntilAsync(() => !Registry.TryGetById(connection.Id, out _), "The connection stays in the registry.");
    }

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        await App.StopAsync().InTime();
        await App.DisposeAsync();
    }
}
