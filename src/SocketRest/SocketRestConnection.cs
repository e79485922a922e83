using System.Net;
using System.Security.Claims;
using System.Text.Json;
using SocketRest.Http;
using SocketRest.Multiplexing;

namespace SocketRest;

/// <summary>One handshaken connection, seen from either end. All members are safe to use from several threads.</summary>
public sealed class SocketRestConnection
{
    private readonly TunnelConnection _connection;

    internal SocketRestConnection(TunnelConnection connection) => _connection = connection;

    /// <summary>The ID that the accepting side assigned in the handshake. Random; no secret.</summary>
    public string Id => _connection.Identity.Id;

    /// <summary>
    /// The name that the dialling side gave, or <see langword="null"/>. Its own word: not verified. Only the accepting side knows it, at the dialling
    /// side it is <see langword="null"/>.
    /// </summary>
    public string? Name => _connection.Identity.Name;

    /// <summary>What tells processes of one name apart, or <see langword="null"/>. Only the accepting side knows it, at the dialling side it is <see langword="null"/>.</summary>
    public string? Instance => _connection.Identity.Instance;

    /// <summary>What the other end says of itself: a JSON object, empty if it said nothing. The peer's own words: not verified.</summary>
    public JsonElement Metadata => _connection.Identity.Metadata;

    /// <summary>
    /// The other end's address. At the accepting side an <see cref="IPEndPoint"/>, <see cref="IPAddress.None"/> where the transport has none; at the dialling
    /// side the host and port that were dialled, or <see langword="null"/> where there was no address.
    /// </summary>
    public EndPoint? RemoteEndPoint => _connection.Identity.RemoteEndPoint;

    /// <summary>
    /// Who the dialling side proved to be when it opened the WebSocket, by its newest credentials (<see cref="SocketRestClient.ReauthenticateAsync"/>), or
    /// <see langword="null"/> for nobody. Only the accepting side knows it. A request's own user, <c>HttpContext.User</c>, is another matter.
    /// </summary>
    public ClaimsPrincipal? User => _connection.Identity.User;

    /// <summary>Whether the other end answers requests.</summary>
    public bool PeerServes => _connection.Identity.PeerServes;

    /// <summary>When the handshake was finished.</summary>
    public DateTimeOffset ConnectedAt => _connection.ConnectedAt;

    /// <summary>
    /// Whether the socket is lost and the connection waits for the dialling side to open another, for at most <see cref="SocketRestOptions.ResumeGrace"/>.
    /// What runs on it, and what is sent meanwhile, waits as well.
    /// </summary>
    public bool IsInterrupted => _connection.IsInterrupted;

    /// <summary>Whether one of both ends has said goodbye: the connection takes no new requests, and ends when those running have.</summary>
    public bool IsDraining => _connection is { IsDrained: true, IsEnded: false };

    /// <summary>Requests running at the moment, in both directions.</summary>
    public int OpenStreams => _connection.OpenStreams;

    /// <summary>
    /// The round trip that was measured last, by <see cref="PingAsync"/> or a heartbeat, or <see langword="null"/> until there was one. A heartbeat measures only
    /// when nothing else was received for <see cref="SocketRestOptions.HeartbeatInterval"/>.
    /// </summary>
    public TimeSpan? RoundTripTime => _connection.Pings.Last;

    /// <summary>Requests that this side has sent since it connected, those that the other end refused among them.</summary>
    public long RequestsSent => _connection.Streams.Counts.Opened;

    /// <summary>Requests of the other end that were taken in here since it connected. One that was refused for want of room, or because of a drain, is none.</summary>
    public long RequestsReceived => _connection.Streams.Counts.Taken;

    /// <summary>
    /// Bytes sent since the connection began: heads as compressed, bodies, and the frames around them, each once even if it was sent again over another socket. Without
    /// heartbeats, acknowledgements, and what WebSocket and TLS add.
    /// </summary>
    public long BytesSent => (long)_connection.Sender.CountedSent;

    /// <summary>Bytes received since the connection began, counted as <see cref="BytesSent"/> is, frame by frame as each is complete.</summary>
    public long BytesReceived => (long)_connection.CountedReceived;

    /// <summary>
    /// Completes when the connection has ended: successfully after either end closed or drained it, else with a <see cref="SocketRestException"/>.
    /// </summary>
    public Task Completion => _connection.Completion;

    internal TunnelConnection Tunnel => _connection;

    /// <summary>
    /// A handler that sends requests over this connection and no other. Disposing it does not close the connection; when the connection
    /// has ended its calls fail.
    /// </summary>
    public SocketRestHandler CreateHandler() => new(new FixedConnection(_connection));

    /// <summary>Measures the round trip, through both ends' send queues.</summary>
    /// <param name="data">Up to 1,024 bytes that travel with the PING and come back with its answer.</param>
    /// <param name="cancellationToken">Ends the wait, which has no other limit; a late answer harms nothing.</param>
    /// <exception cref="SocketRestException">
    /// The connection has ended, or <see cref="SocketRestOptions.MaxUnansweredPings"/> others wait already (<see cref="SocketRestErrorCode.EnhanceYourCalm"/>).
    /// </exception>
    /// <exception cref="ArgumentOutOfRangeException">More than 1,024 bytes.</exception>
    /// <exception cref="OperationCanceledException">The wait was cancelled.</exception>
    public Task<TimeSpan> PingAsync(ReadOnlyMemory<byte> data = default, CancellationToken cancellationToken = default) =>
        _connection.Pings.PingAsync(data, cancellationToken);

    /// <summary>
    /// The PINGs of the other end and the answers to this side's, with what the applications sent along, from the moment at which one begins to enumerate. Any number
    /// may read, each as slowly as it likes: 1,024 are kept for each, then the oldest are dropped and the next one says how many were
    /// (<see cref="SocketRestPing.Missed"/>). Ends with the connection.
    /// </summary>
    public IAsyncEnumerable<SocketRestPing> Pings => _connection.Pings.Seen;

    /// <summary>
    /// Asks the other end to send its next requests elsewhere, lets the running ones of both ends finish, those that are on their way included, and closes the
    /// connection. A request of either end that comes later fails and was not sent; but while a request runs whose handler may have to call back over this
    /// connection, such calls still go through.
    /// </summary>
    /// <param name="cancellationToken">
    /// Ends the wait, which has no other limit, and nothing else: the connection still takes no new requests and closes when the running ones have
    /// finished. <see cref="CloseAsync"/> ends it sooner.
    /// </param>
    /// <exception cref="OperationCanceledException">The wait was cancelled.</exception>
    public Task DrainAsync(CancellationToken cancellationToken = default) => _connection.DrainAsync(cancellationToken);

    /// <summary>
    /// Closes the connection now. Running requests fail at both ends. Returns when it is closed; an other end that does not answer holds that up for
    /// at most 8 seconds.
    /// </summary>
    public Task CloseAsync() => _connection.CloseAsync();
}
