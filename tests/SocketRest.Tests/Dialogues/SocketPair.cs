using System.Net;
using System.Net.Sockets;
using System.Net.WebSockets;

namespace SocketRest.Tests.Dialogues;

/// <summary>Two WebSockets that are connected, in memory unless a test is about TCP: real framing, real masking.</summary>
internal static class SocketPair
{
    /// <summary>What each way holds before its writer has to wait, unless a test wants less or more.</summary>
    public const int Capacity = 256 * 1024;

    public static (WebSocket Dialling, WebSocket Accepting) Create(int capacity = Capacity)
    {
        (DuplexPipeStream one, DuplexPipeStream other) = DuplexPipeStream.CreatePair(capacity);
        return Create(one, other);
    }

    /// <summary>Over the loopback interface: a socket that is closed with unread bytes resets the connection.</summary>
    public static async Task<(WebSocket Dialling, WebSocket Accepting)> CreateTcpAsync()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var dialling = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await dialling.ConnectAsync(listener.LocalEndpoint).Soon();
        Socket accepting = await listener.AcceptSocketAsync().Soon();
        accepting.NoDelay = true;
        return Create(new NetworkStream(dialling, ownsSocket: true), new NetworkStream(accepting, ownsSocket: true));
    }

    /// <summary>Over streams that the caller has connected.</summary>
    public static (WebSocket Dialling, WebSocket Accepting) Create(Stream one, Stream other) =>
        (
            WebSocket.CreateFromStream(one, new WebSocketCreationOptions { IsServer = false }),
            WebSocket.CreateFromStream(other, new WebSocketCreationOptions { IsServer = true }));
}
