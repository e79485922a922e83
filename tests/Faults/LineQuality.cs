namespace SocketRest.Faults;

/// <summary>What one direction of a proxy's connections is like. Changes hold from the next bytes on.</summary>
internal sealed class LineQuality
{
    /// <summary>Most bytes that are on their way on a long line without a limit of its rate.</summary>
    private const int LongLine = 16 * 1024 * 1024;

    private const int ShortLine = 256 * 1024;

    private long _delay;
    private long _bytesPerSecond;

    /// <summary>How long each byte takes. Says nothing of how many can be on their way at once.</summary>
    public TimeSpan Delay
    {
        get => new(Volatile.Read(ref _delay));
        set => Volatile.Write(ref _delay, value.Ticks);
    }

    /// <summary>What the line carries, or null for all it can.</summary>
    public int? BytesPerSecond
    {
        get => Volatile.Read(ref _bytesPerSecond) is > 0 and var rate ? (int)rate : null;
        set => Volatile.Write(ref _bytesPerSecond, value ?? 0);
    }

    /// <summary>How many bytes the line holds before it takes no more: those under way, and a tenth of a second's worth that wait in front of a slow one.</summary>
    public int Capacity => BytesPerSecond is { } rate
        ? (int)Math.Min(LongLine, 4096 + (rate * (Delay.TotalSeconds + 0.1)))
        : Delay > TimeSpan.Zero ? LongLine : ShortLine;
}
