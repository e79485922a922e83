using System.Text.Json.Nodes;
using SocketRest.AspNetCore.Tests.Conformance;
using SocketRest.AspNetCore.Tests.Tunnel;
using SocketRest.Protocol;

namespace SocketRest.AspNetCore.Tests.Resuming;

/// <summary>A peer that comes back again before its last attempt is over, as after a cut in the handshake.</summary>
public sealed class SuccessiveAttemptsTests
{
    private const int Attempts = 200;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Each_attempt_is_let_in_whatever_has_become_of_the_one_before(bool abort)
    {
        await using TestHub hub = await TestHub.StartAsync(configure: options => options.MaxConnectionsPerSecond = options.ConnectionBurst = 10_000);
        hub.ExpectsErrors = true;
        using RawPeer first = await RawPeer.OpenAsync(hub.Tunnel);
        await first.SendAsync(FrameType.Hello, """{"versions":[1],"name":"kiln","settings":{"replayBuffer":65536}}""");
        JsonNode welcome = await WelcomeAsync(first);
        await first.SendAsync(FrameType.Ready, "{}");

        var before = new List<RawPeer>();
        for (int attempt = 1; attempt <= Attempts; attempt++)
        {
            RawPeer peer = await RawPeer.OpenAsync(hub.Tunnel);
            before.Add(peer);
            await peer.SendAsync(
                FrameType.Hello,
                $$$"""{"versions":[1],"settings":{"replayBuffer":65536},"resume":{"id":"{{{welcome["id"]}}}","token":"{{{welcome["token"]}}}","received":0,"attempt":{{{attempt}}}}}""");
            welcome = await WelcomeAsync(peer);
            if (abort)
            {
                peer.Socket.Abort();
            }
        }

        await hub.Registry.Connections.Single().CloseAsync().InTime();
        before.ForEach(peer => peer.Dispose());
    }

    private static async Task<JsonNode> WelcomeAsync(RawPeer peer)
    {
        // It comes in one message: nothing else is on its way yet.
        var buffer = new byte[4096];
        int length = (await peer.Socket.ReceiveAsync(buffer, default).InTime()).Count;
        Assert.True(length > FrameHeader.Size, $"{peer.Socket.CloseStatus} {peer.Socket.CloseStatusDescription}");
        Assert.Equal(FrameType.Welcome, FrameHeader.Read(buffer).Type);
        return JsonNode.Parse(buffer.AsSpan(FrameHeader.Size, length - FrameHeader.Size))!;
    }
}
