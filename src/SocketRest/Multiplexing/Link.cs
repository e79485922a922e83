using System.Net.WebSockets;
using SocketRest.Transport;

namespace SocketRest.Multiplexing;

/// <summary>One WebSocket of a connection and the loop that reads it. A connection that is resumed has several, one after the other.</summary>
internal sealed class Link(WebSocketTransport transport)
{
    /// <summary>How long a peer that has closed the socket may take to make room for the answer.</summary>
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(2);

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

    /// <summary>Completes when the peer's close frame is answered, or cannot be: at once where there was none. True for an answer.</summary>
    public Task<bool> Answered { get; private set; } = Task.FromResult(false);

    /// <summary>The peer has closed the socket in good order, and is to see that it was heard.</summary>
    public void AnswerClose(TimeProvider time) => Answered = AnswerAsync(time);

    /// <summary>Cuts the socket. What is pending on it fails.</summary>
    public void Cut()
    {
        transport.Cut();
        _lost.TrySetResult();
    }

    /// <summary>Cuts the socket, or lets it go once the peer's close frame is answered: to cut it would take the answer back.</summary>
    public void Leave()
    {
        if (Answered is { IsCompletedSuccessfully: true, Result: false })
        {
            Cut();
        }
        else
        {
            _ = LeaveAnsweredAsync();
        }
    }

    private async Task LeaveAnsweredAsync()
    {
        if (!await Answered.ConfigureAwait(false))
        {
            Cut();
            return;
        }

        transport.Dispose();
        _lost.TrySetResult();
    }

    private async Task<bool> AnswerAsync(TimeProvider time)
    {
        var tooLate = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using ITimer limit = time.CreateDetachedTimer(static late => ((TaskCompletionSource)late!).TrySetResult(), tooLate);
        try
        {
            // The dialling side's socket waits here for the other to end what is below it as well.
            WebSocketCloseStatus status = transport.CloseStatus is { } given and not WebSocketCloseStatus.Empty ? given : WebSocketCloseStatus.NormalClosure;
            Task answer = transport.CloseOutputAsync(status, null);
            limit.Change(s_patience, Timeout.InfiniteTimeSpan);
            if (await Task.WhenAny(answer, tooLate.Task).ConfigureAwait(false) != answer)
            {
                _ = answer.ContinueWith(static late => late.Exception, CancellationToken.None, TaskContinuationOptions.OnlyOnFaulted, TaskScheduler.Default);
                return false;
            }

            await answer.ConfigureAwait(false);
            return true;
        }
        catch (Exception exception) when (exception is WebSocketException or ObjectDisposedException or IOException or InvalidOperationException or OperationCanceledException)
        {
            // The peer is gone, or its socket is full: it asked for no more than to be let go.
            return false;
        }
    }
}
