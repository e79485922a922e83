using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;

namespace SocketRest.AspNetCore.Tests.Conformance.Transports;

/// <summary>A tunnel over a real Kestrel whose accepting side serves.</summary>
public sealed class AcceptingTransport : TunnelTransport
{
    public override Capability Capabilities => Capability.Tunnel | Capability.Addresses;

    public override async Task<TransportHost> StartAsync(Action<WebApplicationBuilder>? configure, Action<WebApplication> app)
    {
        WebApplication application = await StartHubAsync(configure, app);
        SocketRestClient tunnel = await SocketRestClient.ConnectAsync(new Uri(new Uri(application.Urls.Single()), TunnelPath));
        return new TunnelHost(application, tunnel.CreateHandler, tunnel);
    }

    /// <summary>An application that serves whoever dials it.</summary>
    internal static async Task<WebApplication> StartHubAsync(Action<WebApplicationBuilder>? configure, Action<WebApplication> app)
    {
        WebApplicationBuilder builder = TestApplication.CreateBuilder();
        builder.WebHost.UseKestrelCore().ConfigureKestrel(options => options.Listen(IPAddress.Loopback, 0));
        builder.Services.AddSocketRest();
        configure?.Invoke(builder);
        WebApplication application = builder.Build();
        MapTunnel(application, serve: true);
        app(application);
        await application.StartAsync();
        return application;
    }
}
