using System.Diagnostics.CodeAnalysis;
using System.Net.WebSockets;
using Microsoft.Extensions.Logging;
using SocketRest.Diagnostics;
using SocketRest.Protocol;
using SocketRest.Transport;

namespace SocketRest.Multiplexing;

/// <summary>One handshaken connection: its streams, its sender, its limits, and how it ends.</summary>
internal sealed class TunnelConnection
{
    /// <summary>How many finished streams are kept for their next use.</summary>
    private const int MaxPooled = 1024;

    /// <summary>
    /// As large as a window grows on a short way, in bytes: more would not be faster there, but small calls would wait behind it.
    /// </summary>
    public const int NearWindow = 512 * 1024;

    /// <summary>From here on <see cref="NearWindow"/> carries less than 100 MiB a second.</summary>
    private static readonly TimeSpan s_distant = TimeSpan.FromMilliseconds(5);

    /// <summary>How long the last words (GOAWAY, the close frame) may take before the socket is cut.</summary>
    private static readonly TimeSpan s_farewell = TimeSpan.FromSeconds(2);

    private readonly Lock _lock = new();
    private readonly Stack<TunnelStream> _idleLocal = new();
    private readonly Stack<TunnelStream> _idleRemote = new();
    private readonly TaskCompletionSource _completion = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly WebSocketTransport _transport;
    private readonly IStreamServer? _server;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly AckCounter _acks;
    private readonly Heartbeat? _heartbeat;
    private SocketRestException? _end;
    private TaskCompletionSource? _drained;
    private long _lastLife;
    private int _open;
    private int _measuring;
    private int _openRemote;
    private bool _draining;
    private bool _peerDrains;
    private uint _lastTaken;
    private volatile bool _takesNoStreams;
    private volatile bool _streamsEnded;

    public TunnelConnection(
        WebSocketTransport transport,
        bool isDialler,
        WireSettings local,
        WireSettings remote,
        ConnectionIdentity identity,
        IStreamServer? server,
        SocketRestOptions options,
        ILogger logger)
    {
        _transport = transport;
        _server = server;
        _time = options.TimeProvider;
        _logger = logger;
        LocalSettings = local;
        RemoteSettings = remote;
        Identity = identity;
        IsDialler = isDialler;
        Streams = new StreamTable(isDialler);
        Slots = new StreamSlots(remote.MaxStreams, options.MaxWaitingRequests, options.RequestWaitTimeout, _time);
        Pings = new PingTracker(this, _time);
        Sender = new FrameSender(this, transport, remote.HeaderTable);
        _acks = new AckCounter(remote.ReplayBuffer, Sender.QueueAck, _time);
        Served = new ServedRequests((int)Math.Min(2L * local.MaxStreams, int.MaxValue));
        Windows = new WindowBudget(options.WindowBudget);
        MaxStreamWindow = options.MaxStreamWindow;
        Incoming = new IncomingFrames(this, options.MaxHeaderCount, new PeerBudget(this, options));
        _lastLife = _time.GetTimestamp();
        _heartbeat = Heartbeat.Create(this, options);
        ConnectedAt = _time.GetUtcNow();
        Public = new SocketRestConnection(this);
    }

    public bool IsDialler { get; }

    /// <summary>The same connection as users see it.</summary>
    public SocketRestConnection Public { get; }

    public TimeProvider Time => _time;

    public ConnectionIdentity Identity { get; }

    public DateTimeOffset ConnectedAt { get; }

    public WireSettings LocalSettings { get; }

    public WireSettings RemoteSettings { get; }

    public StreamTable Streams { get; }

    public StreamSlots Slots { get; }

    public FrameSender Sender { get; }

    public PingTracker Pings { get; }

    public IncomingFrames Incoming { get; }

    /// <summary>The peer's requests that run here: as many as it may have open, and as many again that it reset and that the application has not left yet.</summary>
    public ServedRequests Served { get; }

    /// <summary>What the windows of this connection's streams may grow by.</summary>
    public WindowBudget Windows { get; }

    /// <summary>How large the window of one stream may grow, in bytes.</summary>
    public int MaxStreamWindow { get; }

