namespace SocketRest.Benchmarks.App;

/// <summary>The content of every bulk transfer: random bytes that repeat with a prime period, so that a lost, doubled or swapped piece shows in any sample after it.</summary>
internal static class Pattern
{
    public const int ChunkSize = 64 * 1024;

    private const int Period = 65_521;

    // One chunk longer than the period: a chunk that starts anywhere in it is one contiguous slice, and sending copies nothing.
    private static readonly byte[] Bytes = Create();

    public static ReadOnlyMemory<byte> Chunk(long offset, long remaining) =>
        Bytes.AsMemory((int)(offset % Period), (int)Math.Min(ChunkSize, remaining));

    /// <summary>Compares the first and the last byte: checking each one would cost more than some peers need to move it.</summary>
    public static bool Matches(ReadOnlySpan<byte> received, long offset) =>
        received.IsEmpty
        || (received[0] == Bytes[offset % Period] && received[^1] == Bytes[(offset + received.Length - 1) % Period]);

    private static byte[] Create()
    {
        var bytes = new byte[Period + ChunkSize];
        new Random(20_260_101).NextBytes(bytes.AsSpan(0, Period));
        for (var i = Period; i < bytes.Length; i++)
        {
            bytes[i] = bytes[i - Period];
        }

        return bytes;
    }
}
