using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.Logging;
using SocketRest.Diagnostics;
using SocketRest.Protocol;

namespace SocketRest.Multiplexing;

/// <summary>One handshaken connection: its streams, its sender, its limits, and how it ends.</summary>
internal sealed partial class TunnelConnection : ISlotOwner
{
    /// <summary>
    /// As large as a window grows on a short way, in bytes: more would not be faster there, but small calls would wait behind it.
    /// </summary>
    public const int NearWindow = 512 * 1024;

    /// <summary>From here on <see cref="NearWindow"/> carries less than 100 MiB a second.</summary>
    private static readonly TimeSpan s_distant = TimeSpan.FromMilliseconds(5);

    private readonly StreamReserve _reserve;
    private readonly IStreamServer? _server;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly AckCounter _acks;
    private readonly Heartbeat? _heartbeat;
    private readonly IdleLimit? _idleLimit;
    private PaceKeeper? _pace;
    private ConnectionIdentity _identity;
    private long _lastLife;
    private int _open;
    private bool _measuring;
    private int _openRemote;
    private uint _lastTaken;
    private volatile bool _takesNoStreams;

    /// <param name="isDialler">Whether this side dialled.</param>
    /// <param name="local">What this side announced.</param>
    /// <param name="remote">What the peer announced.</param>
    /// <param name="identity">What is known of the peer.</param>
    /// <param name="server">What answers the peer's requests, or null.</param>
    /// <param name="options">The limits.</param>
    /// <param name="logger">Where to log.</param>
    /// <param name="grace">How long the connection outlives its socket; zero: not at all.</param>
    public TunnelConnection(
        bool isDialler,
        WireSettings local,
        WireSettings remote,
        ConnectionIdentity identity,
        IStreamServer? server,
        SocketRestOptions options,
        ILogger logger,
        TimeSpan grace = default)
    {
        _server = server;
        Grace = grace;
        _time = options.TimeProvider;
        _logger = ConnectionLogger.Create(logger, identity);
        LocalSettings = local;
        RemoteSettings = remote;
        _identity = identity;
        IsDialler = isDialler;
        Streams = new StreamTable(isDialler);
        _reserve = new StreamReserve(this);
        Slots = new StreamSlots(remote.MaxStreams, options.MaxWaitingRequests, options.RequestWaitTimeout, _time, this);
        Drain = new Drain(this);
        Pings = new PingTracker(this, options.MaxUnansweredPings, _time);
        Sender = new FrameSender(this, remote.HeaderTable, grace > TimeSpan.Zero ? local.ReplayBuffer : 0, options.MaxQueuedControlFrames);
        _acks = new AckCounter(remote.ReplayBuffer, Sender, _time);
        Served = new ServedRequests((int)Math.Min(2L * local.MaxStreams, int.MaxValue));
        Windows = new WindowBudget(options.WindowBudget, options.HostWindows);
        MaxStreamWindow = options.MaxStreamWindow;
        Budget = new PeerBudget(this, options);
        Incoming = new IncomingFrames(this, options.MaxHeaderCount, Budget);
        _lastLife = _time.GetTimestamp();
        _heartbeat = Heartbeat.Create(this, options);
        _idleLimit = IdleLimit.Create(this, options);
        ConnectedAt = _time.GetUtcNow();
        Reauthentication = Reauthentication.Create(this, options, _logger);
        Public = new SocketRestConnection(this);
    }

    public bool IsDialler { get; }

    /// <summary>The same connection as users see it.</summary>
    public SocketRestConnection Public { get; }

    public TimeProvider Time => _time;

    public ILogger Logger => _logger;

    /// <summary>What is known of the other end. Its address and user may change when it comes back over another socket.</summary>
    public ConnectionIdentity Identity
    {
        get => Volatile.Read(ref _identity);
        set => Volatile.Write(ref _identity, value);
    }

    /// <summary>This side's part in renewing credentials, or null where that was not agreed upon.</summary>
    public Reauthentication? Reauthentication { get; }

    public DateTimeOffset ConnectedAt { get; }

    public WireSettings LocalSettings { get; }

    public WireSettings RemoteSettings { get; }

    public StreamTable Streams { get; }

    public StreamSlots Slots { get; }

    public FrameSender Sender { get; }

    public Drain Drain { get; }

    /// <summary>Made when something is first waited for that may take only so long.</summary>
    public PaceKeeper Pace => LazyInitializer.EnsureInitialized(ref _pace, () => new PaceKeeper(_time));

    public PingTracker Pings { get; }

    public IncomingFrames Incoming { get; }

    /// <summary>What the peer may cost.</summary>
    public PeerBudget Budget { get; }

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

        if (!Interlocked.Exchange(ref _measuring, true))
        {
            _ = MeasureAsync();
        }

        return false;

        async Task MeasureAsync() => await ((Task)Pings.PingAsync(default, CancellationToken.None)).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    /// <summary>Streams open in both directions.</summary>
    public int OpenStreams => Volatile.Read(ref _open);

