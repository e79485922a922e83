namespace SocketRest.Multiplexing;

/// <summary>
/// Counts the bytes of the peer's whole counted frames and says when an ACK is due: every quarter of the peer's replay buffer, or 100 ms
/// after the first byte that was not acknowledged. Sooner it is only offered, to go with what is sent anyway. A peer without a replay buffer wants none.
/// </summary>
internal sealed class AckCounter
{
    /// <summary>From so many bytes on an ACK goes with the next message: what the peer need not keep leaves its caches to what it sends.</summary>
    private const int WorthOffering = 16 * 1024;

    private static readonly TimeSpan s_delay = TimeSpan.FromMilliseconds(100);

    private readonly int _every;
    private readonly FrameSender _sender;
    private readonly TimeProvider _time;
    private readonly bool _isWanted;
    private ITimer? _timer;
    private ulong _received;
    private ulong _acknowledged;
    private ulong _told;
    private bool _offered;
    private bool _armed;

    public AckCounter(int peerReplayBuffer, FrameSender sender, TimeProvider time)
    {
        _every = Math.Max(1, peerReplayBuffer / 4);
        _sender = sender;
        _time = time;
        _isWanted = peerReplayBuffer > 0;
    }

    /// <summary>All that was received.</summary>
    public ulong Received => Volatile.Read(ref _received);

    /// <summary>Called on the read loop.</summary>
    public void Add(int bytes)
    {
        ulong received = _received + (ulong)bytes;
        Volatile.Write(ref _received, received);
        if (!_isWanted)
        {
            return;
        }

        ulong news = received - Volatile.Read(ref _acknowledged);
        if (news >= (ulong)_every)
        {
            Volatile.Write(ref _acknowledged, received);
            _sender.QueueAck();
            return;
        }

        if (news >= WorthOffering && !Volatile.Read(ref _offered))
        {
            Volatile.Write(ref _offered, true);
            _sender.OfferAck();
        }

        if (!Volatile.Read(ref _armed))
        {
            Volatile.Write(ref _armed, true);
            _timer ??= _time.CreateDetachedTimer(static state => ((AckCounter)state!).OnTimer(), this);
            _timer.Change(s_delay, Timeout.InfiniteTimeSpan);
        }
    }

    /// <summary>The count to send in an ACK now. False when the peer has been told as much: another ACK was asked for while the last one was being written.</summary>
    public bool TryTakeNews(out ulong received)
    {
        ulong told = _told;
        received = Take();
        return received != told;
    }

    /// <summary>The count at this moment, to tell the peer.</summary>
    public ulong Take()
    {
        Volatile.Write(ref _offered, false);
        ulong received = Volatile.Read(ref _received);
        Volatile.Write(ref _acknowledged, received);
        _told = received;
        return received;
    }

    public void Stop() => _timer?.Dispose();

    private void OnTimer()
    {
        Volatile.Write(ref _armed, false);
        if (Volatile.Read(ref _received) != Volatile.Read(ref _acknowledged))
        {
            _sender.QueueAck();
        }
    }
}
