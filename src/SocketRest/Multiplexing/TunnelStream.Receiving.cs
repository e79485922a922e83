using System.IO.Pipelines;
using SocketRest.Protocol;
using SocketRest.Protocol.Hpack;

namespace SocketRest.Multiplexing;

/// <summary>What the read loop does with a stream, and how the stream ends.</summary>
internal sealed partial class TunnelStream
{
    private Exception? _headFailure;
    private int _headDelivered;
    private bool _inputUsed;
    private bool _outputAbandoned;
    private long _remoteRemaining;
    private int _receiveCredit;
    private int _window;
    private int _borrowed;
    private int _reserved;
    private int _ungranted;

    private Action? _unheard;

    /// <summary>Has the callback called once, on another thread, when the peer listens no more. It may do so before this returns.</summary>
    public void OnUnheard(Action callback)
    {
        // With a full fence: either this sees the end, or the end sees the callback.
        Interlocked.Exchange(ref _unheard, callback);
        if (IsFaulted)
        {
            TellUnheard();
        }
    }

    /// <summary>Called on the read loop with the status of each response that arrives, interim ones too (RFC 9110 section 15.2).</summary>
    public Action<int>? StatusReceived { get; set; }

    /// <summary>On the side that asks: who waits for the answer's head. Kept with the stream.</summary>
    public IHeadReceiver? HeadReceiver { get; set; }

    /// <summary>Whether the peer's first HEADERS has arrived.</summary>
    public bool RemoteHeadReceived { get; set; }

    /// <summary>Whether the response may have a body: false for HEAD, whose Content-Length speaks of a body that is not sent.</summary>
    public bool ExpectsBody { get; set; }

    /// <summary>Lets the caller go on: on a thread of the pool, never on the read loop.</summary>
    void IThreadPoolWorkItem.Execute() => HeadReceiver?.OnHead(_headFailure);

    /// <summary>Notes that the head is there. True for the one that must then execute the stream.</summary>
    public bool TryDeliverHead() => Interlocked.Exchange(ref _headDelivered, 1) == 0;

    /// <summary>Ends the wait for the head with an exception of the caller's own, for instance of its cancellation.</summary>
    public bool TryFailHead(Exception failure)
    {
        if (!TryDeliverHead())
        {
            return false;
        }

        _headFailure = failure;
        ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
        return true;
    }

    /// <summary>The caller gives up before the response's head has arrived.</summary>
    public void Cancel(CancellationToken token)
    {
        TryFailHead(new TaskCanceledException("The request was cancelled by its caller.", innerException: null, token));
        Reset(new SocketRestException(SocketRestErrorCode.Cancelled, "The caller cancelled the request.", RequestOutcome.MaybeExecuted));
    }

    /// <summary>The stream is not needed after all: nothing of it was queued.</summary>
    public void Abandon()
    {
        _headDelivered = 1;
        Fail(new SocketRestException(SocketRestErrorCode.InvalidRequest, "The request could not be expressed."), tellPeer: false);
    }

    /// <summary>Whether the window has room and there is a socket: the peer is free to send more of the body.</summary>
    public bool PeerMaySend => Volatile.Read(ref _receiveCredit) > 0 && !Connection.IsInterrupted;

    /// <summary>The length that the peer's message declares: more or less than that is an error.</summary>
    public void ExpectLength(long length) => _remoteRemaining = length;

    /// <summary>Takes in a piece of the body. False when the stream had to be reset because of it.</summary>
    public bool OnData(ReadOnlySpan<byte> payload)
    {
        if (payload.IsEmpty)
        {
            return true;
        }

        if (Interlocked.Add(ref _receiveCredit, -payload.Length) < 0)
        {
            throw new ConnectionErrorException(SocketRestErrorCode.FlowControlError, $"Stream {Id} was sent more than its window allows.");
        }

        if (IsFaulted)
        {
            return true;
        }

        // Counted even when nobody will read it, or a body that the application did not want would seem to be too short.
        if (_remoteRemaining >= 0)
        {
            _remoteRemaining -= payload.Length;
            if (_remoteRemaining < 0)
            {
                Reset(Malformed("The body is longer than its Content-Length, or there should be none."));
                return false;
            }
        }

        if ((State & StreamState.Released) != 0)
        {
            return true;
        }

        _inputUsed = true;
        payload.CopyTo(_input.Writer.GetSpan(payload.Length));
        _input.Writer.Advance(payload.Length);
        ValueTask<FlushResult> flush = _input.Writer.FlushAsync(CancellationToken.None);
        if (flush.IsCompleted)
        {
            _ = flush.Result;
        }

        return true;
    }

