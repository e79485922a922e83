using System.Collections.Concurrent;
using System.Net.WebSockets;
using Microsoft.Extensions.Logging.Abstractions;
using SocketRest.Multiplexing;
using SocketRest.Protocol;
using SocketRest.Transport;

namespace SocketRest.Tests.Dialogues;

/// <summary>
/// A real accepting side whose connection outlives its sockets. Peers played by hand dial it, one socket after the other. Unless a test brings a clock, time stands
/// still, and no ACK comes between.
/// </summary>
internal sealed class ResumingHub(SocketRestOptions? options = null, bool serves = true) : IResumableConnections, IAsyncDisposable
{
    private readonly SocketRestOptions _options = options ?? new SocketRestOptions { TimeProvider = new FakeTime(), HeartbeatInterval = Timeout.InfiniteTimeSpan };
    private readonly ConcurrentDictionary<string, ResumeGate> _gates = new();
    private readonly List<WebSocket> _sockets = [];
    private readonly List<RawPeer> _peers = [];

    /// <summary>Says whether who comes back is who was here.</summary>
    public Func<bool> IsSame { get; set; } = () => true;

    public ManualServer Server { get; } = new();

    /// <summary>The connection, from its first WELCOME on.</summary>
    public TunnelConnection Connection => _gates["test"].Connection;

    /// <summary>Another socket, with the handshake at its other end.</summary>
    public (RawPeer Peer, Task<TunnelConnection> Accepting) Open(RawPeer? before = null, int capacity = SocketPair.Capacity) =>
        Open(before, SocketPair.Create(capacity));

    /// <summary>The same over sockets that the test has made.</summary>
    public (RawPeer Peer, Task<TunnelConnection> Accepting) Open(RawPeer? before, (WebSocket Dialling, WebSocket Accepting) sockets)
    {
        (WebSocket dialling, WebSocket accepting) = sockets;
        _sockets.Add(accepting);
        var handshake = new Handshake(new WebSocketTransport(accepting), _options, serves ? Server : null, NullLogger.Instance);
        var peer = new RawPeer(dialling, before);
        _peers.Add(peer);
        return (peer, handshake.AcceptAsync(new ConnectionIdentity { Id = "test" }, CancellationToken.None, resumable: this).ConnectionAsync());
    }

    /// <summary>Makes the connection.</summary>
    public async Task<(RawPeer Peer, WelcomeMessage Welcome)> DialAsync(WireSettings? settings = null, int capacity = SocketPair.Capacity)
    {
        (RawPeer peer, Task<TunnelConnection> accepting) = Open(capacity: capacity);
        WelcomeMessage welcome = await peer.DialAsync(settings ?? new WireSettings());
        await accepting.Soon();
        return (peer, welcome);
    }

    /// <summary>Goes on over another socket.</summary>
    public async Task<(RawPeer Peer, WelcomeMessage Welcome)> GoOnAsync(RawPeer before, string token, ulong attempt = 1, ulong? received = null, int capacity = SocketPair.Capacity)
    {
        (RawPeer peer, Task<TunnelConnection> accepting) = Open(before, capacity);
        WelcomeMessage welcome = await peer.GoOnAsync(token, attempt, received);
        Assert.Same(Connection, await accepting.Soon());
        return (peer, welcome);
    }

    /// <summary>Whoever comes back is told that there is nothing to go on with.</summary>
    public async Task ExpectGoneAsync(RawPeer before, string token)
    {
        (RawPeer late, Task<TunnelConnection> accepting) = Open(before);
        await late.AskToGoOnAsync(token, 1);
        await late.ExpectRefusalAsync(SocketRestErrorCode.ResumeFailed);
        await late.ExpectCloseAsync();
        await late.SendCloseAsync();
        await Assert.ThrowsAsync<SocketRestException>(() => accepting.Soon());
    }

    /// <summary>A client for the requests of the accepting side.</summary>
    public HttpClient CreateClient() =>
        new(Connection.Public.CreateHandler()) { BaseAddress = new Uri("http://device/"), Timeout = Timeout.InfiniteTimeSpan };

    public void Add(ResumeGate gate) => Assert.True(_gates.TryAdd(gate.Connection.Identity.Id, gate));

    public void Begin(TunnelConnection connection)
    {
    }

    public ResumeGate? Find(string id) => _gates.GetValueOrDefault(id);

    public ValueTask<ConnectionErrorException?> RefuseAsync(TunnelConnection connection, ConnectionIdentity identity, CancellationToken cancellationToken) =>
        new(IsSame() ? null : ResumeGate.NotTheSame());

    public async ValueTask DisposeAsync()
    {
        _peers.ForEach(peer => peer.Vanish());
        foreach (ResumeGate gate in _gates.Values)
        {
            await gate.Connection.CloseAsync().Soon();
        }

        _sockets.ForEach(socket => Assert.True(socket.State is not WebSocketState.Open, $"A socket was left behind: {socket.State}."));
        _sockets.ForEach(socket => socket.Dispose());
    }
}
