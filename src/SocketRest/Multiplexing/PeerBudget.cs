using SocketRest.Protocol;

namespace SocketRest.Multiplexing;

/// <summary>
/// What a peer may cost in frames that bring nobody anything. Runs on the read loop, but for resets of which others say; the clock is looked at when a budget is used up,
/// not for each frame. A peer that is over is thrown out.
/// </summary>
internal sealed class PeerBudget
{
    /// <summary>The fewest bytes that we send for each WINDOW and ACK that answers them: half of a DATA frame with one byte in it.</summary>
    private const uint BytesPaid = 4;

    private static readonly TimeSpan s_second = TimeSpan.FromSeconds(1);

    private readonly TunnelConnection _connection;
    private readonly TimeProvider _time;
    private readonly long _maxResets;
    private readonly int _maxOverhead;
    private readonly Lock _resetsLock = new();
    private readonly Queue<(long At, long Opened)> _resets = new();
    private long _opened;
    private int _emptyLeft;
    private long _emptySince;
    private int _creditLeft;
    private long _creditSince;
    private ulong _paid;

    public PeerBudget(TunnelConnection connection, SocketRestOptions options)
    {
        _connection = connection;
        _time = options.TimeProvider;
        _maxResets = options.MaxResetsPerSecond ?? 2L * options.MaxConcurrentStreams;
        _maxOverhead = options.MaxOverheadFramesPerSecond;
        _emptyLeft = _creditLeft = _maxOverhead;
        _emptySince = _creditSince = _time.GetTimestamp();
    }

    /// <summary>The peer opened a stream.</summary>
    public void NoteOpened() => Volatile.Write(ref _opened, _opened + 1);

    /// <summary>
    /// A stream of the peer was reset before its answer had begun: by the peer, or because of what it sent, or as one too many. To cancel a
    /// small part of many calls is no offence: it is one to let hardly any finish.
    /// </summary>
    public void NoteReset()
    {
        if (IsOneTooMany())
        {
            throw new ConnectionErrorException(SocketRestErrorCode.EnhanceYourCalm, TooManyResets);
        }
    }

    /// <summary>The same for whoever reads a request beside the read loop, and finds that it is none.</summary>
    public void NoteResetBeside()
    {
        if (IsOneTooMany())
        {
            _connection.Fail(new SocketRestException(SocketRestErrorCode.EnhanceYourCalm, TooManyResets), SocketRestErrorCode.EnhanceYourCalm);
        }
    }

    /// <summary>Ends a stream for what the peer did on it: to make this side reset its streams costs as much as resetting them.</summary>
    public void Reset(TunnelStream stream, SocketRestException reason)
    {
        stream.Reset(reason);
        Judge(stream, wentWell: false);
    }

    /// <summary>The same for a stream of which this side may be letting go at this moment.</summary>
    public void ResetPinned(uint id, SocketRestErrorCode code, string message)
    {
        if (_connection.Streams.TryPin(id, out TunnelStream? stream))
        {
            Reset(stream, new SocketRestException(code, message, RequestOutcome.Executed));
        }
    }

    /// <summary>Whether a stream of the peer's took what came for it, or had to be reset because of that.</summary>
    public void Judge(TunnelStream stream, bool wentWell)
    {
        if (!wentWell && !stream.IsLocal)
        {
            NoteReset();
        }
    }

    /// <summary>A frame that carries nothing: DATA without a byte and without an end, an interim answer, an unknown type, an answer to no PING.</summary>
    public void NoteEmpty()
    {
        if (--_emptyLeft < 0)
        {
            Renew(ref _emptyLeft, ref _emptySince);
        }
    }

    /// <summary>One is enough, and each goes through all streams.</summary>
    public void NoteGoAway()
    {
        _emptyLeft -= _maxOverhead / 10;
        if (_emptyLeft < 0)
        {
            Renew(ref _emptyLeft, ref _emptySince);
        }
    }

    /// <summary>Each is work for the application, one after the other.</summary>
    public void NoteReauthentication() => NoteGoAway();

    /// <summary>WINDOW or ACK: as many as the bytes call for that this side has sent, and some more.</summary>
    public void NoteCredit()
    {
        if (--_creditLeft >= 0)
        {
            return;
        }

        ulong earned = Math.Min((_connection.Sender.CountedSent - _paid) / BytesPaid, int.MaxValue);
        _paid += earned * BytesPaid;
        if (earned > 0)
        {
            _creditLeft = (int)earned - 1;
        }
        else
        {
            Renew(ref _creditLeft, ref _creditSince);
        }
    }

    private string TooManyResets => $"More than {_maxResets} streams were reset within a second, faster than they could finish.";

    private bool IsOneTooMany()
    {
        long now = _time.GetTimestamp();
        lock (_resetsLock)
        {
            while (_resets.TryPeek(out (long At, long Opened) oldest) && _time.GetElapsedTime(oldest.At, now) >= s_second)
            {
                _resets.Dequeue();
            }

            long opened = Volatile.Read(ref _opened);
            _resets.Enqueue((now, opened));
            if (_resets.Count <= _maxResets)
            {
                return false;
            }

            // One more in the window tells no more than this.
            (_, long openedThen) = _resets.Dequeue();
            return (_resets.Count + 1) * 2L > opened - openedThen + 1;
        }
    }

    private void Renew(ref int left, ref long since)
    {
        long now = _time.GetTimestamp();
        if (_time.GetElapsedTime(since, now) < s_second)
        {
            throw new ConnectionErrorException(SocketRestErrorCode.EnhanceYourCalm, $"More than {_maxOverhead} frames that carry nothing came within a second.");
        }

        since = now;
        left = _maxOverhead - 1;
    }
}
