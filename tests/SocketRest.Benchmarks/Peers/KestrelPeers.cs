using System.Net;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using SocketRest.Benchmarks.App;

namespace SocketRest.Benchmarks.Peers;

/// <summary>What a user has without a tunnel: HttpClient calls Kestrel.</summary>
internal static class KestrelPeers
{
    public static Task<Peer> StartHttp1Async(PeerSettings settings, string name = "http1") =>
        StartAsync(name, HttpProtocols.Http1, HttpVersion.Version11, settings);

    public static Task<Peer> StartHttp2Async(PeerSettings settings) =>
        StartAsync("http2", HttpProtocols.Http2, HttpVersion.Version20, settings);

    private static async Task<Peer> StartAsync(string name, HttpProtocols protocols, Version version, PeerSettings settings)
    {
        var builder = ApplicationUnderTest.CreateBuilder();
        LoopbackServer.Configure(builder, protocols);
        var app = builder.Build();
        ApplicationUnderTest.Map(app);
        await app.StartAsync();
        return new Peer(name, Handlers.Create(settings), LoopbackServer.Address(app), version, app);
    }
}
