using Microsoft.Extensions.Logging;
using SocketRest.Multiplexing;
using SocketRest.Transport;

namespace SocketRest.Benchmarks.Fuzzing;

/// <summary>Either side of a handshake over a socket in memory, with limits so low that small dialogues reach them.</summary>
internal static class MemoryHandshake
{
    private static readonly SocketRestOptions s_options = new()
    {
        MaxConcurrentStreams = 8,
        InitialStreamWindow = 4096,
        MaxStreamWindow = 16 * 1024,
        MaxHeaderListSize = 2048,
        MaxHeaderCount = 20,
        MaxOverheadFramesPerSecond = 200,
    };

    public static Task<HandshakeResult> AcceptAsync(MemorySocket socket, IStreamServer server, ILogger logger) =>
        new Handshake(new WebSocketTransport(socket), s_options, server, logger)
            .AcceptAsync(new ConnectionIdentity { Id = "fuzzed" }, CancellationToken.None);

    public static Task<HandshakeResult> DialAsync(MemorySocket socket, IStreamServer server, ILogger logger) =>
        new Handshake(new WebSocketTransport(socket), s_options, server, logger).DialAsync("peer", null, CancellationToken.None);
}
