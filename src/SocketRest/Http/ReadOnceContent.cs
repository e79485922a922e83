namespace SocketRest.Http;

/// <summary>Content that is read as it arrives, once, and whose length nobody knows before. To read it again would give nothing, as if that were all of it.</summary>
internal abstract class ReadOnceContent : HttpContent
{
    private bool _consumed;

    protected override bool TryComputeLength(out long length)
    {
        length = 0;
        return false;
    }

    /// <summary>To be called in front of each way to the content.</summary>
    protected void Consume()
    {
        if (_consumed)
        {
            throw new InvalidOperationException("The content was read already and cannot be read again.");
        }

        _consumed = true;
    }
}
