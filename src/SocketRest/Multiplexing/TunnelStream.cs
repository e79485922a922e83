using System.Buffers;
using System.IO.Pipelines;
using System.Security.Claims;
using SocketRest.Protocol.Hpack;

namespace SocketRest.Multiplexing;

/// <summary>
/// One HTTP exchange on a connection: a head, a body and trailers each way. The application's side is here; what the sender and
/// the read loop do to a stream, how its body is read, and small bodies, are in the other parts. A stream that ended cleanly is used again; one that did not is left behind.
/// </summary>
internal sealed partial class TunnelStream : IThreadPoolWorkItem
{
    private static readonly PipeOptions InputOptions = new(
        readerScheduler: PipeScheduler.ThreadPool,
        writerScheduler: PipeScheduler.Inline,
        pauseWriterThreshold: 0,
        useSynchronizationContext: false);

    private static readonly PipeOptions OutputOptions = new(
        readerScheduler: PipeScheduler.Inline,
        writerScheduler: PipeScheduler.ThreadPool,
        pauseWriterThreshold: 128 * 1024,
        resumeWriterThreshold: 64 * 1024,
        useSynchronizationContext: false);

    private readonly Pipe _input = new(InputOptions);
    private readonly Pipe _output = new(OutputOptions);
    private int _state;
    private SocketRestException? _fault;

    public TunnelStream(TunnelConnection connection, bool isLocal)
    {
        Connection = connection;
        IsLocal = isLocal;
        Reopen();
    }

    public TunnelConnection Connection { get; }

    /// <summary>Whether this side opened the stream, so that it sends the request.</summary>
    public bool IsLocal { get; }

    /// <summary>0 until HEADERS is committed on the side that opens.</summary>
    public uint Id { get; set; }

    /// <summary>What this side sends first: the request's or the response's fields, pseudo-headers before the others.</summary>
    public HeaderList Head { get; } = new();

    /// <summary>What the peer sent first.</summary>
    public HeaderList RemoteHead { get; } = new();

    /// <summary>What the peer sent last, if it sent trailers. Complete once the body has been read to its end.</summary>
    public HeaderList? RemoteTrailers { get; private set; }

    /// <summary>On the side that answers: what answers.</summary>
    public IServerExchange? Exchange { get; set; }

    /// <summary>On the side that answers: the connection's user at the moment at which the request arrived.</summary>
    public ClaimsPrincipal? User { get; set; }

    /// <summary>On the side that answers, while the request waits to be run: its place. <see cref="ServedRequests"/> keeps it.</summary>
    public LinkedListNode<TunnelStream>? WaitsToRun { get; set; }

    /// <summary>Why the stream ended before its time, or null.</summary>
    public SocketRestException? Fault => Volatile.Read(ref _fault);

    public bool IsFaulted => (State & StreamState.Faulted) != 0;

    /// <summary>Whether everything that the peer sends has arrived.</summary>
    public bool RemoteEnded => (State & StreamState.RemoteEnded) != 0;

    public bool LocalEnded => (State & StreamState.LocalEnded) != 0;

    /// <summary>Whether the peer wants no more of the body that this side sends, without that being an error.</summary>
    public bool OutputStopped => (State & StreamState.OutputStopped) != 0;

    private StreamState State => (StreamState)Volatile.Read(ref _state);

    /// <summary>Sends <see cref="Head"/>. Nothing may change it from here on.</summary>
    public void SendHead(bool endStream, SendUrgency urgency)
    {
        _headEndsStream = endStream;
        Volatile.Write(ref _headStage, HeadStage.Queued);
        Connection.Sender.Queue(this, endStream ? StreamState.OutputEnded : StreamState.None, urgency);
    }

    /// <summary>Asks the peer for the body that it holds back, by an interim response (RFC 9110 section 15.2.1). Without effect once <see cref="Head"/> has been sent.</summary>
    public void SendContinue()
    {
        var fields = new HeaderList();
        fields.Add(KnownHeaders.Status, "100");
        lock (_informationalLock)
        {
            (_informational ??= new()).Enqueue(fields);
        }

        Connection.Sender.Queue(this, StreamState.None, SendUrgency.Now);
    }

