using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using SocketRest.AspNetCore;
using SocketRest.Benchmarks.App;

namespace SocketRest.Benchmarks.Peers;

/// <summary>The tunnel, served once by the side that accepts and once by the side that dials.</summary>
internal static class SocketRestPeers
{
    private const string TunnelPath = "/tunnel";
    private const string Device = "kiln-7";

    private static readonly TimeSpan DialLimit = TimeSpan.FromSeconds(10);

    public static async Task<Peer> StartAsync(PeerSettings settings)
    {
        var builder = ApplicationUnderTest.CreateBuilder();
        LoopbackServer.Configure(builder, HttpProtocols.Http1);
        builder.Services.AddSocketRest();
        var app = builder.Build();
        ApplicationUnderTest.Map(app);
        app.MapSocketRest(TunnelPath).ServeApplication();
        await app.StartAsync();

        // The same dialler as the other WebSocket peers', so that the wire is counted in the same place.
        var dialler = new HttpMessageInvoker(Handlers.Create(settings));
        var tunnel = await SocketRestClient.ConnectAsync(TunnelAddress(app), options => options.Invoker = dialler);
        return new Peer("socketrest", WithoutPolicies(tunnel.CreateHandler()), new Uri("http://application/"), version: null, tunnel, app);
    }

    public static async Task<Peer> StartDeviceAsync(PeerSettings settings)
    {
        var (hub, device) = await StartHubAsync(_ => { });
        var handler = WithoutPolicies(hub.Services.GetRequiredService<SocketRestConnectionRegistry>()[Device].CreateHandler());
        return new Peer("socketrest", handler, new Uri("http://device/"), version: null, device, hub);
    }

    /// <summary>Called over HTTP/1.1 from outside: the hub passes the calls on.</summary>
    public static async Task<Peer> StartForwarderAsync(PeerSettings settings)
    {
        var (hub, device) = await StartHubAsync(hub => hub.MapSocketRestForwarder("/agents/{agent}/{**path}"));
        var address = new Uri(LoopbackServer.Address(hub), $"/agents/{Device}/");
        return new Peer("socketrest", Handlers.Create(settings), address, HttpVersion.Version11, device, hub);
    }

    private static async Task<(WebApplication Hub, WebApplication Device)> StartHubAsync(Action<WebApplication> map)
    {
        var builder = ApplicationUnderTest.CreateBuilder();
        LoopbackServer.Configure(builder, HttpProtocols.Http1);
        builder.Services.AddSocketRest();
        var hub = builder.Build();
        hub.MapSocketRest(TunnelPath);
        map(hub);
        await hub.StartAsync();

        var deviceBuilder = ApplicationUnderTest.CreateBuilder();
        LoopbackServer.Configure(deviceBuilder, HttpProtocols.Http1);
        deviceBuilder.Services.AddSocketRestAgent(options =>
        {
            options.Uri = TunnelAddress(hub);
            options.Name = Device;
        });
        var device = deviceBuilder.Build();
        ApplicationUnderTest.Map(device);
        await device.StartAsync();
        using var limit = new CancellationTokenSource(DialLimit);
        await hub.Services.GetRequiredService<SocketRestConnectionRegistry>().WaitForAsync(connection => connection.Name == Device, limit.Token);
        return (hub, device);
    }

    /// <summary>The same switches as the other peers' handlers.</summary>
    private static SocketRestHandler WithoutPolicies(SocketRestHandler handler)
    {
        handler.AllowAutoRedirect = false;
        handler.UseCookies = false;
        return handler;
    }

    private static Uri TunnelAddress(WebApplication app) => new UriBuilder(LoopbackServer.Address(app)) { Scheme = "ws", Path = TunnelPath }.Uri;
}