    /// <summary>
    /// Whether the round trip is so long that <see cref="NearWindow"/> does not fill the link. Not known at first: it is measured then, and
    /// the answer is no until it is.
    /// </summary>
    public bool IsDistant()
    {
        if (Pings.Shortest is { } shortest)
        {
            return shortest >= s_distant;
        }

        if (Interlocked.Exchange(ref _measuring, 1) == 0)
        {
            _ = MeasureAsync();
        }

        return false;

        async Task MeasureAsync() => await ((Task)Pings.PingAsync(default, CancellationToken.None)).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    /// <summary>Streams open in both directions.</summary>
    public int OpenStreams => Volatile.Read(ref _open);

    /// <summary>Whether new requests can still be sent on this connection.</summary>
    public bool IsUsable => _end is null && !Slots.IsClosed;

    /// <summary>Whether one of the ends asked the other to go on elsewhere, which is no failure.</summary>
    public bool IsDrained => _draining || _peerDrains;

    public bool IsEnded => Volatile.Read(ref _end) is not null;

    /// <summary>Why the connection ended, once it has.</summary>
    public SocketRestException? EndReason => Volatile.Read(ref _end);

    /// <summary>Completes when the connection has ended: with an exception unless the end was graceful.</summary>
    public Task Completion => _completion.Task;

    /// <summary>When the peer was last heard, as a timestamp of the options' clock.</summary>
    public long LastLife => Volatile.Read(ref _lastLife);

    /// <summary>The peer was heard just now: returns when that is.</summary>
    public long NoteLife()
    {
        long now = _time.GetTimestamp();
        Volatile.Write(ref _lastLife, now);
        return now;
    }

    /// <summary>Starts reading: the handshake is over.</summary>
    public void Start(ReadLoop loop)
    {
        _heartbeat?.Start();
        loop.Start(this, Incoming);
    }

    /// <summary>A stream for one request of this side. Waits, within limits, while the peer's stream limit is reached.</summary>
    public ValueTask<TunnelStream> OpenStreamAsync(CancellationToken cancellationToken)
    {
        return Slots.TryTake() ? new(RentLocal()) : Waited(cancellationToken);

        async ValueTask<TunnelStream> Waited(CancellationToken token)
        {
            await Slots.TakeAsync(token).ConfigureAwait(false);
            return RentLocal();
        }
    }

    /// <summary>Takes in a stream that the peer opens, or says why not. The caller fills in its head.</summary>
    public bool TryAccept(uint id, [NotNullWhen(true)] out TunnelStream? stream, out SocketRestErrorCode refusal, out string? sentence)
    {
        stream = null;
        refusal = SocketRestErrorCode.None;
        sentence = null;
        if (_server is null)
        {
            refusal = SocketRestErrorCode.NotServed;
            sentence = "This side serves no application.";
            return false;
        }

        // Counted first: a drain that finds nothing open closes the connection.
        Interlocked.Increment(ref _open);
        if (_draining || IsEnded || Volatile.Read(ref _openRemote) >= LocalSettings.MaxStreams)
        {
            refusal = SocketRestErrorCode.RefusedStream;
            if (_draining)
            {
                sentence = "This side is shutting down.";
                lock (_lock)
                {
                    // GOAWAY is queued by now: who is refused reads it first and goes elsewhere with the request.
                }
            }

            LeaveOpen();
            return false;
        }

        lock (_lock)
        {
            _idleRemote.TryPop(out stream);
        }

        if (stream is null)
        {
            stream = new TunnelStream(this, isLocal: false);
            stream.Exchange = _server.CreateExchange(stream);
        }

        Interlocked.Increment(ref _openRemote);
        stream.Id = id;
        Streams.AddRemote(stream);
        return true;
    }

    /// <summary>Called by the sender when it commits a new stream's HEADERS.</summary>
    public void Register(TunnelStream stream)
    {
        Streams.AddLocal(stream);
        if (stream.IsFaulted)
        {
            // Its end came between the two and found nothing to remove.
            Streams.Remove(stream);
        }
        else if (_takesNoStreams && IsBeyond(stream, _lastTaken))
        {
            // The sender was in the middle of a message when GOAWAY arrived.
            stream.OnReset(SocketRestErrorCode.RefusedStream, "The other end takes no new requests on this connection.");
        }
        else if (_streamsEnded)
        {
            // The same when the connection's streams were ended.
            stream.OnConnectionEnded(EndReason!);
        }
    }

    /// <summary>Called once for each stream that ends.</summary>
    public void Unregister(TunnelStream stream)
    {
        if (stream.Id != 0)
        {
            Streams.Remove(stream);
        }

        if (stream.IsLocal)
        {
            Slots.Release();
        }
        else
        {
            Interlocked.Decrement(ref _openRemote);
        }

        LeaveOpen();
    }

    public void Return(TunnelStream stream)
    {
        Stack<TunnelStream> idle = stream.IsLocal ? _idleLocal : _idleRemote;
        lock (_lock)
        {
            if (idle.Count < MaxPooled)
            {
                idle.Push(stream);
            }
        }
    }

    public void CountReceived(int bytes) => _acks.Add(bytes);

    public ulong TakeAck() => _acks.Take();

    public void OnAck(ulong received)
    {
        if (received > Sender.CountedSent)
        {
            throw new ConnectionErrorException(SocketRestErrorCode.ProtocolError, "The peer acknowledges bytes that were never sent.");
        }
    }

    /// <summary>The peer takes no new streams: those above the last one that it dispatched were not run.</summary>
    public void OnGoAway(uint lastStreamId, SocketRestErrorCode code, string sentence)
    {
        var reason = new SocketRestException(
            code == SocketRestErrorCode.None ? SocketRestErrorCode.Draining : code,
            sentence.Length > 0 ? sentence : $"The other end closes the connection ({code}).");
        _logger.GoAwayReceived(Identity.Id, code, sentence);
        _peerDrains |= code == SocketRestErrorCode.Draining;
        Slots.Close(reason);
        _lastTaken = lastStreamId;
        _takesNoStreams = true;
        foreach (TunnelStream stream in Streams.PinAll())
        {
            if (IsBeyond(stream, lastStreamId))
            {
                stream.OnReset(SocketRestErrorCode.RefusedStream, reason.Message);
            }
        }

        if (code is not (SocketRestErrorCode.None or SocketRestErrorCode.Draining))
        {
            _peerReason = reason;
        }
    }

    private SocketRestException? _peerReason;

    /// <summary>Sends GOAWAY and waits until the running streams have finished and the socket is closed. Giving up the wait changes neither.</summary>
    public async Task DrainAsync(CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            if (_drained is null)
            {
                // First of all: what the read loop takes in after this is refused, so that GOAWAY names the last stream that runs.
                _draining = true;
                _drained = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                Sender.QueueGoAway(Streams.LastRemote, SocketRestErrorCode.Draining, "The other end is shutting down.");
                ThreadPool.UnsafeQueueUserWorkItem(static connection => _ = connection.CloseWhenDrainedAsync(connection._drained!.Task), this, preferLocal: false);
            }
        }

        Slots.Close(new SocketRestException(SocketRestErrorCode.Draining, "The connection is being drained and takes no new requests."));
        if (OpenStreams == 0)
        {
            _drained.TrySetResult();
        }

        await Task.WhenAny(Completion).WaitAsync(cancellationToken).ConfigureAwait(false);
    }

