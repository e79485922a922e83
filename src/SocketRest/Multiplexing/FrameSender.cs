using SocketRest.Protocol;
using SocketRest.Protocol.Hpack;

namespace SocketRest.Multiplexing;

/// <summary>
/// The only writer of a connection. Whoever adds something to an idle sender starts the pump; what is added while a message is on its
/// way leaves together in the next one. Frames are encoded at the moment of sending, so that HPACK's state follows the wire.
/// </summary>
internal sealed partial class FrameSender : IThreadPoolWorkItem
{
    /// <summary>So many calls that wait leave at once: the other end works on them while this one goes on with those behind them.</summary>
    private const int Crowd = 32;

    private static readonly TimeSpan s_leastPatience = TimeSpan.FromMilliseconds(2);
    private static readonly TimeSpan s_mostPatience = TimeSpan.FromMilliseconds(32);

    private readonly TunnelConnection _connection;
    private readonly HpackEncoder _encoder;
    private readonly Lock _gate = new();
    private readonly ControlQueue _control;
    private readonly bool _keeps;
    private ITimer? _owed;
    private Link? _link;
    private ulong _acknowledged;
    private StreamQueue _newHeads;
    private StreamQueue _newBodies;
    private bool _pumping;
    private bool _scheduled;
    private bool _handedOver;
    private int _waiting;
    private int _owing;
    private TimeSpan _patience = s_leastPatience;
    private long _messagesWhenOwed;
    private SocketRestException? _stopped;
    private TaskCompletionSource? _idle;

    /// <param name="connection">The connection.</param>
    /// <param name="headerTableSize">Bytes of the peer's HPACK table.</param>
    /// <param name="replayLimit">Bytes to keep until they are acknowledged, or 0 to keep none.</param>
    /// <param name="maxControlFrames">How many control frames may wait.</param>
    public FrameSender(TunnelConnection connection, int headerTableSize, int replayLimit, int maxControlFrames)
    {
        _control = new ControlQueue(maxControlFrames);
        _connection = connection;
        _keeps = replayLimit > 0;
        _replay = new ReplayBuffer(_keeps ? replayLimit : int.MaxValue);
        _encoder = new HpackEncoder(Math.Min(headerTableSize, 4096));
        _continue = Continue;
    }

    /// <summary>Counted bytes that were given to a socket, or are about to be: the peer cannot have acknowledged more.</summary>
    public ulong CountedSent => Volatile.Read(ref _countedSent);

    /// <summary>How many messages were given to the socket.</summary>
    public long Messages => Volatile.Read(ref _messages);

    /// <summary>The number of the message that is on its way to the socket, or 0 when nothing is.</summary>
    public long MessageUnderWay
    {
        get
        {
            lock (_gate)
            {
                return _pumping ? Messages : 0;
            }
        }
    }

    /// <summary>
    /// Adds what a stream has to send. On an otherwise quiet connection, and as the last of a crowd, an urgent caller sends on its own thread; else the
    /// message is left to the pool, behind the work that is already queued there and will add to it.
    /// </summary>
    public void Queue(TunnelStream stream, StreamState added, SendUrgency urgency)
    {
        bool bodyOnly = stream.HeadCommitted;
        bool enqueue = stream.MarkQueued(added);
        if (urgency == SendUrgency.Later)
        {
            if (enqueue)
            {
                Enqueue(stream, bodyOnly);
            }

            Owe();
            return;
        }

        bool pump;
        lock (_gate)
        {
            if (enqueue && !TryAddLocked(stream, bodyOnly))
            {
                pump = false;
            }
            else
            {
                enqueue = false;
                pump = SignalLocked(urgency);
            }
        }

        if (enqueue)
        {
            stream.OnConnectionEnded(_stopped!);
        }
        else if (pump)
        {
            Pump(oneMessage: true);
        }
    }

    /// <summary>Sends what was added with <see cref="SendUrgency.Later"/>: the thread that added it goes no further.</summary>
    public void SendOwed() => Signal(SendUrgency.Pool);

