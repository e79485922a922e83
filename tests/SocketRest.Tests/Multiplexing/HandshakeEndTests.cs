using System.Net.WebSockets;
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
    [InlineData(0)]
    [InlineData(1)]
    public async Task A_peer_whose_handshake_took_too_long_hears_of_it(int steps)
    {
        var time = new FakeTime();
        using HandshakeAttempt attempt = await StartAsync(peerDials: true, steps, new SocketRestOptions { TimeProvider = time });
        time.Advance(TimeSpan.FromSeconds(15));
        await attempt.Peer.ExpectRefusalAsync(SocketRestErrorCode.HandshakeTimeout);
        await attempt.Peer.ExpectCloseAsync();
        Assert.Equal(WebSocketCloseStatus.PolicyViolation, attempt.Peer.Socket.CloseStatus);
        await attempt.ExpectFailureAsync(SocketRestErrorCode.HandshakeTimeout);
    }

    [Fact]
    public async Task A_peer_whose_handshake_took_too_long_and_that_does_not_close_is_cut_off()
    {
        var time = new FakeTime();
        using HandshakeAttempt attempt = await StartAsync(peerDials: true, 0, new SocketRestOptions { TimeProvider = time });
        time.Advance(TimeSpan.FromSeconds(15));
        await attempt.Peer.ExpectRefusalAsync(SocketRestErrorCode.HandshakeTimeout);
        Assert.False(attempt.Result.IsCompleted);
        time.Advance(TimeSpan.FromSeconds(2));
        await Assert.ThrowsAsync<SocketRestException>(() => attempt.Connecting.Soon());
        attempt.ExpectNoSocketLeft();
    }

    [Fact]
    public async Task A_peer_that_refuses_WELCOME_is_answered_with_a_close_frame()
    {
        using var attempt = new HandshakeAttempt(peerDials: true);
        await attempt.Peer.SendBytesAsync(RawPeer.Hello(Dialogue.QuietSettings));
        await attempt.Peer.ExpectAsync(FrameType.Welcome);
        await attempt.Peer.SendBytesAsync(Frames.Json(FrameType.Refuse, """{"code":20,"message":"No."}"""));
        await attempt.Peer.ExpectCloseAsync();
        Assert.Equal(WebSocketCloseStatus.NormalClosure, attempt.Peer.Socket.CloseStatus);
        await attempt.ExpectFailureAsync(SocketRestErrorCode.ResumeFailed);
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