    private async Task CloseWhenDrainedAsync(Task drained)
    {
        await Task.WhenAny(drained, Completion).ConfigureAwait(false);
        await CloseAsync().ConfigureAwait(false);
    }

    /// <summary>Ends the connection now: what is running fails.</summary>
    public async Task CloseAsync()
    {
        Fail(new SocketRestException(SocketRestErrorCode.ConnectionClosed, "This side closed the connection."), SocketRestErrorCode.None);
        await Completion.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    /// <summary>Ends the connection because of what the peer or the socket did. Never blocks; the rest happens on the pool.</summary>
    public void Fail(SocketRestException reason, SocketRestErrorCode tellPeer)
    {
        if (!TrySetEnd(reason))
        {
            return;
        }

        ThreadPool.UnsafeQueueUserWorkItem(static work => _ = work.Item1.EndAsync(work.reason, work.tellPeer), (this, reason, tellPeer), preferLocal: false);
    }

    /// <summary>The sender cannot go on; it has stopped itself.</summary>
    public void FailFromSender(SocketRestException reason) => Fail(reason, reason.ErrorCode);

    /// <summary>Nothing is read from the socket any more: the peer has closed it, or sends on and on.</summary>
    public void OnReadingStopped() => _readingStopped.TrySetResult();

    /// <summary>No more frames are taken in: because of an exception, or with null because the peer closed the socket or this side has ended the connection.</summary>
    public void OnReadEnded(Exception? exception)
    {
        SocketRestException reason;
        SocketRestErrorCode tellPeer = SocketRestErrorCode.ConnectionLost;
        if (exception is ConnectionErrorException error)
        {
            reason = new SocketRestException(error.Code, error.Message, innerException: error);
            tellPeer = error.Code;
        }
        else if (exception is null or WebSocketException or ObjectDisposedException or OperationCanceledException or IOException)
        {
            reason = _peerReason ?? new SocketRestException(
                Slots.IsClosed && exception is null ? SocketRestErrorCode.Draining : SocketRestErrorCode.ConnectionLost,
                exception is null
                    ? $"The other end closed the WebSocket ({_transport.CloseStatus?.ToString() ?? "without a status"})."
                    : $"The connection was lost: {exception.Message}",
                innerException: exception);
        }
        else
        {
            reason = new SocketRestException(SocketRestErrorCode.InternalError, $"Reading failed: {exception.Message}", innerException: exception);
            tellPeer = SocketRestErrorCode.InternalError;
            _logger.ReadLoopFailed(Identity.Id, exception);
        }

        Fail(reason, tellPeer);
        EndStreams();
    }

    private void LeaveOpen()
    {
        if (Interlocked.Decrement(ref _open) == 0 && _draining)
        {
            Volatile.Read(ref _drained)?.TrySetResult();
        }
    }

    private static bool IsBeyond(TunnelStream stream, uint lastTaken) => stream.IsLocal && unchecked((int)(stream.Id - lastTaken)) > 0;

    private TunnelStream RentLocal()
    {
        Interlocked.Increment(ref _open);
        TunnelStream? stream;
        lock (_lock)
        {
            _idleLocal.TryPop(out stream);
        }

        return stream ?? new TunnelStream(this, isLocal: true);
    }

    private bool TrySetEnd(SocketRestException reason)
    {
        if (Interlocked.CompareExchange(ref _end, reason, null) is not null)
        {
            return false;
        }

        Slots.Close(reason);
        Pings.Close(reason);
        _heartbeat?.Stop();
        return true;
    }

    private async Task EndAsync(SocketRestException reason, SocketRestErrorCode tellPeer)
    {
        try
        {
            // Our own closing words only reach a peer whose socket still works.
            if (tellPeer != SocketRestErrorCode.ConnectionLost)
            {
                Sender.QueueGoAway(Streams.LastRemote, tellPeer, tellPeer == SocketRestErrorCode.None ? null : reason.Message);
                await Sender.WhenIdleAsync().WaitAsync(s_farewell, _time).ConfigureAwait(false);
                Sender.Stop(reason);
                await Sender.WhenIdleAsync().WaitAsync(s_farewell, _time).ConfigureAwait(false);
                await _transport.CloseOutputAsync(
                    tellPeer == SocketRestErrorCode.None ? WebSocketCloseStatus.NormalClosure : WebSocketCloseStatus.ProtocolError,
                    tellPeer.ToString()).WaitAsync(s_farewell, _time).ConfigureAwait(false);

                // Until the peer has read up to here and closed as well: cutting a socket that holds unread bytes takes back what it has not read yet.
                await _readingStopped.Task.WaitAsync(s_farewell, _time).ConfigureAwait(false);
            }
        }
        catch (Exception exception) when (exception is TimeoutException or WebSocketException or ObjectDisposedException or IOException or InvalidOperationException or OperationCanceledException)
        {
            _logger.FarewellFailed(Identity.Id, exception.Message);
        }

        Sender.Stop(reason);
        _transport.Abort();
        _transport.Dispose();
        EndStreams();
        _acks.Stop();
        _logger.ConnectionEnded(Identity.Id, reason.ErrorCode, reason.Message);
        if (reason.ErrorCode is SocketRestErrorCode.ConnectionClosed or SocketRestErrorCode.Draining)
        {
            _completion.TrySetResult();
        }
        else
        {
            _completion.TrySetException(reason);
            _ = _completion.Task.Exception;
        }
    }

    private readonly TaskCompletionSource _readingStopped = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private void EndStreams()
    {
        _streamsEnded = true;
        foreach (TunnelStream stream in Streams.PinAll())
        {
            stream.OnConnectionEnded(EndReason!);
        }
    }
}