    /// <summary><paramref name="early"/>: a stream of this side that the peer has not begun to answer, and that its slots have been told of.</summary>
    public void QueueReset(TunnelStream stream, SocketRestErrorCode code, string? sentence, bool early = false) =>
        QueueControl(new ControlFrame(FrameType.Reset, Stream: stream, Code: code, Sentence: sentence, IsEarly: early));

    /// <summary>Refuses a stream that never got an object.</summary>
    public void QueueReset(uint streamId, SocketRestErrorCode code, string? sentence) =>
        QueueControl(new ControlFrame(FrameType.Reset, streamId, Code: code, Sentence: sentence));

    public void QueueWindow(uint streamId, int increment) =>
        QueueControl(new ControlFrame(FrameType.Window, streamId, (uint)increment));

    public void QueueGoAway(uint lastStreamId, SocketRestErrorCode code, string? sentence, bool answer = false) =>
        QueueControl(new ControlFrame(FrameType.GoAway, Number: lastStreamId, Code: code, Sentence: sentence, IsAnswer: answer));

    public void QueuePing(ReadOnlyMemory<byte> payload, bool answer) =>
        QueueControl(new ControlFrame(FrameType.Ping, Number: answer ? 1u : 0u, Payload: payload));

    /// <summary>REAUTHENTICATE or its answer.</summary>
    public void QueueReauthentication(FrameType type, ReadOnlyMemory<byte> payload) => QueueControl(new ControlFrame(type, Payload: payload));

    public void QueueAck() => QueueControl(new ControlFrame(FrameType.Ack));

    /// <summary>The next message has an ACK with it; none is sent for its sake.</summary>
    public void OfferAck()
    {
        lock (_gate)
        {
            _control.OfferAck();
        }
    }

    /// <summary>Completes when all that can be sent at the moment is with the socket.</summary>
    public Task WhenIdleAsync()
    {
        lock (_gate)
        {
            if (!_pumping && (_stopped is not null || !HasWorkLocked))
            {
                return Task.CompletedTask;
            }

            _idle ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            return _idle.Task;
        }
    }

    /// <summary>Sends over this link from now on: at first what the peer has not received, of which it says where that begins. Nothing may be under way.</summary>
    public void Attach(Link link, ulong received)
    {
        lock (_gate)
        {
            _link = link;
            _acknowledged = Math.Max(_acknowledged, received);
            _replay.Rewind(_acknowledged);
            _control.ClearLinkFrames();
        }

        NoteReceived(received);
        Signal(SendUrgency.Pool);
    }

    /// <summary>Sends no more over the link. What is under way ends with the socket.</summary>
    public void Detach()
    {
        lock (_gate)
        {
            _link = null;
            if (!_pumping)
            {
                RestLocked();
            }
        }
    }

    /// <summary>Whether what comes after so many counted bytes is still here.</summary>
    public bool CanRepeatFrom(ulong received)
    {
        lock (_gate)
        {
            return _keeps && received >= _acknowledged && received <= CountedSent;
        }
    }

    /// <summary>Whether the peer has acknowledged all that there is to send but for so many bytes at most.</summary>
    public bool IsReceivedUpTo(int bytes)
    {
        lock (_gate)
        {
            return !HasCountedLocked && CountedSent - _acknowledged <= (ulong)bytes;
        }
    }

    /// <summary>The peer has received so many counted bytes.</summary>
    public void Acknowledge(ulong received)
    {
        NoteReceived(received);
        lock (_gate)
        {
            if (received <= _acknowledged || !_keeps)
            {
                return;
            }

            _acknowledged = received;
            if (_pumping)
            {
                // The pump sees to it between two messages.
                return;
            }

            _replay.Acknowledge(received);
            if (!HasWorkLocked)
            {
                RestLocked();
                return;
            }
        }

        Signal(SendUrgency.Pool);
    }

    /// <summary>Called with a stream that <see cref="TunnelStream.MarkQueued"/> says must be enqueued.</summary>
    public void EnqueueMarked(TunnelStream stream)
    {
        Enqueue(stream, bodyOnly: true);
        Signal(SendUrgency.Pool);
    }

