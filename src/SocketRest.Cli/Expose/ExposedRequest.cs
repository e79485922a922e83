namespace SocketRest.Cli.Expose;

/// <summary>One request that went through, for whoever looks on. Written by those who pass it on, read when it is over.</summary>
internal sealed class ExposedRequest(string method, string path, DateTimeOffset started)
{
    private long _bytesIn;
    private long _bytesOut;
    private int _finished;

    public string Method => method;

    /// <summary>Path and query, as they came.</summary>
    public string Path => path;

    public DateTimeOffset Started => started;

    /// <summary>The answer's status, or 0 where there was none.</summary>
    public int Status { get; set; }

    /// <summary>Of the whole exchange, once it is over.</summary>
    public TimeSpan Duration { get; private set; }

    /// <summary>Why there was no answer, or only part of one; null where all was well.</summary>
    public string? Failure { get; set; }

    /// <summary>The body that came from the caller.</summary>
    public long BytesIn => Interlocked.Read(ref _bytesIn);

    /// <summary>The body that went to the caller.</summary>
    public long BytesOut => Interlocked.Read(ref _bytesOut);

    /// <summary>Notes the end. False where that was done before.</summary>
    public bool TryFinish(TimeSpan duration)
    {
        if (Interlocked.Exchange(ref _finished, 1) != 0)
        {
            return false;
        }

        Duration = duration;
        return true;
    }

    public void AddIn(int count) => Interlocked.Add(ref _bytesIn, count);

    public void AddOut(int count) => Interlocked.Add(ref _bytesOut, count);
}
