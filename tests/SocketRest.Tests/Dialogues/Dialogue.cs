using System.Net.WebSockets;
using Microsoft.Extensions.Logging.Abstractions;
using SocketRest.Multiplexing;
using SocketRest.Protocol;
using SocketRest.Transport;

namespace SocketRest.Tests.Dialogues;

/// <summary>A real connection at one end, a peer played by hand at the other, and the handshake between them done.</summary>
internal sealed class Dialogue : IAsyncDisposable
{
    private readonly DuplexPipeStream? _line;

    private Dialogue(RawPeer peer, TunnelConnection connection, WebSocket socket, DuplexPipeStream? line, ManualServer server)
    {
        _line = line;
        Peer = peer;
        Connection = connection;
        Socket = socket;
        Server = server;
    }

    /// <summary>What the peer announces unless a test says otherwise: no replay buffer, so that no ACK comes between.</summary>
    public static WireSettings QuietSettings { get; } = new() { ReplayBuffer = 0 };

    public RawPeer Peer { get; }

    public TunnelConnection Connection { get; }

    /// <summary>The connection's own socket.</summary>
    public WebSocket Socket { get; }

    public ManualServer Server { get; }

    /// <summary>The first stream ID of the peer's side, and of the connection's.</summary>
    public uint PeerId => Connection.IsDialler ? 2u : 1u;

    public uint OwnId => Connection.IsDialler ? 1u : 2u;

    public static async Task<Dialogue> StartAsync(
        bool peerDials = true,
        SocketRestOptions? options = null,
        WireSettings? peerSettings = null,
        ManualServer? server = null,
        bool serves = true,
        int capacity = SocketPair.Capacity,
        bool overTcp = false,
        IReauthenticator? reauthenticator = null,
        bool peerReauthenticates = false)
    {
        (DuplexPipeStream near, DuplexPipeStream far) = DuplexPipeStream.CreatePair(capacity);
        (WebSocket dialling, WebSocket accepting) = overTcp ? await SocketPair.CreateTcpAsync() : SocketPair.Create(near, far);
        WebSocket socket = peerDials ? accepting : dialling;
        var peer = new RawPeer(peerDials ? dialling : accepting);
        server ??= new ManualServer();
        var handshake = new Handshake(new WebSocketTransport(socket), options ?? new SocketRestOptions(), serves ? server : null, NullLogger.Instance);
        Task<HandshakeResult> connecting = peerDials
            ? handshake.AcceptAsync(new ConnectionIdentity { Id = "test", Reauthenticator = reauthenticator }, CancellationToken.None)
            : handshake.DialAsync("test", null, CancellationToken.None);
        await (peerDials ? (Task)peer.DialAsync(peerSettings ?? QuietSettings) : peer.AcceptAsync(peerSettings ?? QuietSettings, peerReauthenticates));
        DuplexPipeStream? line = overTcp ? null : peerDials ? far : near;
        return new Dialogue(peer, await connecting.ConnectionAsync().Soon(), socket, line, server);
    }

    /// <summary>All that the peer has sent is taken in, unless the connection has ended. In memory alone. Sends nothing, unlike <see cref="RawPeer.ExpectSilenceAsync"/>.</summary>
    public Task TakenInAsync() => Patience.UntilAsync(() => Connection.IsEnded || _line!.IsTakenIn);

    /// <summary>All that the peer has sent is taken in, and nothing that can be sent waits or is on its way: only then does a clock go on as if no time were lost.</summary>
    public async Task QuietAsync()
    {
        await TakenInAsync();
        await Connection.Sender.WhenIdleAsync().Soon();
    }

    /// <summary>A client for the requests of the connection's own side.</summary>
    public HttpClient CreateClient() =>
        new(Connection.Public.CreateHandler()) { BaseAddress = new Uri("http://device/"), Timeout = Timeout.InfiniteTimeSpan };

    /// <summary>A stream of the connection's own side, whose head is on its way.</summary>
    public async Task<TunnelStream> AskAsync(bool endStream = true, string path = "/")
    {
        TunnelStream stream = (await Connection.OpenStreamAsync(CancellationToken.None).Soon()).WithHeadWaiter();
        stream.Head.Add(":method", endStream ? "GET" : "POST");
        stream.Head.Add(":scheme", "http");
        stream.Head.Add(":authority", "device");
        stream.Head.Add(":path", path);
        stream.SendHead(endStream, SendUrgency.Pool);
        return stream;
    }

    /// <summary>The reason with which the connection ended.</summary>
    public async Task<SocketRestException> ExpectFailureAsync(SocketRestErrorCode code)
    {
        SocketRestException reason = await Assert.ThrowsAsync<SocketRestException>(() => Connection.Completion.Soon());
        Assert.Equal(code, reason.ErrorCode);
        return reason;
    }

    /// <summary>Nothing is left of any exchange.</summary>
    public Task ExpectNothingLeftAsync() => Patience.UntilAsync(() => Connection.OpenStreams == 0 && Connection.Slots.InUse == 0);

    public async ValueTask DisposeAsync()
    {
        Peer.Vanish();
        Peer.Socket.Dispose();
        await ((Task)Connection.Completion.Soon()).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        Assert.True(Connection.Completion.IsCompleted, "The connection outlived its socket.");
        Assert.True(Socket.State is WebSocketState.Aborted or WebSocketState.Closed, $"The socket was left behind: {Socket.State}.");
    }
}
