using System.Net;
using System.Net.Sockets;
using SocketRest.Benchmarks.Measuring;

namespace SocketRest.Benchmarks.Peers;

/// <summary>The one place where the rivals' <see cref="SocketsHttpHandler"/> is set up.</summary>
internal static class Handlers
{
    /// <summary>Without what a plain call does not need, and with connections that outlive the pauses between a peer's rounds.</summary>
    public static SocketsHttpHandler Create(PeerSettings settings)
    {
        var handler = new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            EnableMultipleHttp2Connections = !settings.OneConnection,
            MaxConnectionsPerServer = int.MaxValue,
            PooledConnectionIdleTimeout = Timeout.InfiniteTimeSpan,
            UseCookies = false,
            UseProxy = false,
        };
        if (settings.Wire is { } counter)
        {
            handler.ConnectCallback = async (context, cancellationToken) => await ConnectAsync(context.DnsEndPoint, counter, cancellationToken);
        }

        return handler;
    }

    private static async Task<Stream> ConnectAsync(DnsEndPoint endPoint, WireCounter counter, CancellationToken cancellationToken)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(endPoint, cancellationToken);
            return new CountingStream(socket, counter);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
