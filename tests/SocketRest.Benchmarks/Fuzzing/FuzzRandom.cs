namespace SocketRest.Benchmarks.Fuzzing;

/// <summary>SplitMix64: a case's whole randomness from its run's seed and its number, on every machine the same, and free to make.</summary>
internal sealed class FuzzRandom
{
    private const ulong Step = 0x9E3779B97F4A7C15;

    private ulong _state;

    public void Start(ulong seed, long number) => _state = Mix(seed + Step) ^ Mix(((ulong)number * Step) + 1);

    public ulong NextWord() => Mix(_state += Step);

    /// <summary>From 0 to below <paramref name="limit"/>.</summary>
    public int Next(int limit) => (int)(((NextWord() >> 32) * (uint)limit) >> 32);

    /// <summary>Once in so many times.</summary>
    public bool OneIn(int times) => Next(times) == 0;

    public T Pick<T>(ReadOnlySpan<T> choices) => choices[Next(choices.Length)];

    public T Pick<T>(T[] choices) => choices[Next(choices.Length)];

    private static ulong Mix(ulong value)
    {
        value = (value ^ (value >> 30)) * 0xBF58476D1CE4E5B9;
        value = (value ^ (value >> 27)) * 0x94D049BB133111EB;
        return value ^ (value >> 31);
    }
}
