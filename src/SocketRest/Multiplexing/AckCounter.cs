namespace SocketRest.Multiplexing;

/// <summary>
/// Counts the bytes of the peer's whole counted frames and says when an ACK is due: every quarter of the peer's replay buffer, or 100 ms
/// after the first byte that was not acknowledged. A peer without a replay buffer wants none.
/// </summary>
internal sealed class AckCounter
{
    private static readonly TimeSpan s_delay = TimeSpan.FromMilliseconds(100);

    private readonly int _every;
    private readonly Action _due;
    private readonly ITimer? _timer;
    private ulong _received;
    private ulong _acknowledged;
    private bool _armed;

    public AckCounter(int peerReplayBuffer, Action due, TimeProvider time)
    {
        _every = Math.Min(Math.Max(1, peerReplayBuffer / 4), 64 * 1024);
        _due = due;
        _timer = peerReplayBuffer > 0 ? time.CreateDetachedTimer(static state => ((AckCounter)state!).OnTimer(), this) : null;
    }

    /// <summary>Called on the read loop.</summary>
    public void Add(int bytes)
    {
        ulong received = _received + (ulong)bytes;
        Volatile.Write(ref _received, received);
        if (_timer is null)
        {
            return;
        }

        if (received - Volatile.Read(ref _acknowledged) >= (ulong)_every)
        {
            Volatile.Write(ref _acknowledged, received);
            _due();
        }
        else if (!Volatile.Read(ref _armed))
        {
            Volatile.Write(ref _armed, true);
            _timer.Change(s_delay, Timeout.InfiniteTimeSpan);
        }
    }

    /// <summary>The count to send now.</summary>
    public ulong Take()
    {
        ulong received = Volatile.Read(ref _received);
        Volatile.Write(ref _acknowledged, received);
        return received;
    }

    public void Stop() => _timer?.Dispose();

    private void OnTimer()
    {
        Volatile.Write(ref _armed, false);
        if (Volatile.Read(ref _received) != Volatile.Read(ref _acknowledged))
        {
            _due();
        }
    }
}
