namespace SocketRest.Benchmarks.Fuzzing;

/// <summary>The other end of a <see cref="MemorySocket"/>.</summary>
internal interface IMemoryPeer
{
    /// <summary>A message was sent; the bytes are valid during the call.</summary>
    void OnSent(ReadOnlySpan<byte> message);

    /// <summary>The socket was closed or cut at the other end; may be called more than once.</summary>
    void OnEnded();
}
