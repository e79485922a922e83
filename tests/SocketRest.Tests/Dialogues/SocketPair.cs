using System.Net.WebSockets;

namespace SocketRest.Tests.Dialogues;

/// <summary>Two WebSockets that are connected in memory: real framing, real masking, no network.</summary>
internal static class SocketPair
{
    /// <summary>What each way holds before its writer has to wait, unless a test wants less or more.</summary>
    public const int Capacity = 256 * 1024;

    public static (WebSocket Dialling, WebSocket Accepting) Create(int capacity = Capacity)
    {
        (DuplexPipeStream one, DuplexPipeStream other) = DuplexPipeStream.CreatePair(capacity);
        return (
            WebSocket.CreateFromStream(one, new WebSocketCreationOptions { IsServer = false }),
            WebSocket.CreateFromStream(other, new WebSocketCreationOptions { IsServer = true }));
    }
}
