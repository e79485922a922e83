namespace SocketRest.Benchmarks.Measuring;

/// <summary>Bytes on the wire, both ways.</summary>
internal sealed class WireCounter
{
    private long _bytes;

    public long Bytes => Interlocked.Read(ref _bytes);

    public void Add(int bytes) => Interlocked.Add(ref _bytes, bytes);
}
