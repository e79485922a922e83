using System.Net;
using System.Net.WebSockets;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using SocketRest.Diagnostics;
using SocketRest.Dialling;
using SocketRest.Http;
using SocketRest.Multiplexing;
using SocketRest.Transport;

namespace SocketRest;

/// <summary>
/// Dials the accepting side, keeps one connection to it, and hands out handlers. When the connection's socket is lost, the client opens another and
/// everything that runs goes on (<see cref="SocketRestOptions.ResumeGrace"/>). When the connection has ended or is drained, a client that serves dials a new one by
/// itself, one that only calls with the next request (<see cref="SocketRestClientOptions.KeepConnected"/>). All members are safe to use from several threads.
/// </summary>
/// <remarks>
/// There is never more than one attempt at a time. What fails is tried again, for ever where the connection is kept and else while somebody waits for it,
/// after any part of 100 milliseconds at first, of twice as long each next time, of <see cref="SocketRestClientOptions.MaxReconnectDelay"/> at most. A
/// connection that lasted less than ten seconds counts as a failure, unless it was drained. Where the other end wants other credentials or another version, the wait is from
/// half to the whole of that maximum at once; where it says how long to wait, the client adds that, to an hour at most. Each failure is logged and
/// told by <see cref="StateChanges"/>; only <see cref="ConnectAsync(SocketRestClientOptions, CancellationToken)"/> throws it.
/// </remarks>
public sealed class SocketRestClient : IAsyncDisposable, IDisposable
{
    private readonly SocketRestClientOptions _options;
    private readonly IStreamServer? _server;
    private readonly ILogger _logger;
    private readonly ClientStates _states;
    private readonly SocketOpener _opener;
    private readonly ConnectionRestorer _restorer;
    private readonly ConnectionKeeper _keeper;
    private readonly CredentialRenewer _renewer;

    /// <summary>Creates a client that dials with the first request or <see cref="GetConnectionAsync"/>, whether it keeps its connection from then on or not.</summary>
    /// <param name="options">How to dial.</param>
    /// <param name="logger">Where to log, or <see langword="null"/> for nowhere.</param>
    /// <exception cref="ArgumentException">An option is out of its range.</exception>
    public SocketRestClient(SocketRestClientOptions options, ILogger? logger = null)
        : this(options, server: null, logger)
    {
    }

    internal SocketRestClient(SocketRestClientOptions options, IStreamServer? server, ILogger? logger)
    {
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        _options = options;
        _server = server ?? (options.RequestHandler is { } handler ? new DelegateServer(handler, logger ?? NullLogger.Instance, options.ServeUpgrades) : null);
        _logger = logger ?? NullLogger.Instance;
        _states = new ClientStates(options.TimeProvider);
        _opener = new SocketOpener(options);
        _restorer = new ConnectionRestorer(_opener, options, _server, _logger);
        _keeper = new ConnectionKeeper(DialAsync, options, keep: server is not null || (options.KeepConnected ?? _server is not null), _logger);
        _renewer = new CredentialRenewer(options, () => Connection);
        if (options.OnStateChange is { } callback)
        {
            IAsyncEnumerator<SocketRestStateChange> reader = _states.Changes.GetAsyncEnumerator(CancellationToken.None);
            _ = Detached.Run(() => EventCallback.RunAsync(reader, callback, _logger.ConnectionEventFailed));
        }
    }

    /// <summary>
    /// The connection, or <see langword="null"/> if there is none that takes requests: before the first dial, while dialling, after its end. One whose socket is being
    /// replaced (<see cref="SocketRestConnection.IsInterrupted"/>) takes requests, which wait.
    /// </summary>
    public SocketRestConnection? Connection => _keeper.Current;

    /// <summary>
    /// What becomes of the connection from the moment at which one begins to enumerate, in order: connecting, connected or disconnected, interrupted and connected again when the socket was replaced, and so on. Any number may
    /// read, each on its own and as slowly as it likes: 1,024 changes are kept for each, then the oldest are dropped and the next one says how
    /// many were (<see cref="SocketRestStateChange.Missed"/>). Ends when the client is disposed.
    /// </summary>
    public IAsyncEnumerable<SocketRestStateChange> StateChanges => _states.Changes;

