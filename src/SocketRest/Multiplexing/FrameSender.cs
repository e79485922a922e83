using System.Buffers;
using SocketRest.Protocol;
using SocketRest.Protocol.Hpack;
using SocketRest.Transport;

namespace SocketRest.Multiplexing;

/// <summary>
/// The only writer of a connection. Whoever adds something to an idle sender starts the pump; what is added while a message is on its
/// way leaves together in the next one. Frames are encoded at the moment of sending, so that HPACK's state follows the wire.
/// </summary>
internal sealed class FrameSender : IThreadPoolWorkItem
{
    /// <summary>
    /// Where DATA stops in a message: a small call waits behind this much at most. Less than the 64 KiB at which Kestrel holds a writer
    /// back, so that one message is filled while the one before it goes out.
    /// </summary>
    private const int MaxMessage = 60 * 1024;

    /// <summary>Where new heads stop in a message while bodies wait: the rest is theirs.</summary>
    private const int HeadShare = 44 * 1024;

    /// <summary>Below this a message holds no large body.</summary>
    private const int SmallMessage = 16 * 1024;

    private const int BufferSize = FrameHeader.Size + FrameHeader.MaxPayload + MessageWriter.HeaderOverhead + ControlQueue.MaxMessageShare;

    private static readonly TimeSpan s_patience = TimeSpan.FromMilliseconds(2);

    private readonly TunnelConnection _connection;
    private readonly HpackEncoder _encoder;
    private readonly Lock _gate = new();
    private readonly ControlQueue _control = new();
    private readonly Action _continue;
    private readonly ITimer _owed;

    private readonly WebSocketTransport _transport;
    private StreamQueue _newHeads;
    private StreamQueue _newBodies;
    private bool _pumping;
    private bool _scheduled;
    private bool _handedOver;
    private int _owing;
    private SocketRestException? _stopped;
    private TaskCompletionSource? _idle;

    // Touched by the pump alone.
    private StreamQueue _heads;
    private StreamQueue _bodies;
    private byte[]? _buffer;
    private ValueTask _pending;
    private ulong _countedSent;
    private long _messages;