    /// <summary>Room for the body. What begins small stays out of the pipe until it turns out not to be.</summary>
    public Memory<byte> GetMemory(int sizeHint = 0)
    {
        if (!_outputUsed)
        {
            _smallOutput ??= ArrayPool<byte>.Shared.Rent(SmallBody);
            if (_smallWritten + Math.Max(sizeHint, MinSmall) <= SmallBody)
            {
                return _smallOutput.AsMemory(_smallWritten, SmallBody - _smallWritten);
            }

            LeaveSmallOutput();
        }

        return _output.Writer.GetMemory(sizeHint);
    }

    public Span<byte> GetSpan(int sizeHint = 0) => GetMemory(sizeHint).Span;

    public void Advance(int bytes)
    {
        if (_outputUsed)
        {
            _output.Writer.Advance(bytes);
        }
        else if (bytes >= 0 && bytes <= SmallBody - _smallWritten && (_smallOutput is not null || bytes == 0))
        {
            _smallWritten += bytes;
        }
        else
        {
            // Here, to whoever is wrong: the sender would stumble over it, and all other calls with it.
            throw new ArgumentOutOfRangeException(nameof(bytes), bytes, "That is no count of bytes in the memory that was asked for last.");
        }
    }

    public long UnflushedBytes => _outputUsed ? _output.Writer.UnflushedBytes : _smallWritten - _smallFlushed;

    /// <summary>Hands what was written to the sender; completes when there is room for more. The head must have been sent.</summary>
    public ValueTask<FlushResult> FlushAsync(SendUrgency urgency, CancellationToken cancellationToken)
    {
        if ((State & (StreamState.Faulted | StreamState.OutputStopped)) != 0)
        {
            return new(new FlushResult(isCanceled: false, isCompleted: true));
        }

        if (!_outputUsed)
        {
            Volatile.Write(ref _smallFlushed, _smallWritten);
            Connection.Sender.Queue(this, StreamState.None, urgency);
            return new(new FlushResult(isCanceled: false, isCompleted: false));
        }

        ValueTask<FlushResult> flush = _output.Writer.FlushAsync(cancellationToken);
        Connection.Sender.Queue(this, StreamState.None, urgency);
        if ((State & (StreamState.Faulted | StreamState.OutputStopped)) != 0)
        {
            // The wake-up may have come before there was anything to wake.
            _output.Writer.CancelPendingFlush();
        }

        return flush;
    }

    /// <summary>Whether the peer's message has a body, or may still turn out to have one.</summary>
    public bool HasInput => _inputUsed || (State & StreamState.SmallInput) != 0;

    /// <summary>Forgets what was written. Only before the head is sent.</summary>
    public void DiscardOutput()
    {
        _smallWritten = 0;
        if (_outputUsed)
        {
            _output.Writer.Complete();
            _output.Reader.Complete();
            _output.Reset();
            _outputUsed = false;
        }
    }

    /// <summary>Ends the wait of a flush, or the next one's. Before the stream is released.</summary>
    public void CancelPendingFlush()
    {
        // A wish that nobody waited for stays in the pipe: it must not be the next exchange's.
        Pin();
        _output.Writer.CancelPendingFlush();
    }

    /// <summary>Everything is written: what remains goes out, then <paramref name="trailers"/>, and the direction ends.</summary>
    public void EndOutput(HeaderList? trailers, SendUrgency urgency)
    {
        _trailers = trailers;
        if (_outputUsed)
        {
            // Not Complete: bytes that were written but not flushed would be kept from the reader until it looks again.
            ValueTask<FlushResult> flush = _output.Writer.FlushAsync(CancellationToken.None);
            if (flush.IsCompleted)
            {
                _ = flush.Result;
            }

            _output.Writer.Complete();
        }
        else
        {
            Volatile.Write(ref _smallFlushed, _smallWritten);
        }

        Connection.Sender.Queue(this, StreamState.OutputEnded, urgency);
    }

