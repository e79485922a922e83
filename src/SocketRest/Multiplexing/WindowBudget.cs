namespace SocketRest.Multiplexing;

/// <summary>
/// What a connection's streams may together be granted beyond their initial windows: so that one body fills a long fat link, while a peer
/// that opens many streams pins no more than the initial windows and this.
/// </summary>
internal sealed class WindowBudget(int bytes)
{
    private int _left = bytes;

    /// <summary>Takes the amount, all of it or nothing.</summary>
    public bool TryTake(int amount)
    {
        if (Interlocked.Add(ref _left, -amount) >= 0)
        {
            return true;
        }

        Interlocked.Add(ref _left, amount);
        return false;
    }

    public void Return(int amount) => Interlocked.Add(ref _left, amount);
}
