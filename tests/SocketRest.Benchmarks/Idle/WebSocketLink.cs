using System.Net.WebSockets;
using SocketRest.Benchmarks.App;
using SocketRest.Benchmarks.Measuring;

namespace SocketRest.Benchmarks.Idle;

/// <summary>A bare WebSocket: what any tunnel costs at least.</summary>
internal sealed class WebSocketLink(ClientWebSocket socket) : IIdleLink
{
    public static async Task<IIdleLink> ConnectAsync(Uri hub, HttpMessageInvoker dialler)
    {
        var socket = new ClientWebSocket();
        socket.Options.KeepAliveInterval = Timeout.InfiniteTimeSpan;
        await socket.ConnectAsync(new UriBuilder(hub) { Scheme = "ws", Path = IdleHub.WebSocketPath }.Uri, dialler, CancellationToken.None);
        return new WebSocketLink(socket);
    }

    public async Task CarryAsync(int bytes)
    {
        var buffer = new byte[Pattern.ChunkSize];
        for (long sent = 0; sent < bytes / 2; sent += Pattern.ChunkSize)
        {
            await socket.SendAsync(Pattern.Chunk(0, Pattern.ChunkSize), WebSocketMessageType.Binary, endOfMessage: true, CancellationToken.None);
            var count = 0;
            while (count < buffer.Length)
            {
                count += (await socket.ReceiveAsync(buffer.AsMemory(count), CancellationToken.None)).Count;
            }

            if (!Pattern.Matches(buffer, 0))
            {
                throw new WrongAnswerException("A WebSocket changed the bytes that it carried.");
            }
        }
    }
}
