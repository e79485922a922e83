namespace SocketRest.Multiplexing;

/// <summary>
/// The peer's requests that the application is at work on. A stream that the peer resets is closed at once, but its application may run on for a
/// while: past the limit a new request waits until one has ended, and never runs if it is reset before. What waits is open at the peer, whose limit
/// of streams bounds it.
/// </summary>
internal sealed class ServedRequests(int limit)
{
    private readonly Lock _lock = new();
    private readonly LinkedList<TunnelStream> _waiting = new();
    private int _waitingCount;
    private int _running;

    /// <summary>How many run or wait to run.</summary>
    public int Count => Volatile.Read(ref _running) + Volatile.Read(ref _waitingCount);

    /// <summary>Called on the read loop: true when the request may run now, otherwise it is run later.</summary>
    public bool TryRun(TunnelStream stream)
    {
        if (Interlocked.Increment(ref _running) <= limit && Volatile.Read(ref _waitingCount) == 0)
        {
            return true;
        }

        Interlocked.Decrement(ref _running);
        lock (_lock)
        {
            stream.WaitsToRun = _waiting.AddLast(stream);
            Volatile.Write(ref _waitingCount, _waiting.Count);
        }

        // Either may have come between: the stream's end, and that of a request which made room.
        if (stream.IsFaulted)
        {
            TryRemove(stream);
        }

        RunWaiting();
        return false;
    }

    /// <summary>Called once for each request that ran, when the application has let go of it.</summary>
    public void OnEnded()
    {
        Interlocked.Decrement(ref _running);
        if (Volatile.Read(ref _waitingCount) > 0)
        {
            RunWaiting();
        }
    }

    /// <summary>True when the request still waited: it never reaches the application.</summary>
    public bool TryRemove(TunnelStream stream)
    {
        lock (_lock)
        {
            if (stream.WaitsToRun is not { } node)
            {
                return false;
            }

            RemoveLocked(node);
        }

        stream.ReturnGranted();
        return true;
    }

    private void RunWaiting()
    {
        while (true)
        {
            IServerExchange next;
            lock (_lock)
            {
                if (_waiting.First is not { } first || Volatile.Read(ref _running) >= limit)
                {
                    return;
                }

                Interlocked.Increment(ref _running);
                next = first.Value.Exchange!;
                RemoveLocked(first);
            }

            ThreadPool.UnsafeQueueUserWorkItem(next, preferLocal: false);
        }
    }

    private void RemoveLocked(LinkedListNode<TunnelStream> node)
    {
        node.Value.WaitsToRun = null;
        _waiting.Remove(node);
        Volatile.Write(ref _waitingCount, _waiting.Count);
    }
}
