namespace SocketRest.Multiplexing;

/// <summary>What is known of how much the peer has received, for those who have to wait until it has.</summary>
internal sealed partial class FrameSender
{
    private bool _asksForReceipt;
    private ulong _bodiesEnd;

    /// <summary>
    /// Whether the peer has acknowledged the contents of all calls that are over, but for those that were given up. The answer of a call may be complete before its content
    /// has arrived; of one without content nothing can be missing.
    /// </summary>
    public bool AreBodiesReceived
    {
        get
        {
            lock (_gate)
            {
                return _acknowledged >= Volatile.Read(ref _bodiesEnd);
            }
        }
    }

    /// <summary>Where the message that is put together has got to, counted from the first one. Called by the pump.</summary>
    public ulong PositionOf(in MessageWriter writer) => _replay.Written + (ulong)writer.Length;

    /// <summary>A call is over whose content ended at this position.</summary>
    public void NoteBodyEnd(ulong position)
    {
        ulong seen = Volatile.Read(ref _bodiesEnd);
        while (position > seen)
        {
            ulong before = Interlocked.CompareExchange(ref _bodiesEnd, position, seen);
            if (before == seen)
            {
                return;
            }

            seen = before;
        }
    }

    /// <summary>
    /// Where the peer acknowledges nothing it is asked, if calls may have to wait for that: its answer to a PING says that it has what left before.
    /// </summary>
    public void SeeToReceipt()
    {
        lock (_gate)
        {
            SeeToReceiptLocked();
        }
    }

    private void SeeToReceiptLocked()
    {
        if (!_keeps && !_asksForReceipt && _connection.Slots.NeedsReceipt)
        {
            _asksForReceipt = true;
            ThreadPool.UnsafeQueueUserWorkItem(static sender => _ = sender.AskForReceiptAsync(), this, preferLocal: false);
        }
    }

    private async Task AskForReceiptAsync()
    {
        while (true)
        {
            ulong sent;
            lock (_gate)
            {
                if (_stopped is not null || !_connection.Slots.AwaitsReceipt)
                {
                    _asksForReceipt = false;
                    return;
                }

                sent = CountedSent;
            }

            try
            {
                await _connection.Pings.PingAsync(default, CancellationToken.None).ConfigureAwait(false);
            }
            catch (SocketRestException)
            {
                // It has ended, or so many PINGs wait already that nobody can be asked: better to hold back too little than for ever.
            }

            _connection.Slots.NoteReceived(sent);
        }
    }

    private void NoteReceived(ulong received)
    {
        if (_connection.Slots.AwaitsReceipt)
        {
            _connection.Slots.NoteReceived(received);
        }
    }
}
