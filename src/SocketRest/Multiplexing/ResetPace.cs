namespace SocketRest.Multiplexing;

/// <summary>
/// Says when one more stream may be opened, so that the peer never finds its limit of resets exceeded (PROTOCOL.md, "Floods"), even if its caller and those of all
/// others give up at the next moment. It counts as <see cref="PeerBudget"/> does at the other end, with one difference: a second begins when the peer is certain to have a
/// RESET, for what a slow link holds arrives at once. Guarded by the lock of its owner.
/// </summary>
/// <param name="streams">Streams that the peer lets this side have open at once.</param>
/// <param name="limit">Resets within a second that the peer bears.</param>
/// <param name="time">The clock.</param>
/// <param name="opened">How many streams this side has opened.</param>
internal sealed class ResetPace(int streams, long limit, TimeProvider time, Func<long> opened)
{
    /// <summary>A peer that bears more is believed up to here: what is remembered has a bound.</summary>
    private const long MostRemembered = 16 * 1024;

    private static readonly TimeSpan s_second = TimeSpan.FromSeconds(1);

    private readonly int _limit = (int)Math.Clamp(limit, 1, MostRemembered);

    // In the order of the wire: those that the peer has, then those that it may not have yet.
    private readonly List<(long Opened, ulong Position, long ReceivedAt)> _resets = [];
    private int _received;
    private int _unsent;

    /// <summary>Whether a stream may have to wait because of what the peer is not certain to have.</summary>
    public bool IsPressing => AwaitsReceipt && (long)_resets.Count + _unsent + streams > _limit;

    /// <summary>Whether there are some that the peer may not have yet.</summary>
    public bool AwaitsReceipt => _received < _resets.Count;

    /// <summary>A stream that the peer has not begun to answer is about to be reset.</summary>
    public void NoteQueued() => _unsent++;

    /// <summary>So many such frames were written; the last one ends at this position of the counted bytes.</summary>
    public void NoteSent(int count, ulong position)
    {
        _unsent -= count;
        Append(count, position);
    }

    /// <summary>The peer has reset such a stream itself, and counts it as well.</summary>
    public void NoteByPeer()
    {
        // Among those that it may not have yet this one waits with them.
        Append(1, position: 0);
        NoteReceived(0);
    }

    /// <summary>The peer has the counted bytes up to this position.</summary>
    public void NoteReceived(ulong position)
    {
        long now = time.GetTimestamp();
        for (; _received < _resets.Count && _resets[_received].Position <= position; _received++)
        {
            _resets[_received] = _resets[_received] with { ReceivedAt = now };
        }
    }

    /// <summary>Whether a stream may be opened that makes it so many.</summary>
    public bool MayOpen(int open)
    {
        if (_received > 0)
        {
            Forget();
        }

        if (_resets.Count == 0 && _unsent == 0)
        {
            return true;
        }

        // Were all of them reset now, this would be the oldest that the peer still counts.
        int oldest = _resets.Count + _unsent + open - (_limit + 1);
        return oldest < 0 || (oldest < _resets.Count && opened() - _resets[oldest].Opened + 1 >= 2L * (_limit + 1));
    }

    /// <summary>When the oldest is forgotten: null while the peer may not have it yet.</summary>
    public TimeSpan? UntilNext()
    {
        if (_received == 0)
        {
            return null;
        }

        // Whole milliseconds, as timers count: one that is early would find nothing forgotten.
        TimeSpan left = s_second - time.GetElapsedTime(_resets[0].ReceivedAt);
        return left > TimeSpan.Zero ? TimeSpan.FromMilliseconds(Math.Ceiling(left.TotalMilliseconds)) : TimeSpan.Zero;
    }

    private void Append(int count, ulong position)
    {
        long now = opened();
        for (int i = 0; i < count; i++)
        {
            _resets.Add((now, position, 0));
        }

        // More than its limit the peer does not keep either.
        Drop(_resets.Count - _limit);
    }

    private void Forget()
    {
        int old = 0;
        long now = time.GetTimestamp();
        while (old < _received && time.GetElapsedTime(_resets[old].ReceivedAt, now) >= s_second)
        {
            old++;
        }

        Drop(old);
    }

    private void Drop(int count)
    {
        if (count > 0)
        {
            _resets.RemoveRange(0, count);
            _received = Math.Max(0, _received - count);
        }

        if (_resets.Count == 0)
        {
            _resets.Capacity = 0;
        }
    }
}