    /// <summary>
    /// Dials and returns once the handshake is over; one attempt, whose failure is thrown. Nothing is logged: for that, use the constructor and
    /// <see cref="GetConnectionAsync"/>.
    /// </summary>
    /// <param name="uri">Where the accepting side listens: a <c>ws</c>, <c>wss</c>, <c>http</c> or <c>https</c> address.</param>
    /// <param name="configure">Sets further options.</param>
    /// <param name="cancellationToken">Ends the attempt.</param>
    /// <exception cref="SocketRestException">There is no connection; <see cref="SocketRestException.ErrorCode"/> says why.</exception>
    /// <exception cref="ArgumentException">An option is out of its range.</exception>
    /// <exception cref="OperationCanceledException">The attempt was cancelled.</exception>
    public static Task<SocketRestClient> ConnectAsync(
        Uri uri,
        Action<SocketRestClientOptions>? configure = null,
        CancellationToken cancellationToken = default)
    {
        var options = new SocketRestClientOptions { Uri = uri };
        configure?.Invoke(options);
        return ConnectAsync(options, cancellationToken);
    }

    /// <summary>
    /// Dials and returns once the handshake is over; one attempt, whose failure is thrown. Nothing is logged: for that, use the constructor and
    /// <see cref="GetConnectionAsync"/>.
    /// </summary>
    /// <param name="options">How to dial.</param>
    /// <param name="cancellationToken">Ends the attempt.</param>
    /// <exception cref="SocketRestException">There is no connection; <see cref="SocketRestException.ErrorCode"/> says why.</exception>
    /// <exception cref="ArgumentException">An option is out of its range.</exception>
    /// <exception cref="OperationCanceledException">The attempt was cancelled.</exception>
    public static async Task<SocketRestClient> ConnectAsync(SocketRestClientOptions options, CancellationToken cancellationToken = default)
    {
        var client = new SocketRestClient(options);
        try
        {
            await client._keeper.AttemptAsync(cancellationToken).ConfigureAwait(false);
            return client;
        }
        catch
        {
            await client.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>
    /// The connection; dials if there is none, and waits through attempts that fail, without a limit of its own. Callers that wait at the same time
    /// share the attempts.
    /// </summary>
    /// <param name="cancellationToken">Ends this caller's wait, not the attempt that others may wait for.</param>
    /// <exception cref="SocketRestException">The client was disposed meanwhile.</exception>
    /// <exception cref="OperationCanceledException">The wait was cancelled; if an attempt had failed by then, the inner exception says why.</exception>
    /// <exception cref="ObjectDisposedException">The client was disposed before.</exception>
    public Task<SocketRestConnection> GetConnectionAsync(CancellationToken cancellationToken = default) => _keeper.WaitAsync(cancellationToken);

    /// <summary>A handler whose requests go over this client's connection, whichever that is at the time. Disposing it closes nothing.</summary>
    public SocketRestHandler CreateHandler() => new(new Source(this));

    /// <summary>
    /// Renews the credentials of the connection without ending it: asks <see cref="SocketRestClientOptions.AuthorizationProvider"/> again and shows the other end what it yields,
    /// which must be the same user's. Requests sent after this has returned see the new <see cref="SocketRestConnection.User"/>, those running keep the old one. Returns at
    /// once where there is no connection: the next attempt asks for credentials anyway.
    /// </summary>
    /// <param name="cancellationToken">Ends the wait, which has no other limit than the other end's; the new credentials may be accepted all the same.</param>
    /// <remarks>
    /// Call it in good time before a token expires. Nothing is renewed by itself; a connection that the other end closes over expired credentials
    /// (<see cref="SocketRestErrorCode.Unauthorized"/>) is dialled again as any that was lost, with new ones. Callers take turns, each with an answer
    /// of the provider of its own; what the provider throws is thrown.
    /// </remarks>
    /// <exception cref="SocketRestException">
    /// The other end refuses the credentials (<see cref="SocketRestErrorCode.Unauthorized"/>) and the connection goes on with the old ones; it takes none on this connection
    /// (<see cref="SocketRestErrorCode.NotServed"/>); they are no Authorization field or above 32,768 bytes (<see cref="SocketRestErrorCode.InvalidRequest"/>); or the connection has ended.
    /// </exception>
    /// <exception cref="InvalidOperationException">There is no <see cref="SocketRestClientOptions.AuthorizationProvider"/>, or it yields <see langword="null"/>.</exception>
    /// <exception cref="OperationCanceledException">The wait was cancelled.</exception>
    public Task ReauthenticateAsync(CancellationToken cancellationToken = default) => _renewer.RenewAsync(cancellationToken);

    /// <summary>
    /// Ends the client in good order: it dials no more, lets the running requests of both ends finish, also on a connection that was drained before, and closes the
    /// connection (<see cref="SocketRestConnection.DrainAsync"/>). New requests fail and were not sent, except those that a request served here still makes.
    /// Dispose the client afterwards.
    /// </summary>
    /// <param name="cancellationToken">Ends the wait, which has no other limit; <see cref="DisposeAsync"/> then cuts off what still runs.</param>
    /// <exception cref="OperationCanceledException">The wait was cancelled.</exception>
    public Task DrainAsync(CancellationToken cancellationToken = default) => _keeper.LeaveAsync(cancellationToken);

    /// <summary>Closes the connection without waiting for the other end. Running requests fail. <see cref="DisposeAsync"/> also waits.</summary>
    public void Dispose() => _ = DisposeAsync().AsTask();

    /// <summary>Closes the connection, and one that was drained and is not done yet. Running requests fail. An other end that does not answer holds this up for at most 8 seconds.</summary>
    public async ValueTask DisposeAsync()
    {
        await _keeper.DisposeAsync().ConfigureAwait(false);
        _restorer.Dispose();
        _states.Complete();
    }

    /// <summary>Dials without anybody waiting for it.</summary>
    internal void BeginDialling() => _keeper.Begin();

    private async Task<SocketRestConnection> DialAsync(CancellationToken cancellationToken)
    {
        _states.Connecting();
        try
        {
            SocketRestConnection connection = await ConnectOnceAsync(cancellationToken).ConfigureAwait(false);
            _states.Connected(connection);
            _restorer.Watch(connection.Tunnel, _states);
            return connection;
        }
        catch (Exception exception)
        {
            _states.Failed(exception);
            throw;
        }
    }

    private async Task<SocketRestConnection> ConnectOnceAsync(CancellationToken cancellationToken)
    {
        try
        {
            WebSocket socket = await _opener.OpenAsync(resumes: null, cancellationToken).ConfigureAwait(false);
            HandshakeResult result = await new Handshake(new WebSocketTransport(socket), _options, _server, _logger)
                .DialAsync(_options.Uri?.ToString(), _options.Uri is { } uri ? new DnsEndPoint(uri.IdnHost, uri.Port) : null, cancellationToken)
                .ConfigureAwait(false);
            return result.OrThrow().Public;
        }
        catch (OperationCanceledException exception) when (cancellationToken.IsCancellationRequested)
        {
            // To those who wait it is no cancellation: none of them asked for it.
            throw new SocketRestException(SocketRestErrorCode.ConnectionClosed, "The client was disposed while it dialled. The request was not sent.", innerException: exception);
        }
    }

    private sealed class Source(SocketRestClient client) : IConnectionSource
    {
        /// <summary>Each with the connection of that moment: one of several servers that restart one after the other costs an attempt.</summary>
        private const int MaxResends = 3;

        public bool HasOthers => true;

        private TunnelConnection? Current =>
            client.Connection?.Tunnel is { } tunnel && !(client._options.FailFastWhileDisconnected && tunnel.IsInterrupted) ? tunnel : null;

        public TunnelConnection? CurrentFor(HttpRequestMessage request) => Current;

        public ValueTask<TunnelConnection> GetAsync(HttpRequestMessage request, CancellationToken cancellationToken) => GetAsync(cancellationToken);

        public async ValueTask<TunnelConnection?> GetNextAsync(IReadOnlyList<TunnelConnection> tried, CancellationToken cancellationToken)
        {
            if (tried.Count > MaxResends)
            {
                return null;
            }

            try
            {
                return Current ?? await GetAsync(cancellationToken).ConfigureAwait(false);
            }
            catch (ObjectDisposedException)
            {
                // Nobody dials any more.
                return null;
            }
        }

        private async ValueTask<TunnelConnection> GetAsync(CancellationToken cancellationToken) =>
            (client._options.FailFastWhileDisconnected
                ? client._keeper.GetOrBegin()
                : await client._keeper.WaitAsync(cancellationToken).ConfigureAwait(false)).Tunnel;
    }
}
