using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;

namespace SocketRest.AspNetCore.Tests.Conformance.Transports;

/// <summary>A tunnel over a real Kestrel whose dialling side serves: an agent without a port of its own.</summary>
public sealed class DiallingTransport : TunnelTransport
{
    public override async Task<TransportHost> StartAsync(Action<WebApplicationBuilder>? configure, Action<WebApplication> app)
    {
        WebApplication hub = await StartHubAsync();
        WebApplication application = await StartAgentAsync(options => options.Uri = new Uri(new Uri(hub.Urls.Single()), TunnelPath), configure, app);
        string id = (await application.Services.GetRequiredService<SocketRestAgent>().GetConnectionAsync()).Id;
        SocketRestConnection connection = await hub.Services.GetRequiredService<SocketRestConnectionRegistry>().WaitForAsync(id);
        return new TunnelHost(application, connection.CreateHandler, hub);
    }

    /// <summary>A hub that serves nothing.</summary>
    internal static async Task<WebApplication> StartHubAsync()
    {
        WebApplicationBuilder hubBuilder = TestApplication.CreateBuilder();
        hubBuilder.WebHost.UseKestrelCore().ConfigureKestrel(options => options.Listen(IPAddress.Loopback, 0));
        hubBuilder.Services.AddSocketRest();
        WebApplication hub = hubBuilder.Build();
        MapTunnel(hub, serve: false);
        await hub.StartAsync();
        return hub;
    }

    /// <summary>An application that dials out to be served.</summary>
    internal static async Task<WebApplication> StartAgentAsync(
        Action<SocketRestClientOptions> dial, Action<WebApplicationBuilder>? configure, Action<WebApplication> app)
    {
        WebApplicationBuilder builder = TestApplication.CreateBuilder();
        builder.WebHost.UseKestrelCore();
        builder.Services.AddSocketRestAgent(dial);
        configure?.Invoke(builder);
        WebApplication application = builder.Build();
        app(application);
        await application.StartAsync();
        return application;
    }
}
