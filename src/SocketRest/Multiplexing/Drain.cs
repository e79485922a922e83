using SocketRest.Protocol;

namespace SocketRest.Multiplexing;

/// <summary>
/// The graceful end of a connection (PROTOCOL.md section 8). One side asks with GOAWAY and still takes what the other had opened by then; the other answers
/// when nothing of its own is left. So no call is refused halfway, and the one that asked knows when nothing can come any more.
/// </summary>
internal sealed class Drain(TunnelConnection connection)
{
    /// <summary>How long a side on which nothing runs waits for the answer: more than a slow link needs for what stands in front of it.</summary>
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(10);

    /// <summary>Bytes of the answer.</summary>
    private const int Answer = FrameHeader.Size + FramePayload.GoAwayFixed;

    /// <summary>By serial arithmetic above every stream that can be on its way.</summary>
    private const uint Ahead = 1u << 30;

    private TaskCompletionSource? _finished;
    private SocketRestException? _reason;
    private ITimer? _timer;
    private bool _answered;
    private volatile bool _hasBegun;
    private volatile bool _isAsked;
    private volatile bool _isSettled;

    /// <summary>Whether this side asked the other to go on elsewhere, or the other way round.</summary>
    public bool IsUnderWay => _hasBegun || _isAsked;

    /// <summary>Whether the other end may open nothing any more: it has answered, or never will.</summary>
    public bool IsSettled => _isSettled;

    /// <summary>
    /// Whether nothing is left at either end, as far as this one knows: what is still to come is the end of the socket. Not while the other end may miss
    /// something that was sent before the answer.
    /// </summary>
    public bool IsOver => connection.OpenStreams == 0 && (_isSettled || (_hasBegun && OwesNothing) || (Volatile.Read(ref _answered) && connection.Sender.IsReceivedUpTo(Answer)));

    /// <summary>Asks the other end to open nothing more. Only the first time counts.</summary>
    public void Begin(SocketRestErrorCode code, string sentence)
    {
        var reason = new SocketRestException(code, code == SocketRestErrorCode.Draining ? "The connection is being drained and takes no new requests." : sentence);
        if (Interlocked.CompareExchange(ref _reason, reason, null) is not null)
        {
            return;
        }

        connection.Slots.Close(reason, callsBack: true);
        _finished = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _hasBegun = true;
        connection.Sender.QueueGoAway(unchecked(connection.Streams.LastRemote + Ahead), code, sentence);
        ThreadPool.UnsafeQueueUserWorkItem(static drain => _ = drain.CloseWhenFinishedAsync(), this, preferLocal: false);
        OnIdle();
    }

    /// <summary>The other end asks.</summary>
    public void OnAsked()
    {
        _isAsked = true;
        OnIdle();
    }

    /// <summary>The other end has nothing left and opens nothing more.</summary>
    public void OnAnswered()
    {
        if (_hasBegun)
        {
            _isSettled = true;
            OnIdle();
        }
    }

    /// <summary>Called when the last stream has ended while this is under way, and whenever it may be that there is none.</summary>
    public void OnIdle()
    {
        // A call that has a slot and is no stream yet will be one, and end.
        if (connection.OpenStreams != 0 || connection.Slots.InUse != 0)
        {
            return;
        }

        if (_isAsked && !Interlocked.Exchange(ref _answered, true))
        {
            connection.Sender.QueueGoAway(connection.Streams.LastRemote, SocketRestErrorCode.None, null, answer: true);
        }

        if (!_hasBegun)
        {
            return;
        }

        if (_isSettled || (connection.IsInterrupted && OwesNothing))
        {
            _isSettled = true;
            _finished!.TrySetResult();
        }
        else
        {
            AwaitAnswer();
        }
    }

    /// <summary>
    /// Whether a peer that is not there, now or later, misses nothing if it finds the connection gone: nothing runs, it has all of what was sent to it by calls that were not
    /// given up, and what it may have sent meanwhile could only be refused. Who dialled can come back by itself and say that it leaves, so that the other end need not wait for it.
    /// </summary>
    private bool OwesNothing =>
        !connection.IsDialler && !connection.TakesRequests && connection.OpenStreams == 0 && connection.Slots.InUse == 0 && connection.Sender.AreBodiesReceived;

    private void AwaitAnswer()
    {
        if (Volatile.Read(ref _timer) is not null || connection.IsEnded)
        {
            return;
        }

        ITimer timer = connection.Time.CreateDetachedTimer(static state => ((Drain)state!).OnSilence(), this);
        if (Interlocked.CompareExchange(ref _timer, timer, null) is null)
        {
            timer.Change(s_patience, Timeout.InfiniteTimeSpan);
        }
        else
        {
            timer.Dispose();
        }
    }

    private void OnSilence()
    {
        if (connection.IsInterrupted && !OwesNothing)
        {
            // Who is not there cannot answer, and may have something to finish when it is back. It is waited for as long as for any that is lost.
            _timer!.Change(s_patience, Timeout.InfiniteTimeSpan);
            return;
        }

        OnAnswered();
    }

    private async Task CloseWhenFinishedAsync()
    {
        await Task.WhenAny(_finished!.Task, connection.Completion).ConfigureAwait(false);
        Volatile.Read(ref _timer)?.Dispose();
        connection.Fail(
            _reason!.ErrorCode == SocketRestErrorCode.Draining ? new SocketRestException(SocketRestErrorCode.ConnectionClosed, "This side closed the connection.") : _reason,
            SocketRestErrorCode.None);
    }
}
