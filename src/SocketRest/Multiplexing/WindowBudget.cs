namespace SocketRest.Multiplexing;

/// <summary>
/// What a connection's streams may together be granted beyond their initial windows: so that one body fills a long fat link, while a peer
/// that opens many streams pins no more than the initial windows and this. Behind it may be the host's budget, which all connections share
/// and which the initial windows come out of as well.
/// </summary>
internal sealed class WindowBudget(long bytes, WindowBudget? host = null)
{
    private long _left = bytes;

    /// <summary>Takes the amount, all of it or nothing.</summary>
    public bool TryTake(int amount)
    {
        if (Interlocked.Add(ref _left, -amount) >= 0)
        {
            if (host is null || host.TryTake(amount))
            {
                return true;
            }
        }

        Interlocked.Add(ref _left, amount);
        return false;
    }

    public void Return(int amount)
    {
        Interlocked.Add(ref _left, amount);
        host?.Return(amount);
    }

    /// <summary>Takes an initial window, which is the host's concern alone.</summary>
    public bool TryReserve(int amount) => host is null || host.TryTake(amount);

    public void ReturnReserved(int amount) => host?.Return(amount);
}
