namespace SocketRest.Benchmarks.Measuring;

/// <summary>How long each peer of a scenario is measured, and in how many pieces.</summary>
internal sealed class Plan
{
    public Plan(double seconds)
    {
        // Short rounds, so that a disturbance from outside hits all peers alike; at least five, so that the median means something.
        Rounds = Math.Clamp((int)Math.Ceiling(seconds), 5, 25);
        Round = TimeSpan.FromSeconds(seconds / Rounds);
    }

    public int Rounds { get; }

    public TimeSpan Round { get; }

    /// <summary>What a bulk peer moves in one round: 1 GiB where a round lasts a second or more.</summary>
    public long BulkBytes => Math.Max(16L << 20, (long)(Math.Min(1, Round.TotalSeconds) * (1L << 30)));

    /// <summary>The time after which a scenario is taken to hang: several times what its slowest peers need on a busy machine.</summary>
    public TimeSpan Limit => TimeSpan.FromMinutes(5) + (Rounds * Round * 40);
}
