namespace SocketRest.Multiplexing;

/// <summary>
/// The streams that the peer lets this side have open at once. Calls beyond that wait in order; how many and how long is bounded,
/// and a call that is turned away was not sent.
/// </summary>
/// <param name="limit">How many the peer allows.</param>
/// <param name="maxWaiting">How many more may wait.</param>
/// <param name="maxWait">How long each may wait.</param>
/// <param name="time">The clock.</param>
/// <param name="owner">The connection, where there is more to it than the number.</param>
internal sealed class StreamSlots(int limit, int maxWaiting, TimeSpan maxWait, TimeProvider time, ISlotOwner? owner = null)
{
    private readonly Lock _lock = new();
    private readonly LinkedList<TaskCompletionSource> _waiting = new();
    private readonly TaskCompletionSource<SocketRestException> _whenClosed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private SocketRestException? _closed;
    private ITimer? _timer;
    private ResetPace? _pace;
    private volatile bool _awaitsReceipt;
    private volatile bool _needsReceipt;
    private bool _callsBack;
    private int _inUse;

    /// <summary>Whether no new streams are to be had any more.</summary>
    public bool IsClosed => Volatile.Read(ref _closed) is not null;

    /// <summary>Why no new streams are to be had any more, or null.</summary>
    public SocketRestException? ClosedFor => Volatile.Read(ref _closed);

    /// <summary>Completes with the reason when no new streams are to be had any more.</summary>
    public Task<SocketRestException> WhenClosed => _whenClosed.Task;

    public int InUse => Volatile.Read(ref _inUse);

    /// <summary>How many calls have a stream or wait for one. A look from outside, which holds nobody up and may be a moment old.</summary>
    public int InFlight => Volatile.Read(ref _inUse) + _waiting.Count;

    /// <summary>Whether the next call would have to wait.</summary>
    public bool IsFull => Volatile.Read(ref _inUse) >= limit;

    /// <summary>Takes a slot if one is free and nobody waits.</summary>
    /// <param name="closed">Why the connection takes no new streams, or null.</param>
    public bool TryTake(out SocketRestException? closed)
    {
        lock (_lock)
        {
            closed = ClosedLocked();
            if (closed is not null || _waiting.Count > 0 || !HasRoomLocked())
            {
                return false;
            }

            _inUse++;
            return true;
        }
    }

    public async ValueTask TakeAsync(CancellationToken cancellationToken)
    {
        var waiter = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        LinkedListNode<TaskCompletionSource> node;
        lock (_lock)
        {
            if (ClosedLocked() is { } closed)
            {
                throw closed;
            }

            if (_waiting.Count == 0 && HasRoomLocked())
            {
                _inUse++;
                return;
            }

            if (_waiting.Count >= maxWaiting)
            {
                throw new SocketRestException(
                    SocketRestErrorCode.StreamLimit,
                    $"The peer allows {limit} requests at once and {maxWaiting} more already wait: the request was not sent. Send fewer at a time, or raise MaxConcurrentStreams at the other end or MaxWaitingRequests at this one.");
            }

            node = _waiting.AddLast(waiter);
            AwaitRoomLocked();
        }

        try
        {
            await waiter.Task.WaitAsync(maxWait, time, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is TimeoutException or OperationCanceledException)
        {
            lock (_lock)
            {
                if (node.List is not null)
                {
                    _waiting.Remove(node);
                }
                else if (waiter.Task.IsCompletedSuccessfully)
                {
                    // The slot was granted while the caller gave up: pass it on.
                    ReleaseLocked();
                }
            }

            if (exception is TimeoutException)
            {
                throw new SocketRestException(
                    SocketRestErrorCode.StreamLimit,
                    $"The peer allows {limit} requests at once and none ended within {maxWait}: the request was not sent. Send fewer at a time, or raise MaxConcurrentStreams at the other end or RequestWaitTimeout at this one.");
            }

            throw;
        }
    }

    /// <summary>Whether it makes a difference to know what the peer has received.</summary>
    public bool AwaitsReceipt => _awaitsReceipt;

    /// <summary>Whether calls may have to wait until that is known.</summary>
    public bool NeedsReceipt => _needsReceipt;

    /// <summary>A stream that the peer has not begun to answer is about to be reset: its RESET is queued next.</summary>
    public void NoteReset()
    {
        lock (_lock)
        {
            PaceLocked()?.NoteQueued();
        }
    }

    /// <summary>So many such frames were written, the last of which ends at this position.</summary>
    public void NoteResetsSent(int count, ulong position)
    {
        lock (_lock)
        {
            PaceLocked()?.NoteSent(count, position);
            NotePaceLocked();
        }
    }

    /// <summary>The peer has reset a stream before its answer began, for a reason that it counts.</summary>
    public void NoteResetByPeer()
    {
        lock (_lock)
        {
            PaceLocked()?.NoteByPeer();
            NotePaceLocked();
        }
    }

    /// <summary>The peer has the counted bytes up to this position.</summary>
    public void NoteReceived(ulong position)
    {
        lock (_lock)
        {
            _pace?.NoteReceived(position);
            NotePaceLocked();
            GrantLocked();
        }
    }

    public void Release()
    {
        lock (_lock)
        {
            ReleaseLocked();
        }
    }

    /// <summary>
    /// From now on every take fails with the reason; whoever waits fails now. With <paramref name="callsBack"/> none of this while a request of the peer runs here.
    /// </summary>
    public void Close(SocketRestException reason, bool callsBack = false)
    {
        lock (_lock)
        {
            if (_closed is not null && (callsBack || !_callsBack))
            {
                return;
            }

            _callsBack = callsBack;
            _closed = reason;
            _whenClosed.TrySetResult(reason);
            if (callsBack && MayCallBack)
            {
                return;
            }

            _timer?.Dispose();
            _timer = null;
            foreach (TaskCompletionSource waiter in _waiting)
            {
                waiter.TrySetException(reason.For(RequestOutcome.NotSent));
            }

            _waiting.Clear();
        }
    }

    private bool MayCallBack => owner?.Serves == true;

    private void ReleaseLocked()
    {
        _inUse--;
        GrantLocked();
    }

    private void GrantLocked()
    {
        while (_waiting.First is { } first && HasRoomLocked())
        {
            _inUse++;
            _waiting.RemoveFirst();
            first.Value.SetResult();
        }

        AwaitRoomLocked();
    }

    private ResetPace? PaceLocked() => _pace ??= owner?.CreateResetPace();

    private void NotePaceLocked()
    {
        _awaitsReceipt = _pace?.AwaitsReceipt == true;
        _needsReceipt = _pace?.IsPressing == true;
    }

    private bool HasRoomLocked() => _inUse < limit && (_pace is null || _pace.MayOpen(_inUse + 1));

    /// <summary>Where only the pace holds somebody up, a timer lets him go on, or the word that the peer has received what was sent.</summary>
    private void AwaitRoomLocked()
    {
        if (_waiting.Count == 0 || _inUse >= limit || _pace?.UntilNext() is not { } wait)
        {
            return;
        }

        _timer ??= time.CreateDetachedTimer(static state => ((StreamSlots)state!).OnTimer(), this);
        _timer.Change(wait, Timeout.InfiniteTimeSpan);
    }

    private void OnTimer()
    {
        lock (_lock)
        {
            GrantLocked();
        }
    }

    private SocketRestException? ClosedLocked() =>
        _closed is { } reason && !(_callsBack && MayCallBack) ? reason.For(RequestOutcome.NotSent) : null;
}