    /// <summary>
    /// The application is done with the stream and must not touch it again. On the side that asks, an unfinished stream is reset;
    /// on the side that answers, a request that was not read to its end is stopped after the answer.
    /// </summary>
    public void Release()
    {
        if (IsLocal)
        {
            // An answer that is complete while the request still goes out is no reason to stop the request.
            if (!RemoteEnded && !IsFaulted)
            {
                Reset(new SocketRestException(SocketRestErrorCode.Cancelled, "The caller let go of the response before the exchange had ended.", RequestOutcome.Executed));
            }
        }
        else
        {
            StopRemote();
            Connection.Served.OnEnded();
        }

        if ((Set(StreamState.LetGo) & StreamState.Closing) != 0)
        {
            ReturnGranted();
        }

        StreamState old = Set(StreamState.Released);
        RecycleIfDone(old, old | StreamState.Released);
    }

    /// <summary>Takes nothing more from the peer once everything of our own is sent. Our side must have ended or be about to.</summary>
    public void StopRemote()
    {
        if (RemoteEnded || IsFaulted)
        {
            return;
        }

        StreamState before = Set(StreamState.StopRemote);
        if ((before & StreamState.LocalEnded) != 0 && (before & StreamState.RemoteEnded) == 0)
        {
            Set(StreamState.Faulted);
            CloseAndReset(IsLocal ? SocketRestErrorCode.Cancelled : SocketRestErrorCode.None, null);
        }
    }

    /// <summary>Ends the stream at once, here and at the peer. What was not committed is discarded.</summary>
    public void Reset(SocketRestException reason) => Fail(reason, tellPeer: true);

    /// <summary>Refuses a request whose fields make none, which its reader found beside the read loop. It counts like those that the read loop finds.</summary>
    public void ResetMalformed(string why)
    {
        if (Fail(new SocketRestException(SocketRestErrorCode.MalformedMessage, why, RequestOutcome.NotSent), tellPeer: true))
        {
            Connection.Budget.NoteResetBeside();
        }
    }

    private StreamState Set(StreamState bits) =>
        (StreamState)Interlocked.Or(ref _state, (int)bits);

    private StreamState Unset(StreamState bits) =>
        (StreamState)Interlocked.And(ref _state, (int)~bits);

    private void RecycleIfDone(StreamState before, StreamState after)
    {
        const StreamState Mask = StreamState.Released | StreamState.Closed | StreamState.BothEnded | StreamState.Queued | StreamState.Faulted | StreamState.Pinned;
        const StreamState Done = StreamState.Released | StreamState.Closed | StreamState.BothEnded;
        if ((after & Mask) == Done && (before & Mask) != Done)
        {
            Recycle();
        }
    }

    private void Recycle()
    {
        if (_inputUsed)
        {
            _input.Writer.Complete();
            _input.Reader.Complete();
            _input.Reset();
        }

        if (_outputUsed)
        {
            _output.Writer.Complete();
            _output.Reader.Complete();
            _output.Reset();
        }

        if (_smallInput is not null)
        {
            ArrayPool<byte>.Shared.Return(_smallInput);
            _smallInput = null;
        }

        if (_smallOutput is not null)
        {
            ArrayPool<byte>.Shared.Return(_smallOutput);
            _smallOutput = null;
        }

        Head.Clear();
        RemoteHead.Clear();
        Reopen();
        Connection.Return(this);
    }

    private void Reopen()
    {
        Volatile.Write(ref _state, 0);
        _fault = null;
        _headFailure = null;
        _headDelivered = 0;
        _headStage = HeadStage.None;
        _headEndsStream = false;
        _inputUsed = false;
        _outputAbandoned = false;
        _outputUsed = false;
        _smallWritten = 0;
        _smallFlushed = 0;
        _smallSent = 0;
        _trailers = null;
        _informational = null;
        RemoteTrailers = null;
        RemoteHeadReceived = false;
        ExpectsBody = true;
        StatusReceived = null;
        _unheard = null;
        _remoteRemaining = -1;
        _seen = 0;
        _ungranted = 0;
        _window = Connection.LocalSettings.StreamWindow;
        _receiveCredit = _window;
        _sendCredit = Connection.RemoteSettings.StreamWindow;
        _granted = 0;
        _bodyEnd = 0;
        _isBlocked = false;
        _pace = null;
        Id = 0;
    }
}
