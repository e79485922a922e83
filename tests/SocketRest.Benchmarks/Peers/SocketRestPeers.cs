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
        var builder = ApplicationUnderTest.CreateBuilder();
        LoopbackServer.Configure(builder, HttpProtocols.Http1);
        builder.Services.AddSocketRest();
        var hub = builder.Build();
        hub.MapSocketRest(TunnelPath);
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

        var handler = await ConnectedAsync(hub.Services.GetRequiredService<SocketRestConnectionRegistry>());
        return new Peer("socketrest", handler, new Uri("http://device/"), version: null, device, hub);
    }

    private static async Task<HttpMessageHandler> ConnectedAsync(SocketRestConnectionRegistry registry)
    {
        using var limit = new CancellationTokenSource(DialLimit);
        while (true)
        {
            try
            {
                return WithoutPolicies(registry[Device].CreateHandler());
            }
            catch (Exception exception) when (exception is KeyNotFoundException or SocketRestException)
            {
                await Task.Delay(20, limit.Token);
            }
        }
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