    public void OnTrailers(HeaderList trailers) => RemoteTrailers = trailers;

    /// <summary>Keeps the stream from being used again. Called under the table's lock while the stream is in the table, or before it is released.</summary>
    public void Pin() => Set(StreamState.Pinned);

    /// <summary>END_STREAM arrived, with the head or later. False when the stream had to be reset because of it.</summary>
    public bool OnRemoteEnd(bool withHead)
    {
        if (_remoteRemaining > 0)
        {
            Reset(Malformed($"The body ended {_remoteRemaining} bytes before its Content-Length."));
            return false;
        }

        if (!withHead)
        {
            _inputUsed = true;
            _input.Writer.Complete();
        }

        CloseAfterRemoteEnd(Set(StreamState.RemoteEnded));
        return true;
    }

    private void CloseAfterRemoteEnd(StreamState before)
    {
        if ((before & StreamState.LocalEnded) != 0)
        {
            Close();
        }
        else if (_outputAbandoned)
        {
            Connection.Sender.QueueReset(this, SocketRestErrorCode.Cancelled, null);
            StopRemoteNow();
        }
    }

    /// <summary>Our side will send nothing more, and not end either: the stream ends when the peer's side does. Called on the read loop.</summary>
    public void AbandonOutput() => _outputAbandoned = true;

    /// <summary>RESET arrived, or GOAWAY for a stream that the peer never dispatched.</summary>
    public void OnReset(SocketRestErrorCode code, string sentence)
    {
        if (code == SocketRestErrorCode.None && RemoteEnded)
        {
            Set(StreamState.OutputStopped | StreamState.Faulted);
            _output.Writer.CancelPendingFlush();
            Close();
            TellUnheard();
            return;
        }

        if (IsLocal && !RemoteHeadReceived && code is SocketRestErrorCode.RefusedStream or SocketRestErrorCode.MalformedMessage or SocketRestErrorCode.HeadersTooLarge)
        {
            Connection.Slots.NoteResetByPeer();
            Connection.Sender.SeeToReceipt();
        }

        RequestOutcome outcome = RemoteHeadReceived ? RequestOutcome.Executed
            : code is SocketRestErrorCode.RefusedStream or SocketRestErrorCode.NotServed ? RequestOutcome.NotSent
            : RequestOutcome.MaybeExecuted;
        string message = sentence.Length > 0 ? sentence : IsLocal
            ? $"The other end reset the exchange ({code})."
            : $"The caller ended the request ({code}).";
        Fail(new SocketRestException(code, message, outcome), tellPeer: false);
    }

    /// <summary>The connection ended under the stream.</summary>
    public void OnConnectionEnded(SocketRestException reason)
    {
        bool unsent = DropUnsent();
        Fail(reason.For(unsent ? RequestOutcome.NotSent : RemoteHeadReceived ? RequestOutcome.Executed : RequestOutcome.MaybeExecuted), tellPeer: false);
    }

    private static SocketRestException Malformed(string message) =>
        new(SocketRestErrorCode.MalformedMessage, message, RequestOutcome.Executed);