    public void TrimExcess()
    {
        lock (_gate)
        {
            _control.TrimExcess();
        }
    }

    /// <summary>Lets nothing more out. What waited and never was sent fails as such.</summary>
    public void Stop(SocketRestException reason)
    {
        lock (_gate)
        {
            if (_stopped is not null)
            {
                return;
            }

            _stopped = reason;
            _owed?.Dispose();
            _control.Clear();
            if (_pumping)
            {
                // The pump drops what waits when it comes by.
                return;
            }

            _pumping = true;
        }

        DropAll();
    }

    /// <summary>Whether there is something that can be sent at the moment. Looked at by the pump, or while nobody pumps.</summary>
    private bool HasWorkLocked => _link is not null
        && (_control.HasLinkFrames || _replay.IsBehind || ((!_replay.IsFull || _connection.IsEnded) && HasCountedLocked));

    private bool HasCountedLocked => _control.HasCounted || !_newHeads.IsEmpty || !_newBodies.IsEmpty || !_heads.IsEmpty || !_bodies.IsEmpty;

    /// <summary>Armed at most once in its time, however many calls pass meanwhile.</summary>
    private void Owe()
    {
        if (Volatile.Read(ref _owing) == 0 && Interlocked.Exchange(ref _owing, 1) == 0)
        {
            // Made with the first answer that is owed: most connections of a hub never answer anything.
            _owed ??= _connection.Time.CreateDetachedTimer(static state => ((FrameSender)state!).OnOwed(), this);
            _messagesWhenOwed = Messages;
            _owed.Change(_patience, Timeout.InfiniteTimeSpan);
        }
    }

    /// <summary>Looks less often where what is owed leaves anyway: a timer that fires costs more than a call.</summary>
    private void OnOwed()
    {
        TimeSpan twice = _patience * 2;
        _patience = Messages == _messagesWhenOwed ? s_leastPatience : twice < s_mostPatience ? twice : s_mostPatience;
        Volatile.Write(ref _owing, 0);
        Signal(SendUrgency.Pool);
    }

    private void Enqueue(TunnelStream stream, bool bodyOnly)
    {
        lock (_gate)
        {
            if (TryAddLocked(stream, bodyOnly))
            {
                return;
            }
        }

        stream.OnConnectionEnded(_stopped!);
    }

    /// <summary>False when the sender has stopped and nobody comes by any more to drop what waits.</summary>
    private bool TryAddLocked(TunnelStream stream, bool bodyOnly)
    {
        if (_stopped is not null && !_pumping)
        {
            return false;
        }

        if (bodyOnly)
        {
            _newBodies.Enqueue(stream);
        }
        else
        {
            _newHeads.Enqueue(stream);
        }

        return true;
    }

    private void QueueControl(in ControlFrame frame)
    {
        lock (_gate)
        {
            if (_stopped is not null)
            {
                return;
            }

            if (!_control.TryAdd(frame))
            {
                _connection.FailFromSender(new SocketRestException(
                    SocketRestErrorCode.EnhanceYourCalm,
                    "The peer causes more control frames than it takes."));
                return;
            }
        }

        Signal(SendUrgency.Pool);
    }

    private void Signal(SendUrgency urgency)
    {
        bool pump;
        lock (_gate)
        {
            pump = SignalLocked(urgency);
        }

        if (pump)
        {
            Pump(oneMessage: true);
        }
    }

    /// <summary>Sees to it that what waits is sent. True when the caller has to pump, outside the lock.</summary>
    private bool SignalLocked(SendUrgency urgency)
    {
        if (_pumping || !HasWorkLocked)
        {
            return false;
        }

        if (urgency == SendUrgency.Now && (_connection.OpenStreams <= 1 || ++_waiting >= Crowd))
        {
            _pumping = true;
            return true;
        }

        if (!_scheduled)
        {
            _scheduled = true;
            ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
        }

        return false;
    }
}
