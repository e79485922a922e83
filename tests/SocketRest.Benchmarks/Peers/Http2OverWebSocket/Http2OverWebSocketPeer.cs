using System.Net;
using System.Net.WebSockets;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using SocketRest.Benchmarks.App;

namespace SocketRest.Benchmarks.Peers.Http2OverWebSocket;

/// <summary>What a user builds from the platform's own parts: a ConnectCallback that returns a WebSocket, and a Kestrel transport that takes one.</summary>
internal static class Http2OverWebSocketPeer
{
    public static async Task<Peer> StartAsync(PeerSettings settings)
    {
        var listener = new WebSocketListener();
        var app = await StartApplicationAsync(listener);
        var carrier = await StartCarrierAsync(listener, app.Services);
        var uri = new UriBuilder(LoopbackServer.Address(carrier)) { Scheme = "ws" }.Uri;

        var dialler = new HttpMessageInvoker(Handlers.Create(settings));
        var handler = Handlers.Create(settings);
        handler.ConnectCallback = async (_, cancellationToken) =>
        {
            var webSocket = new ClientWebSocket();
            await webSocket.ConnectAsync(uri, dialler, cancellationToken);
            return new WebSocketByteStream(webSocket);
        };
        return new Peer("h2-over-websocket", handler, new Uri("http://application/"), HttpVersion.Version20, app, carrier);
    }

    private static async Task<WebApplication> StartApplicationAsync(WebSocketListener listener)
    {
        var builder = ApplicationUnderTest.CreateBuilder();
        builder.Services.AddSingleton<IConnectionListenerFactory>(listener);
        builder.WebHost.ConfigureKestrel(options =>
        {
            LoopbackServer.Configure(options);
            options.Listen(listener.EndPoint, listen => listen.Protocols = HttpProtocols.Http2);
        });
        var app = builder.Build();
        ApplicationUnderTest.Map(app);
        await app.StartAsync();
        return app;
    }

    private static async Task<WebApplication> StartCarrierAsync(WebSocketListener listener, IServiceProvider kestrel)
    {
        var builder = ApplicationUnderTest.CreateBuilder();
        LoopbackServer.Configure(builder, HttpProtocols.Http1);
        var carrier = builder.Build();
        var memoryPool = kestrel.GetRequiredService<IMemoryPoolFactory<byte>>().Create(new MemoryPoolOptions { Owner = "h2-over-websocket" });
        carrier.UseWebSockets();
        carrier.Run(async context =>
        {
            if (!context.WebSockets.IsWebSocketRequest)
            {
                context.Response.StatusCode = StatusCodes.Status400BadRequest;
                return;
            }

            using var webSocket = await context.WebSockets.AcceptWebSocketAsync();
            await using var connection = new WebSocketConnection(webSocket, memoryPool);
            listener.Add(connection);
            await connection.RunAsync();
        });
        await carrier.StartAsync();
        return carrier;
    }
}