    /// <summary>Ends the stream before its time; the first reason stays. With <paramref name="tellPeer"/> a peer that knows the stream hears of it.</summary>
    /// <returns>Whether this was the first reason.</returns>
    private bool Fail(SocketRestException reason, bool tellPeer)
    {
        if (Interlocked.CompareExchange(ref _fault, reason, null) is not null)
        {
            return false;
        }

        // In this order: a head that is queued later is seen to be faulted, and one that was committed before is seen here to need its RESET.
        StreamState before = Set(StreamState.Faulted);
        // A response that has begun is seen to have begun: its head is not dropped.
        bool resetQueued = tellPeer && !IsLocal
            && Interlocked.CompareExchange(ref _headStage, HeadStage.ResetQueued, HeadStage.Queued) == HeadStage.Queued;
        bool dropped = DropUnsent();
        if ((before & StreamState.BothEnded) == StreamState.BothEnded)
        {
            // Over already: there is nothing left to end.
            return true;
        }

        if (resetQueued)
        {
            Close();
            Connection.Sender.Queue(this, StreamState.None, SendUrgency.Pool);
        }
        else if (tellPeer && (!IsLocal || (!dropped && HeadCommitted)))
        {
            CloseAndReset(reason.ErrorCode, reason.ErrorCode == SocketRestErrorCode.Cancelled ? null : reason.Message);
        }
        else
        {
            Close();
        }

        _input.Reader.CancelPendingRead();
        _output.Writer.CancelPendingFlush();
        TellUnheard();
        if (IsLocal)
        {
            TryFailHead(reason.For(dropped ? RequestOutcome.NotSent : reason.Outcome));
        }
        else if (Exchange is { } exchange && !Connection.Served.TryRemove(this))
        {
            ThreadPool.UnsafeQueueUserWorkItem(static work => work.exchange.OnAborted(work.reason), (exchange, reason), preferLocal: false);
        }

        return true;
    }

    /// <summary>
    /// Ends the stream here and at the peer, in the order that keeps the peer's count of streams from running ahead of this side's: our own
    /// slot is free after the peer has been told, the peer's slot before.
    /// </summary>
    private void CloseAndReset(SocketRestErrorCode code, string? sentence)
    {
        bool early = false;
        if (!IsLocal)
        {
            Close();
        }
        else if (!RemoteHeadReceived)
        {
            early = true;
            Connection.Slots.NoteReset();
        }

        Connection.Sender.QueueReset(this, code, sentence, early);
        Close();
    }

    /// <summary>The answer is complete and the rest of the request is not wanted.</summary>
    private void StopRemoteNow()
    {
        Set(StreamState.Faulted);
        Close();
    }

    private void TellUnheard()
    {
        if (Volatile.Read(ref _unheard) is not null && Interlocked.Exchange(ref _unheard, null) is { } callback)
        {
            ThreadPool.UnsafeQueueUserWorkItem(static callback => callback(), callback, preferLocal: false);
        }
    }

    private void Close()
    {
        StreamState before = Set(StreamState.Closing);
        if ((before & StreamState.Closing) != 0)
        {
            return;
        }

        _pace?.Stop();
        NoteBodyEnd(before);
        Connection.Unregister(this);
        if ((before & StreamState.LetGo) != 0)
        {
            ReturnGranted();
        }

        before = Set(StreamState.Closed);
        RecycleIfDone(before, before | StreamState.Closed);
    }

    /// <summary>The application has seen more of the body: let the peer send as much again, in steps of half a window.</summary>
    private void GrantCredit(int seen)
    {
        _ungranted += seen;
        if (_ungranted < _window / 2 || (State & (StreamState.RemoteEnded | StreamState.Faulted)) != 0)
        {
            return;
        }

        int grant = _ungranted;
        int credit = Volatile.Read(ref _receiveCredit);
        int growth = Math.Min(_window, Connection.MaxStreamWindow - _window);
        if (credit < _window / 2 && _window - credit - grant < _window / 4 && growth > 0
            && (_window + growth <= TunnelConnection.NearWindow || Connection.IsDistant()) && Connection.Windows.TryTake(growth))
        {
            // The application keeps up and the peer is held back by the window alone: the link takes more than one window a round trip.
            _borrowed += growth;
            grant += growth;
            _window += growth;
        }

        _ungranted = 0;
        Interlocked.Add(ref _receiveCredit, grant);
        Connection.Sender.QueueWindow(Id, grant);
    }

    /// <summary>Takes the window of a body that is about to arrive out of the host's budget. False when nothing is left there.</summary>
    public bool TryReserve()
    {
        if (!Connection.Windows.TryReserve(_window))
        {
            return false;
        }

        _reserved = _window;
        return true;
    }

    /// <summary>
    /// Gives back what the window took: when the stream has ended and the application has let go of it, since until then the bytes are in its
    /// buffer; or when the application never got it.
    /// </summary>
    public void ReturnGranted()
    {
        if (_borrowed > 0)
        {
            Connection.Windows.Return(_borrowed);
            _borrowed = 0;
        }

        if (_reserved > 0)
        {
            Connection.Windows.ReturnReserved(_reserved);
            _reserved = 0;
        }
    }
}
