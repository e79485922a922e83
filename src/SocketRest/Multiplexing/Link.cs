using SocketRest.Transport;

namespace SocketRest.Multiplexing;

/// <summary>One WebSocket of a connection and the loop that reads it. A connection that is resumed has several, one after the other.</summary>
internal sealed class Link(WebSocketTransport transport)
{
    private readonly TaskCompletionSource _framesEnded = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _readingStopped = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _lost = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public WebSocketTransport Transport => transport;

    public ReadLoop Loop { get; } = new(transport);

    /// <summary>Completes when no more frames of this link are taken in.</summary>
    public Task FramesEnded => _framesEnded.Task;

    /// <summary>Completes when nothing is read from the socket any more: the peer has closed it, or sends on and on.</summary>
    public Task ReadingStopped => _readingStopped.Task;

    /// <summary>Completes when the connection has let go of this link, to go on over another or not at all.</summary>
    public Task Lost => _lost.Task;

    public void NoteFramesEnded() => _framesEnded.TrySetResult();

    public void NoteReadingStopped() => _readingStopped.TrySetResult();

    /// <summary>Cuts the socket. What is pending on it fails.</summary>
    public void Cut()
    {
        transport.Cut();
        _lost.TrySetResult();
    }
}
