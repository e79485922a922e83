using System.Net.WebSockets;
using Microsoft.Extensions.Logging.Abstractions;
using SocketRest.Multiplexing;
using SocketRest.Transport;

namespace SocketRest.Tests.Dialogues;

/// <summary>A handshake that is under way, with a peer played by hand at the other end.</summary>
internal sealed class HandshakeAttempt : IDisposable
{
    private readonly CancellationTokenSource _cancellation = new();

    public HandshakeAttempt(bool peerDials, SocketRestOptions? options = null)
    {
        (WebSocket dialling, WebSocket accepting) = SocketPair.Create();
        Socket = peerDials ? accepting : dialling;
        Peer = new RawPeer(peerDials ? dialling : accepting);
        var handshake = new Handshake(new WebSocketTransport(Socket), options ?? new SocketRestOptions(), new ManualServer(), NullLogger.Instance);
        Result = peerDials
            ? handshake.AcceptAsync(new ConnectionIdentity { Id = "test" }, _cancellation.Token)
            : handshake.DialAsync("test", null, _cancellation.Token);
    }

    public RawPeer Peer { get; }

    public WebSocket Socket { get; }

    public Task<HandshakeResult> Result { get; }

    public Task<TunnelConnection> Connecting => Result.ConnectionAsync();

    public void Cancel() => _cancellation.Cancel();

    /// <summary>Why it failed. The peer closes as well, which this side waits for once it has refused.</summary>
    public async Task<SocketRestException> ExpectFailureAsync(SocketRestErrorCode code)
    {
        await Peer.CloseAsync();
        SocketRestException failure = await Assert.ThrowsAsync<SocketRestException>(() => Connecting.Soon());
        Assert.True(code == failure.ErrorCode, $"Expected {code}, got {failure.ErrorCode}: {failure.Message}");
        Assert.Equal(RequestOutcome.NotSent, failure.Outcome);
        ExpectNoSocketLeft();
        return failure;
    }

    /// <summary>Ends the connection that was made, and the peer closes as well.</summary>
    public async Task CloseAsync()
    {
        Task closing = (await Connecting.Soon()).CloseAsync();
        await Peer.CloseAsync();
        await closing.Soon();
    }

    public void ExpectNoSocketLeft() =>
        Assert.True(Socket.State is WebSocketState.Aborted or WebSocketState.Closed, $"The socket was left behind: {Socket.State}.");

    public void Dispose()
    {
        Peer.Socket.Dispose();
        Socket.Dispose();
        _cancellation.Dispose();
    }
}
