using System.Buffers;

namespace SocketRest.Cli.Management.Recording;

/// <summary>Counts the bytes of one body, and keeps its beginning where that was asked for.</summary>
/// <param name="keep">How much to keep, in bytes.</param>
/// <param name="keepAnyway">Asked when the body begins: how much to keep although nobody asked for bodies.</param>
internal sealed class BodyMeter(int keep, Func<int>? keepAnyway = null)
{
    private long _bytes;
    private bool _begun;

    public long Bytes => Interlocked.Read(ref _bytes);

    public BodyCapture? Capture { get; private set; } = keep > 0 ? new BodyCapture(keep) : null;

    /// <summary>The body is about to begin, or goes on.</summary>
    public void Begin()
    {
        if (_begun)
        {
            return;
        }

        _begun = true;
        if (Capture is null && keepAnyway?.Invoke() is > 0 and int some)
        {
            Capture = new BodyCapture(some);
        }
    }

    public void Add(long count) => Interlocked.Add(ref _bytes, count);

    public void Add(ReadOnlySpan<byte> bytes)
    {
        Begin();
        Add(bytes.Length);
        Capture?.Add(bytes);
    }

    public void Add(in ReadOnlySequence<byte> bytes)
    {
        Add(bytes.Length);
        if (Capture is null)
        {
            return;
        }

        foreach (ReadOnlyMemory<byte> part in bytes)
        {
            Capture.Add(part.Span);
        }
    }
}