    public FrameSender(TunnelConnection connection, WebSocketTransport transport, int headerTableSize)
    {
        _connection = connection;
        _transport = transport;
        _encoder = new HpackEncoder(Math.Min(headerTableSize, 4096));
        _continue = Continue;
        _owed = connection.Time.CreateTimer(static state => ((FrameSender)state!).OnOwed(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Counted bytes that were given to the socket: the peer cannot have acknowledged more.</summary>
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
    /// Adds what a stream has to send. On an otherwise quiet connection an urgent caller sends on its own thread; else the message
    /// is left to the pool, behind the work that is already queued there and will add to it.
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

    public void QueueReset(TunnelStream stream, SocketRestErrorCode code, string? sentence) =>
        QueueControl(new ControlFrame(FrameType.Reset, Stream: stream, Code: code, Sentence: sentence));

    /// <summary>Refuses a stream that never got an object.</summary>
    public void QueueReset(uint streamId, SocketRestErrorCode code, string? sentence) =>
        QueueControl(new ControlFrame(FrameType.Reset, streamId, Code: code, Sentence: sentence));

    public void QueueWindow(uint streamId, int increment) =>
        QueueControl(new ControlFrame(FrameType.Window, streamId, (uint)increment));

    public void QueueGoAway(uint lastStreamId, SocketRestErrorCode code, string? sentence) =>
        QueueControl(new ControlFrame(FrameType.GoAway, Number: lastStreamId, Code: code, Sentence: sentence));

    public void QueuePing(ReadOnlyMemory<byte> payload, bool answer) =>
        QueueControl(new ControlFrame(FrameType.Ping, Number: answer ? 1u : 0u, Payload: payload));

    public void QueueAck() => QueueControl(new ControlFrame(FrameType.Ack));

    /// <summary>Completes when everything that was added so far is with the socket, or the sender has stopped.</summary>
    public Task WhenIdleAsync()
    {
        lock (_gate)
        {
            if (!_pumping && (IsEmptyLocked || _stopped is not null))
            {
                return Task.CompletedTask;
            }

            _idle ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            return _idle.Task;
        }
    }

    /// <summary>Called with a stream that <see cref="TunnelStream.MarkQueued"/> says must be enqueued.</summary>
    public void EnqueueMarked(TunnelStream stream)
    {
        Enqueue(stream, bodyOnly: true);
        Signal(SendUrgency.Pool);
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
            _owed.Dispose();
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

    void IThreadPoolWorkItem.Execute()
    {
        lock (_gate)
        {
            if (_handedOver)
            {
                _handedOver = false;
            }
            else
            {
                _scheduled = false;
                if (_pumping || IsEmptyLocked)
                {
                    return;
                }

                _pumping = true;
            }
        }

        Pump(oneMessage: false);
    }

    private bool IsEmptyLocked => _newHeads.IsEmpty && _newBodies.IsEmpty && _control.IsEmpty;

    /// <summary>Armed at most once in its time, however many calls pass meanwhile.</summary>
    private void Owe()
    {
        if (Volatile.Read(ref _owing) == 0 && Interlocked.Exchange(ref _owing, 1) == 0)
        {
            _owed.Change(s_patience, Timeout.InfiniteTimeSpan);
        }
    }

    private void OnOwed()
    {
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
        if (_pumping || IsEmptyLocked)
        {
            return false;
        }

        if (urgency == SendUrgency.Now && _connection.OpenStreams <= 1)
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

    /// <summary>Sends until nothing is left. A caller's own thread sends one message and leaves the rest to the pool.</summary>
    private void Pump(bool oneMessage)
    {
        while (true)
        {
            int length;
            try
            {
                length = FillMessage();
            }
            catch (Exception exception)
            {
                OnSendFailed(new SocketRestException(SocketRestErrorCode.InternalError, $"A message could not be put together: {exception.Message}", innerException: exception));
                return;
            }

            if (length == 0)
            {
                return;
            }

            try
            {
                ValueTask send = _transport.SendAsync(_buffer.AsMemory(0, length));
                if (!send.IsCompleted)
                {
                    _pending = send;
                    send.ConfigureAwait(false).GetAwaiter().UnsafeOnCompleted(_continue);
                    return;
                }

                send.GetAwaiter().GetResult();
            }
            catch (Exception exception)
            {
                OnSendFailed(exception);
                return;
            }

            // A message of small frames: those that came meanwhile are the first few of many, and leave together with them.
            if ((oneMessage || length < SmallMessage) && !TryContinueInline())
            {
                return;
            }
        }
    }

    private void Continue()
    {
        try
        {
            _pending.GetAwaiter().GetResult();
        }
        catch (Exception exception)
        {
            OnSendFailed(exception);
            return;
        }

        Pump(oneMessage: false);
    }

    /// <summary>True when nothing is left, so that one more look ends the pump; otherwise the pool goes on.</summary>
    private bool TryContinueInline()
    {
        lock (_gate)
        {
            if (IsEmptyLocked && _heads.IsEmpty && _bodies.IsEmpty)
            {
                return true;
            }

            _handedOver = true;
        }

        ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
        return false;
    }

    private void OnSendFailed(Exception exception)
    {
        var reason = exception as SocketRestException ?? new SocketRestException(
            SocketRestErrorCode.ConnectionLost,
            $"The socket failed while sending: {exception.Message}",
            innerException: exception);
        // Whatever ended the connection first is the reason for what is dropped here too.
        _connection.FailFromSender(reason);
        lock (_gate)
        {
            _stopped ??= _connection.EndReason ?? reason;
            _control.Clear();
        }

        DropAll();
    }

    /// <summary>Fills the buffer with what there is to send and returns its length; 0 lets go of the pump.</summary>
    private int FillMessage()
    {
        _buffer ??= ArrayPool<byte>.Shared.Rent(BufferSize);
        while (true)
        {
            var writer = new MessageWriter(_buffer, _encoder, MaxMessage);
            lock (_gate)
            {
                if (_stopped is null)
                {
                    _control.WriteTo(ref writer, _connection);
                    _heads.TakeAll(ref _newHeads);
                    _bodies.TakeAll(ref _newBodies);
                    if (writer.Length == 0 && _heads.IsEmpty && _bodies.IsEmpty)
                    {
                        EndPumpLocked();
                        return 0;
                    }
                }
            }

            if (_stopped is not null)
            {
                DropAll();
                return 0;
            }

            WriteHeads(ref writer);
            WriteBodies(ref writer);
            Volatile.Write(ref _countedSent, _countedSent + (ulong)writer.Counted);
            if (writer.Length > 0)
            {
                Volatile.Write(ref _messages, _messages + 1);
                return writer.Length;
            }
        }
    }

    private void EndPumpLocked()
    {
        _pumping = false;
        _idle?.SetResult();
        _idle = null;
        if (_buffer is not null)
        {
            ArrayPool<byte>.Shared.Return(_buffer);
            _buffer = null;
        }
    }

    private void WriteHeads(ref MessageWriter writer)
    {
        while (_heads.TryDequeue(out TunnelStream? stream))
        {
            if (writer.Length > HeadShare && !_bodies.IsEmpty)
            {
                _heads.PutBack(stream);
                return;
            }

            switch (stream.WriteTo(ref writer))
            {
                case SendProgress.MessageFull:
                    _heads.PutBack(stream);
                    return;
                case SendProgress.More:
                    _bodies.Enqueue(stream);
                    break;
            }
        }
    }

    private void WriteBodies(ref MessageWriter writer)
    {
        while (_bodies.TryDequeue(out TunnelStream? stream))
        {
            switch (stream.WriteTo(ref writer))
            {
                case SendProgress.MessageFull:
                    _bodies.PutBack(stream);
                    return;
                case SendProgress.More:
                    _bodies.Enqueue(stream);
                    break;
            }
        }
    }

    private void DropAll()
    {
        while (true)
        {
            lock (_gate)
            {
                _heads.TakeAll(ref _newHeads);
                _heads.TakeAll(ref _bodies);
                _heads.TakeAll(ref _newBodies);
                if (_heads.IsEmpty)
                {
                    EndPumpLocked();
                    return;
                }
            }

            while (_heads.TryDequeue(out TunnelStream? stream))
            {
                stream.OnConnectionEnded(_stopped!);
            }
        }
    }
}
