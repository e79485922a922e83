using SocketRest.Protocol;
using SocketRest.Tests.Dialogues;

namespace SocketRest.Tests.Multiplexing;

/// <summary>Handshakes that stall, break off or are given up, at each of their steps.</summary>
public sealed class HandshakeEndTests
{
    [Theory]
    [InlineData(true, 0)]
    [InlineData(true, 1)]
    [InlineData(false, 0)]
    [InlineData(false, 1)]
    public async Task A_handshake_that_stalls_ends_at_its_deadline(bool peerDials, int steps)
    {
        var time = new FakeTime();
        using HandshakeAttempt attempt = await StartAsync(peerDials, steps, new SocketRestOptions { TimeProvider = time });
        time.Advance(TimeSpan.FromSeconds(15) - TimeSpan.FromTicks(1));
        Assert.False(attempt.Connecting.IsCompleted);
        time.Advance(TimeSpan.FromTicks(1));
        await attempt.ExpectFailureAsync(SocketRestErrorCode.HandshakeTimeout);
        await attempt.Peer.ExpectCloseAsync();
    }

    [Theory]
    [InlineData(true, 0)]
    [InlineData(true, 1)]
    [InlineData(false, 0)]
    [InlineData(false, 1)]
    public async Task A_handshake_that_the_peer_closes_has_failed(bool peerDials, int steps)
    {
        using HandshakeAttempt attempt = await StartAsync(peerDials, steps, new SocketRestOptions());
        await attempt.Peer.SendCloseAsync();
        await attempt.ExpectFailureAsync(SocketRestErrorCode.HandshakeRefused);
    }

    [Theory]
    [InlineData(true, 0)]
    [InlineData(true, 1)]
    [InlineData(false, 0)]
    [InlineData(false, 1)]
    public async Task A_handshake_whose_line_breaks_has_failed(bool peerDials, int steps)
    {
        using HandshakeAttempt attempt = await StartAsync(peerDials, steps, new SocketRestOptions());
        attempt.Peer.Vanish();
        await attempt.ExpectFailureAsync(SocketRestErrorCode.ConnectionLost);
    }

    [Theory]
    [InlineData(true, 0)]
    [InlineData(true, 1)]
    [InlineData(false, 0)]
    [InlineData(false, 1)]
    public async Task A_handshake_that_is_cancelled_says_so_and_leaves_no_socket(bool peerDials, int steps)
    {
        using HandshakeAttempt attempt = await StartAsync(peerDials, steps, new SocketRestOptions());
        attempt.Cancel();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => attempt.Connecting.Soon());
        attempt.ExpectNoSocketLeft();
    }

    /// <summary>Brings the handshake to where 0: nothing, 1: half of the peer's first frame has arrived.</summary>
    private static async Task<HandshakeAttempt> StartAsync(bool peerDials, int steps, SocketRestOptions options)
    {
        var attempt = new HandshakeAttempt(peerDials, options);
        if (!peerDials)
        {
            await attempt.Peer.ExpectAsync(FrameType.Hello);
        }

        if (steps > 0)
        {
            byte[] first = peerDials ? RawPeer.Hello(Dialogue.QuietSettings) : RawPeer.Welcome(Dialogue.QuietSettings);
            await attempt.Peer.SendBytesAsync(first[..20]);
        }

        return attempt;
    }
}
