using System.Buffers.Binary;
using System.Net.WebSockets;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using SocketRest.Benchmarks.App;
using SocketRest.Benchmarks.Measuring;

namespace SocketRest.Benchmarks.Peers;

/// <summary>
/// Bulk through a bare WebSocket, in messages of 64 KiB: what the tunnel's own carrier can do. A transfer begins with a command from the client, the
/// number of bytes, negative for an upload; the server answers an upload with the number that it received.
/// </summary>
internal sealed class WebSocketBulkPeer : IBulkPeer
{
    private readonly WebApplication _app;
    private readonly ClientWebSocket _webSocket;
    private readonly byte[] _buffer = new byte[Pattern.ChunkSize];

    private WebSocketBulkPeer(WebApplication app, ClientWebSocket webSocket)
    {
        _app = app;
        _webSocket = webSocket;
    }

    public string Name => "websocket";

    public static async Task<IBulkPeer> StartAsync()
    {
        var builder = ApplicationUnderTest.CreateBuilder();
        LoopbackServer.Configure(builder, HttpProtocols.Http1);
        var app = builder.Build();
        app.UseWebSockets();
        app.Run(ServeAsync);
        await app.StartAsync();

        var webSocket = new ClientWebSocket();
        using var dialler = new HttpMessageInvoker(Handlers.Create(PeerSettings.Default));
        await webSocket.ConnectAsync(new UriBuilder(LoopbackServer.Address(app)) { Scheme = "ws" }.Uri, dialler, CancellationToken.None);
        return new WebSocketBulkPeer(app, webSocket);
    }

    public async Task DownloadAsync(long bytes)
    {
        await SendNumberAsync(_webSocket, bytes);
        await ReceivePatternAsync(_webSocket, _buffer, bytes);
    }

    public async Task UploadAsync(long bytes)
    {
        await SendNumberAsync(_webSocket, -bytes);
        await SendPatternAsync(_webSocket, bytes);
        if (await ReceiveNumberAsync(_webSocket) is var received && received != bytes)
        {
            throw new WrongAnswerException($"{Name} delivered {received} of {bytes} bytes.");
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _webSocket.CloseAsync(WebSocketCloseStatus.NormalClosure, null, CancellationToken.None);
        _webSocket.Dispose();
        await _app.DisposeAsync();
    }

    private static async Task ServeAsync(HttpContext context)
    {
        using var webSocket = await context.WebSockets.AcceptWebSocketAsync();
        var buffer = new byte[Pattern.ChunkSize];
        while (await ReceiveNumberAsync(webSocket) is { } command)
        {
            if (command > 0)
            {
                await SendPatternAsync(webSocket, command);
            }
            else
            {
                await ReceivePatternAsync(webSocket, buffer, -command);
                await SendNumberAsync(webSocket, -command);
            }
        }

        await webSocket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, null, CancellationToken.None);
    }

    private static async Task SendPatternAsync(WebSocket webSocket, long bytes)
    {
        for (long offset = 0; offset < bytes;)
        {
            var chunk = Pattern.Chunk(offset, bytes - offset);
            await webSocket.SendAsync(chunk, WebSocketMessageType.Binary, endOfMessage: true, CancellationToken.None);
            offset += chunk.Length;
        }
    }

    private static async Task ReceivePatternAsync(WebSocket webSocket, Memory<byte> buffer, long bytes)
    {
        for (long offset = 0; offset < bytes;)
        {
            var received = await webSocket.ReceiveAsync(buffer, CancellationToken.None);
            if (received.MessageType == WebSocketMessageType.Close || !Pattern.Matches(buffer.Span[..received.Count], offset))
            {
                throw new WrongAnswerException($"The bare WebSocket broke off or changed the bytes at {offset}.");
            }

            offset += received.Count;
        }
    }

    private static ValueTask SendNumberAsync(WebSocket webSocket, long number)
    {
        var bytes = new byte[sizeof(long)];
        BinaryPrimitives.WriteInt64BigEndian(bytes, number);
        return webSocket.SendAsync(bytes.AsMemory(), WebSocketMessageType.Binary, endOfMessage: true, CancellationToken.None);
    }

    // Null where the other end closed.
    private static async Task<long?> ReceiveNumberAsync(WebSocket webSocket)
    {
        var bytes = new byte[sizeof(long)];
        var received = await webSocket.ReceiveAsync(bytes.AsMemory(), CancellationToken.None);
        return received.MessageType == WebSocketMessageType.Close ? null : BinaryPrimitives.ReadInt64BigEndian(bytes);
    }
}
