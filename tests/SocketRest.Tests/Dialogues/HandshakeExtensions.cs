using SocketRest.Multiplexing;

namespace SocketRest.Tests.Dialogues;

internal static class HandshakeExtensions
{
    /// <summary>The connection, or its failure thrown.</summary>
    public static async Task<TunnelConnection> ConnectionAsync(this Task<HandshakeResult> handshake) => (await handshake).OrThrow();
}
