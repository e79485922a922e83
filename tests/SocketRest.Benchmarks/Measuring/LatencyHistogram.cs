using System.Numerics;

namespace SocketRest.Benchmarks.Measuring;

/// <summary>Counts durations in buckets no wider than 0.1 % of their value: fixed memory, however long the run, and nothing allocated while measuring.</summary>
internal sealed class LatencyHistogram
{
    private const int SubBits = 10;

    private readonly long[] _counts = new long[(64 - SubBits) << SubBits];

    public long Count { get; private set; }

    public void Record(long ticks)
    {
        _counts[Index(Math.Max(0, ticks))]++;
        Count++;
    }

    public void Add(LatencyHistogram other)
    {
        for (var i = 0; i < _counts.Length; i++)
        {
            _counts[i] += other._counts[i];
        }

        Count += other.Count;
    }

    public void Clear()
    {
        Array.Clear(_counts);
        Count = 0;
    }

    /// <summary>The lower edge of the bucket that holds the given share (0 to 1) of the durations, in ticks.</summary>
    public long Percentile(double share)
    {
        var rank = Math.Max(1, (long)Math.Ceiling(share * Count));
        for (var i = 0; i < _counts.Length; i++)
        {
            rank -= _counts[i];
            if (rank <= 0)
            {
                return LowerEdge(i);
            }
        }

        return 0;
    }

    // The highest SubBits + 1 bits of the value pick the bucket; small values have one each.
    private static int Index(long ticks)
    {
        var shift = Math.Max(0, BitOperations.Log2((ulong)ticks) - SubBits);
        return (shift << SubBits) + (int)(ticks >> shift);
    }

    private static long LowerEdge(int index)
    {
        var shift = Math.Max(0, (index >> SubBits) - 1);
        return (index - ((long)shift << SubBits)) << shift;
    }
}