    /// <summary>Whether the peer's requests are answered here.</summary>
    public bool TakesRequests => _server is not null;

    /// <summary>Whether new requests can still be sent on this connection. While its socket is being replaced they wait.</summary>
    public bool IsUsable => !IsEnded && !Slots.IsClosed;

    /// <summary>When the peer was last heard, as a timestamp of the options' clock.</summary>
    public long LastLife => Volatile.Read(ref _lastLife);

    /// <summary>The peer was heard just now: returns when that is.</summary>
    public long NoteLife()
    {
        long now = _time.GetTimestamp();
        Volatile.Write(ref _lastLife, now);
        return now;
    }

    /// <summary>A stream for one request of this side. Waits, within limits, while the peer's stream limit is reached.</summary>
    public ValueTask<TunnelStream> OpenStreamAsync(CancellationToken cancellationToken)
    {
        return Slots.TryTake(out SocketRestException? closed) ? new(RentLocal())
            : closed is null ? Waited(cancellationToken)
            : ValueTask.FromException<TunnelStream>(closed);

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

        // Counted first: a drain that is settled and finds nothing open closes the connection.
        Interlocked.Increment(ref _open);
        if (Drain.IsSettled || IsEnded || Volatile.Read(ref _openRemote) >= LocalSettings.MaxStreams)
        {
            refusal = SocketRestErrorCode.RefusedStream;
            sentence = Drain.IsSettled ? "This side is shutting down." : null;
            LeaveOpen();
            return false;
        }

        stream = _reserve.TakeRemote();
        if (stream is null)
        {
            stream = new TunnelStream(this, isLocal: false);
            stream.Exchange = _server.CreateExchange(stream);
        }

        Interlocked.Increment(ref _openRemote);
        stream.Id = id;
        stream.User = Identity.User;
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

    bool ISlotOwner.Serves => Volatile.Read(ref _openRemote) > 0;

    ResetPace ISlotOwner.CreateResetPace() => new(
        RemoteSettings.MaxStreams, RemoteSettings.MaxResets ?? (2L * RemoteSettings.MaxStreams), _time, () => Streams.Counts.Opened);

    public void Return(TunnelStream stream) => _reserve.Keep(stream);

    /// <summary>How many finished streams are kept for their next use.</summary>
    public int KeptStreams => _reserve.Count;

    /// <summary>There were no calls for a while: gives back the room that those before them have made.</summary>
    public void TrimExcess()
    {
        Streams.TrimExcess();
        Sender.TrimExcess();
    }

    /// <summary>Bytes of the peer's whole counted frames, each once.</summary>
    public ulong CountedReceived => _acks.Received;

    public void CountReceived(int bytes) => _acks.Add(bytes);

    public ulong TakeAck() => _acks.Take();

    public bool TryTakeAck(out ulong received) => _acks.TryTakeNews(out received);

    public void OnAck(ulong received)
    {
        if (received > Sender.CountedSent)
        {
            throw new ConnectionErrorException(SocketRestErrorCode.ProtocolError, "The peer acknowledges bytes that were never sent.");
        }

        Sender.Acknowledge(received);
    }

    /// <summary>The peer takes no new streams: those above the last one that it dispatched were not run.</summary>
    public void OnGoAway(uint lastStreamId, SocketRestErrorCode code, string sentence, bool answer)
    {
        if (answer)
        {
            Drain.OnAnswered();
            return;
        }

        bool graceful = code is SocketRestErrorCode.None or SocketRestErrorCode.Draining or SocketRestErrorCode.IdleTimeout;
        var reason = new SocketRestException(
            code == SocketRestErrorCode.None ? SocketRestErrorCode.Draining : code,
            sentence.Length > 0 ? sentence : code == SocketRestErrorCode.None ? "The other end closes the connection." : $"The other end closes the connection ({code}).");
        if (!_takesNoStreams || !graceful)
        {
            _logger.GoAwayReceived(Identity.Id, reason.ErrorCode, reason.Message);
        }

        _peerCloses |= !graceful || code == SocketRestErrorCode.None;
        Slots.Close(reason, callsBack: !_peerCloses);
        _lastTaken = lastStreamId;
        _takesNoStreams = true;
        foreach (TunnelStream stream in Streams.PinAll())
        {
            if (IsBeyond(stream, lastStreamId))
            {
                stream.OnReset(SocketRestErrorCode.RefusedStream, reason.Message);
            }
        }

        if (!graceful)
        {
            _peerReason = reason;
        }
        else if (code != SocketRestErrorCode.None)
        {
            Drain.OnAsked();
        }
    }

    private static bool IsBeyond(TunnelStream stream, uint lastTaken) => stream.IsLocal && unchecked((int)(stream.Id - lastTaken)) > 0;

    private TunnelStream RentLocal()
    {
        Interlocked.Increment(ref _open);
        return _reserve.TakeLocal() ?? new TunnelStream(this, isLocal: true);
    }
}
