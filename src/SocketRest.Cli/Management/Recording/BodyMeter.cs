using System.Buffers;

namespace SocketRest.Cli.Management.Recording;

/// <summary>Counts the bytes of one body, and keeps its beginning where that was asked for.</summary>
internal sealed class BodyMeter(int keep)
{
    private long _bytes;

    public long Bytes => Interlocked.Read(ref _bytes);

    public BodyCapture? Capture { get; } = keep > 0 ? new BodyCapture(keep) : null;

    public void Add(long count) => Interlocked.Add(ref _bytes, count);

    public void Add(ReadOnlySpan<byte> bytes)
    {
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
