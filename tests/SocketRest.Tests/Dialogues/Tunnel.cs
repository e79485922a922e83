using System.Net.WebSockets;
using Microsoft.Extensions.Logging.Abstractions;
using SocketRest.Multiplexing;
using SocketRest.Transport;

namespace SocketRest.Tests.Dialogues;

/// <summary>Two real connections at the two ends of one WebSocket. The dialling end asks, the accepting end serves.</summary>
internal sealed class Tunnel : IAsyncDisposable
{
    private Tunnel(TunnelConnection asking, TunnelConnection serving) => Ends = [asking, serving];

    public TunnelConnection[] Ends { get; }

    public static async Task<Tunnel> StartAsync(ManualServer server, int maxStreams = 256, int window = 64 * 1024, bool overTcp = false, int? maxResets = null, TimeProvider? time = null)
    {
        (WebSocket dialling, WebSocket accepting) = overTcp ? await SocketPair.CreateTcpAsync() : SocketPair.Create();
        var options = new SocketRestOptions { MaxConcurrentStreams = maxStreams, InitialStreamWindow = window, MaxResetsPerSecond = maxResets, TimeProvider = time ?? TimeProvider.System };
        Task<HandshakeResult> accepted = new Handshake(new WebSocketTransport(accepting), options, server, NullLogger.Instance)
            .AcceptAsync(new ConnectionIdentity { Id = "test" }, CancellationToken.None);
        Task<HandshakeResult> dialled = new Handshake(new WebSocketTransport(dialling), options, null, NullLogger.Instance)
            .DialAsync("test", null, CancellationToken.None);
        return new Tunnel(await dialled.ConnectionAsync().Soon(), await accepted.ConnectionAsync().Soon());
    }

    public HttpClient CreateClient() =>
        new(Ends[0].Public.CreateHandler()) { BaseAddress = new Uri("http://device/"), Timeout = Timeout.InfiniteTimeSpan };

    public async ValueTask DisposeAsync()
    {
        foreach (TunnelConnection end in Ends)
        {
            await end.CloseAsync().Soon();
        }
    }
}
