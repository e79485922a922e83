namespace SocketRest.Cli.Management.Metrics;

/// <summary>How many different sets of tags there may be: some come from strangers.</summary>
internal sealed class SeriesBudget(int limit)
{
    private int _used;

    public bool TryTake()
    {
        if (Interlocked.Increment(ref _used) <= limit)
        {
            return true;
        }

        Interlocked.Decrement(ref _used);
        return false;
    }
}
