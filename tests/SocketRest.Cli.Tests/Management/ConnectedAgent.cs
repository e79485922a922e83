using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using SocketRest.AspNetCore;

namespace SocketRest.Cli.Tests.Management;

/// <summary>An application that has dialled a hub and serves it.</summary>
internal sealed class ConnectedAgent : IAsyncDisposable
{
    private ConnectedAgent(WebApplication app, SocketRestConnection seen)
    {
        App = app;
        Seen = seen;
    }

    public WebApplication App { get; }

    /// <summary>The hub's side of the connection.</summary>
    public SocketRestConnection Seen { get; }

    public string Id => Seen.Id;

    public static Task<ConnectedAgent> StartAsync(ManagedHub hub, string name, object? metadata, Action<WebApplication>? map) =>
        StartAsync(hub.Tunnel, hub.Registry, name, metadata, map);

    public static async Task<ConnectedAgent> StartAsync(
        Uri tunnel, SocketRestConnectionRegistry registry, string name, object? metadata = null, Action<WebApplication>? map = null, string? key = null)
    {
        WebApplicationBuilder builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore();
        builder.Services.AddRoutingCore();
        builder.Services.AddLogging(logging => logging.SetMinimumLevel(LogLevel.Warning));
        builder.Services.AddSocketRestAgent(options =>
        {
            options.Uri = tunnel;
            options.Name = name;
            options.AuthorizationProvider = _ => new(key is null ? null : $"Bearer {key}");
            options.Metadata = JsonSerializer.SerializeToNode(metadata ?? new { })!.AsObject();
        });
        WebApplication app = builder.Build();
        map?.Invoke(app);
        app.MapGet("/hello", () => "hello");
        await app.StartAsync().InTime();
        SocketRestConnection dialled = await app.Services.GetRequiredService<SocketRestAgent>().GetConnectionAsync().InTime();
        return new ConnectedAgent(app, await registry.WaitForAsync(dialled.Id).InTime());
    }

    public async ValueTask DisposeAsync()
    {
        await App.StopAsync().InTime();
        await App.DisposeAsync();
    }
}
