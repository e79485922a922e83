using Microsoft.AspNetCore.TestHost;
using SocketRest.Benchmarks.App;

namespace SocketRest.Benchmarks.Peers;

/// <summary>No network at all: TestServer's handler calls the application in memory.</summary>
internal static class TestServerPeer
{
    public static async Task<Peer> StartAsync(PeerSettings settings)
    {
        var builder = ApplicationUnderTest.CreateBuilder();
        builder.WebHost.UseTestServer();
        var app = builder.Build();
        ApplicationUnderTest.Map(app);
        await app.StartAsync();
        var server = app.GetTestServer();
        return new Peer("testserver", server.CreateHandler(), server.BaseAddress, version: null, app);
    }
}
