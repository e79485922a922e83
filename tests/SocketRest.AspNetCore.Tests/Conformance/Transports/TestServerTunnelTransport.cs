using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.TestHost;
using Microsoft.Extensions.DependencyInjection;
using SocketRest.Testing;

namespace SocketRest.AspNetCore.Tests.Conformance.Transports;

/// <summary>A tunnel over TestServer's in-memory WebSocket: an integration test that behaves as real HTTP does.</summary>
public sealed class TestServerTunnelTransport : TunnelTransport
{
    public override async Task<TransportHost> StartAsync(Action<WebApplicationBuilder>? configure, Action<WebApplication> app)
    {
        WebApplicationBuilder builder = TestApplication.CreateBuilder();
        builder.WebHost.UseTestServer();
        builder.Services.AddSocketRest();
        configure?.Invoke(builder);
        WebApplication application = builder.Build();
        MapTunnel(application, serve: true);
        app(application);
        await application.StartAsync();
        SocketRestClient tunnel = await SocketRestClient.ConnectAsync(application.GetTestServer(), TunnelPath);
        return new TunnelHost(application, tunnel.CreateHandler, tunnel);
    }
}
