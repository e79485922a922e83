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
        var pieces = bytes / 2 / Pattern.ChunkSize;
        var sending = SendAsync(pieces);
        var buffer = new byte[Pattern.ChunkSize];
        for (var piece = 0; piece < pieces; piece++)
        {
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

        await sending;
    }

    /// <summary>One behind the other without waiting for what comes back, as a tunnel's calls come: what piles up at the hub is the same.</summary>
    private async Task SendAsync(int pieces)
    {
        for (var piece = 0; piece < pieces; piece++)
        {
            await socket.SendAsync(Pattern.Chunk(0, Pattern.ChunkSize), WebSocketMessageType.Binary, endOfMessage: true, CancellationToken.None);
        }
    }
}
