using System.Buffers;
using System.Net.WebSockets;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using SocketRest.Benchmarks.App;
using SocketRest.Benchmarks.Peers;

namespace SocketRest.Benchmarks.Idle;

/// <summary>
/// The process whose memory is measured: accepts tunnels at one path and bare WebSockets at another, and echoes what they carry. Its first line is its
/// address; after that it answers each line that it reads with its <see cref="MemoryUse"/>, and ends when there are no more.
/// </summary>
internal static class IdleHub
{
    public const string Verb = "idle-hub";
    public const string TunnelPath = "/tunnel";
    public const string WebSocketPath = "/websocket";
    public const string EchoPath = "/echo";

    public static async Task<int> RunAsync()
    {
        var builder = ApplicationUnderTest.CreateBuilder();
        LoopbackServer.Configure(builder, HttpProtocols.Http1);
        builder.Services.AddSocketRest(options =>
        {
            options.MaxConnections = options.MaxConnectionsPerSecond = options.ConnectionBurst = options.MaxConcurrentHandshakes = int.MaxValue;
        });
        var app = builder.Build();
        app.UseWebSockets();
        app.MapSocketRest(TunnelPath).ServeApplication();
        app.MapGet(WebSocketPath, EchoWebSocketAsync);
        app.MapPost(EchoPath, EchoAsync);
        await app.StartAsync();

        Console.WriteLine(LoopbackServer.Address(app));
        while (await Console.In.ReadLineAsync() is not null)
        {
            Console.WriteLine(await MemoryUse.MeasureAsync());
        }

        return 0;
    }

    private static async Task EchoAsync(HttpContext context)
    {
        context.Response.ContentLength = context.Request.ContentLength;
        await context.Request.BodyReader.CopyToAsync(context.Response.BodyWriter, context.RequestAborted);
    }

    /// <summary>Holds no buffer while there is nothing to read.</summary>
    private static async Task EchoWebSocketAsync(HttpContext context)
    {
        using var socket = await context.WebSockets.AcceptWebSocketAsync(new WebSocketAcceptContext { KeepAliveInterval = Timeout.InfiniteTimeSpan });
        while (true)
        {
            var awaited = await socket.ReceiveAsync(Memory<byte>.Empty, CancellationToken.None);
            if (awaited.MessageType == WebSocketMessageType.Close)
            {
                return;
            }

            var buffer = ArrayPool<byte>.Shared.Rent(Pattern.ChunkSize);
            var received = await socket.ReceiveAsync(buffer.AsMemory(), CancellationToken.None);
            await socket.SendAsync(buffer.AsMemory(0, received.Count), WebSocketMessageType.Binary, received.EndOfMessage, CancellationToken.None);
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }
}
