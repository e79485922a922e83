using System.Net.WebSockets;
using SocketRest.Diagnostics;

namespace SocketRest.Multiplexing;

/// <summary>How a connection ends: drained, closed, or because of what the peer did.</summary>
internal sealed partial class TunnelConnection
{
    /// <summary>How long the last words (GOAWAY, the close frame) may take before the socket is cut.</summary>
    private static readonly TimeSpan s_farewell = TimeSpan.FromSeconds(2);

    private readonly TaskCompletionSource _completion = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private SocketRestException? _end;
    private SocketRestException? _peerReason;
    private bool _peerCloses;
    private volatile bool _streamsEnded;

    /// <summary>Whether one of the ends asked the other to go on elsewhere, which is no failure.</summary>
    public bool IsDrained => Drain.IsUnderWay;

    public bool IsEnded => Volatile.Read(ref _end) is not null;

    /// <summary>Why the connection ended, once it has.</summary>
    public SocketRestException? EndReason => Volatile.Read(ref _end);

    /// <summary>Completes when the connection has ended: with an exception unless the end was graceful.</summary>
    public Task Completion => _completion.Task;

    /// <summary>Sends GOAWAY and waits until the running streams have finished and the socket is closed. Giving up the wait changes neither.</summary>
    public async Task DrainAsync(CancellationToken cancellationToken)
    {
        Drain.Begin(SocketRestErrorCode.Draining, "The other end is shutting down.");
        await Task.WhenAny(Completion).WaitAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Ends the connection now: what is running fails.</summary>
    public async Task CloseAsync()
    {
        Fail(new SocketRestException(SocketRestErrorCode.ConnectionClosed, "This side closed the connection."), SocketRestErrorCode.None);
        await Completion.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    /// <summary>Ends the connection because of what the peer or the socket did. Never blocks; the rest happens on the pool.</summary>
    public void Fail(SocketRestException reason, SocketRestErrorCode tellPeer)
    {
        if (!TrySetEnd(reason))
        {
            return;
        }

        ThreadPool.UnsafeQueueUserWorkItem(static work => _ = work.Item1.EndAsync(work.reason, work.tellPeer), (this, reason, tellPeer), preferLocal: false);
    }

    /// <summary>The sender cannot go on; it has stopped itself.</summary>
    public void FailFromSender(SocketRestException reason) => Fail(reason, reason.ErrorCode);

    private void LeaveOpen()
    {
        if (Interlocked.Decrement(ref _open) == 0 && Drain.IsUnderWay)
        {
            Drain.OnIdle();
        }
    }

    private bool TrySetEnd(SocketRestException reason)
    {
        if (Interlocked.CompareExchange(ref _end, reason, null) is not null)
        {
            return false;
        }

        Slots.Close(reason);
        Pings.Close(reason);
        Reauthentication?.Close(reason);
        _heartbeat?.Stop();
        _idleLimit?.Stop();
        return true;
    }

    private async Task EndAsync(SocketRestException reason, SocketRestErrorCode tellPeer)
    {
        Link? link = LeaveLinks();
        try
        {
            // Our own closing words only reach a peer whose socket still works.
            if (link is not null && tellPeer != SocketRestErrorCode.ConnectionLost)
            {
                Sender.QueueGoAway(Streams.LastDispatched, tellPeer, tellPeer == SocketRestErrorCode.None ? null : reason.Message);
                await Sender.WhenIdleAsync().WaitAsync(s_farewell, _time).ConfigureAwait(false);
                Sender.Stop(reason);
                await Sender.WhenIdleAsync().WaitAsync(s_farewell, _time).ConfigureAwait(false);
                await link.Transport.CloseOutputAsync(
                    tellPeer == SocketRestErrorCode.None ? WebSocketCloseStatus.NormalClosure : WebSocketCloseStatus.ProtocolError,
                    tellPeer.ToString()).WaitAsync(s_farewell, _time).ConfigureAwait(false);

                // Until the peer has read up to here and closed as well: cutting a socket that holds unread bytes takes back what it has not read yet.
                await link.ReadingStopped.WaitAsync(s_farewell, _time).ConfigureAwait(false);
            }
            else if (link is not null)
            {
                await link.Answered.ConfigureAwait(false);
            }
        }
        catch (Exception exception) when (exception is TimeoutException or WebSocketException or ObjectDisposedException or IOException or InvalidOperationException or OperationCanceledException)
        {
            _logger.FarewellFailed(Identity.Id, exception.Message);
        }

        Sender.Stop(reason);
        link?.Transport.Abort();
        link?.Transport.Dispose();
        EndStreams();
        _acks.Stop();
        _logger.ConnectionEnded(Identity.Id, reason.ErrorCode, reason.Message);
        if (reason.ErrorCode is SocketRestErrorCode.ConnectionClosed or SocketRestErrorCode.Draining or SocketRestErrorCode.IdleTimeout)
        {
            _completion.TrySetResult();
        }
        else
        {
            _completion.TrySetException(reason);
            _ = _completion.Task.Exception;
        }
    }

    private void EndStreams()
    {
        _streamsEnded = true;
        _reserve.Close();
        foreach (TunnelStream stream in Streams.PinAll())
        {
            stream.OnConnectionEnded(EndReason!);
        }
    }
}
