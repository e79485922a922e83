using SocketRest.Protocol;
using SocketRest.Transport;

namespace SocketRest.Multiplexing;

/// <summary>
/// The pump: puts messages together and gives them to the socket, one at a time. No thread waits for a send: the result of one is taken when it is there.
/// </summary>
internal sealed partial class FrameSender
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

    /// <summary>The room for the largest message: control frames, then a block of fields of any size, then an ACK.</summary>
    public const int BufferSize =
        ControlQueue.MaxMessageShare + FrameHeader.Size + FrameHeader.MaxPayload + MessageWriter.HeaderOverhead + ControlQueue.AckSize;

    // Touched by the pump alone.
    private readonly Action _continue;
    private StreamQueue _heads;
    private StreamQueue _bodies;
    private readonly ReplayBuffer _replay;
    private ValueTask _pending;
    private Link? _sending;
    private ulong _countedSent;
    private long _messages;

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
                if (_pumping)
                {
                    return;
                }

                if (!HasWorkLocked)
                {
                    RestLocked();
                    return;
                }

                _pumping = true;
            }
        }

        Pump(oneMessage: false);
    }

    /// <summary>Sends until nothing is left. A caller's own thread sends one message and leaves the rest to the pool.</summary>
    private void Pump(bool oneMessage)
    {
        while (true)
        {
            ReadOnlyMemory<byte> message;
            Link link;
            try
            {
                message = NextMessage(out link);
            }
            catch (Exception exception)
            {
                OnComposingFailed(exception);
                return;
            }

            if (message.IsEmpty)
            {
                return;
            }

            try
            {
                ValueTask send = link.Transport.SendAsync(message);
                if (!send.IsCompleted)
                {
                    _pending = send;
                    _sending = link;
                    send.ConfigureAwait(false).GetAwaiter().UnsafeOnCompleted(_continue);
                    return;
                }

                if (send.TakeFailure() is { } failure)
                {
                    OnSendFailed(link, failure);
                    return;
                }
            }
            catch (Exception exception)
            {
                OnSendFailed(link, exception);
                return;
            }

            // A message of small frames: those that came meanwhile are the first few of many, and leave together with them.
            if ((oneMessage || message.Length < SmallMessage) && !TryContinueInline())
            {
                return;
            }
        }
    }

    private void Continue()
    {
        if (_pending.TakeFailure() is { } failure)
        {
            OnSendFailed(_sending!, failure);
            return;
        }

        Pump(oneMessage: false);
    }

    /// <summary>True when nothing is left, so that one more look ends the pump; otherwise the pool goes on.</summary>
    private bool TryContinueInline()
    {
        lock (_gate)
        {
            if (!HasWorkLocked)
            {
                return true;
            }

            _handedOver = true;
        }

        ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
        return false;
    }

    /// <summary>The socket is of no use any more; what was in the message is kept where the connection may go on over another.</summary>
    private void OnSendFailed(Link link, Exception exception)
    {
        _connection.LoseLink(link, exception as SocketRestException ?? new SocketRestException(
            SocketRestErrorCode.ConnectionLost,
            $"The socket failed while sending: {exception.Message}",
            innerException: exception));
        EndPumpAfterFailure();
    }

    private void OnComposingFailed(Exception exception)
    {
        var reason = new SocketRestException(SocketRestErrorCode.InternalError, $"A message could not be put together: {exception.Message}", innerException: exception);
        Link? link;
        lock (_gate)
        {
            link = _replay.IsInFrame ? null : _link;
        }

        _connection.FailFromSender(reason);
        _ = EndWithLastWordAsync(link, reason);
    }

    /// <summary>What else there is cannot be trusted to make a message any more: the reason goes out on its own, before the end of the connection closes the socket.</summary>
    private async Task EndWithLastWordAsync(Link? link, SocketRestException reason)
    {
        if (link is not null)
        {
            byte[] frame = new byte[FrameHeader.Size + FramePayload.GoAwayFixed + FramePayload.MaxSentence];
            int length = FramePayload.WriteGoAway(frame, _connection.Streams.LastRemote, reason.ErrorCode, reason.Message);
            await link.Transport.TrySendAsync(frame.AsMemory(0, length)).ConfigureAwait(false);
        }

        EndPumpAfterFailure();
    }

    private void EndPumpAfterFailure()
    {
        lock (_gate)
        {
            _link = null;
            if (_stopped is null)
            {
                EndPumpLocked();
                return;
            }
        }

        DropAll();
    }

    /// <summary>Puts together what there is to send. Nothing, and the pump is let go of, where there is nothing that can be sent.</summary>
    private ReadOnlyMemory<byte> NextMessage(out Link link)
    {
        int room = 0;
        while (true)
        {
            MessageWriter writer;
            bool acknowledge;
            lock (_gate)
            {
                link = _link!;
                if (_stopped is not null)
                {
                    break;
                }

                LetGoLocked();
                if (!HasWorkLocked)
                {
                    EndPumpLocked();
                    return default;
                }

                if (!_replay.IsInFrame && (_control.HasPings || (_control.HasLinkFrames && (_replay.IsBehind || _replay.IsFull))))
                {
                    ReadOnlyMemory<byte> linkFrames = WriteLinkFramesLocked();
                    if (linkFrames.IsEmpty)
                    {
                        continue;
                    }

                    return linkFrames;
                }

                if (_replay.IsBehind)
                {
                    return NoteMessage(_replay.Repeat(MaxMessage));
                }

                writer = NewWriter(_replay.GetRoom(room));
                acknowledge = _control.TakeAck();
                if (_control.WriteCountedTo(ref writer) is > 0 and int early)
                {
                    _connection.Slots.NoteResetsSent(early, _replay.Written + (ulong)writer.Length);
                    SeeToReceiptLocked();
                }

                if (room == BufferSize && writer.Length == 0 && _control.HasCounted)
                {
                    throw TooLarge();
                }

                _waiting = 0;
                _heads.TakeAll(ref _newHeads);
                _bodies.TakeAll(ref _newBodies);
            }

            WriteHeads(ref writer);
            WriteBodies(ref writer);
            if ((!_heads.IsEmpty || !_bodies.IsEmpty) && _replay.TryEnlarge(writer.Length, out Span<byte> larger))
            {
                writer = NewWriter(larger, writer.Length);
                WriteHeads(ref writer);
                WriteBodies(ref writer);
            }

            int counted = writer.Length;
            if (acknowledge && _connection.TryTakeAck(out ulong received))
            {
                writer.Append(FramePayload.WriteAck(writer.Free, received));
            }

            if (writer.Length > 0)
            {
                ReadOnlyMemory<byte> message = _replay.Commit(counted, writer.Length);
                Volatile.Write(ref _countedSent, _replay.Written);
                return NoteMessage(message);
            }

            // A block of fields may be larger than the room that was left.
            room = BufferSize;
        }

        DropAll();
        return default;
    }

    private MessageWriter NewWriter(Span<byte> room, int written = 0)
    {
        long limit = Math.Min(Math.Min(MaxMessage, room.Length - ControlQueue.AckSize), Math.Max(_replay.Allowance, MessageWriter.Smallest));
        return new MessageWriter(room, _encoder, (int)limit, written);
    }

    /// <summary>What the peer has need not be kept; nothing need be where there is nothing to be resumed.</summary>
    private void LetGoLocked()
    {
        bool keeps = _keeps && _stopped is null && (!_connection.IsEnded || _replay.IsBehind);
        _replay.Acknowledge(keeps ? _acknowledged : _replay.Written);
    }

    private ReadOnlyMemory<byte> WriteLinkFramesLocked()
    {
        var writer = new MessageWriter(_replay.GetRoom(), _encoder, 0);
        _control.WritePingsTo(ref writer);
        if (writer.Length == 0 && _control.HasPings)
        {
            throw TooLarge();
        }

        if (_control.TakeAck() && _connection.TryTakeAck(out ulong received))
        {
            writer.Append(FramePayload.WriteAck(writer.Free, received));
        }

        return writer.Length > 0 ? NoteMessage(_replay.Commit(0, writer.Length)) : default;
    }

    private static InvalidOperationException TooLarge() => new("A frame is larger than any message.");

    private ReadOnlyMemory<byte> NoteMessage(ReadOnlyMemory<byte> message)
    {
        Volatile.Write(ref _messages, _messages + 1);
        return message;
    }

    private void EndPumpLocked()
    {
        _pumping = false;
        _sending = null;
        _pending = default;
        LetGoLocked();
        RestLocked();
    }

    private void RestLocked()
    {
        _idle?.SetResult();
        _idle = null;
        _replay.Rest();
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
