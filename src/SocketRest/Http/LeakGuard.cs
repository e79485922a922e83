using SocketRest.Multiplexing;

namespace SocketRest.Http;

/// <summary>
/// Resets the stream of a response that its caller forgot, so that the peer is not kept sending. Apart from the body, so that only
/// bodies that are still on their way pay for a finalizer.
/// </summary>
internal sealed class LeakGuard(TunnelStream stream) : IDisposable
{
    ~LeakGuard() => stream.Release();

    /// <summary>The caller did not forget it.</summary>
    public void Dispose() => GC.SuppressFinalize(this);
}
