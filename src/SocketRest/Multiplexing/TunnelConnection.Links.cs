using System.Globalization;
using System.Net.WebSockets;
using System.Runtime.CompilerServices;
using SocketRest.Diagnostics;
using SocketRest.Protocol;

namespace SocketRest.Multiplexing;

/// <summary>
/// The sockets of a connection, one after the other (PROTOCOL.md, "Acknowledgement and resume"). When one is lost the connection waits for the
/// next as long as its grace goes; its streams notice nothing of it.
/// </summary>
internal sealed partial class TunnelConnection
{
    private readonly Lock _linkLock = new();
    private Link? _link;
    private Link? _lastLink;
    private ITimer? _graceTimer;
    private SocketRestException? _loss;
    private Action<SocketRestException?>? _observer;
    private ushort _comingBack;

    /// <summary>How long the connection outlives its socket. Zero: not at all.</summary>
    public TimeSpan Grace { get; }

    /// <summary>What this side has to show to come back, if it dialled and the connection can be resumed.</summary>
    public ResumeTicket? Ticket { get; init; }

    /// <summary>Whether the connection has had a socket.</summary>
    public bool HasBegun => Volatile.Read(ref _lastLink) is not null;

    /// <summary>Whether the first handshake ended before its time: the peer may have everything that it takes to come back.</summary>
    public bool AwaitsFirstLink
    {
        get
        {
            lock (_linkLock)
            {
                return _graceTimer is not null && _lastLink is null && !IsEnded;
            }
        }
    }

    /// <summary>Whether there is no socket at the moment and the connection waits for the next one.</summary>
    public bool IsInterrupted => !IsEnded && Volatile.Read(ref _link) is null;

    /// <summary>
    /// Tells of each socket that is lost, with the reason, and with null of each that takes its place: in order, also of the one that is lost already.
    /// It must be quick.
    /// </summary>
    public void Observe(Action<SocketRestException?> observer)
    {
        lock (_linkLock)
        {
            _observer = observer;
            if (_loss is not null && _link is null && !IsEnded)
            {
                observer(_loss);
            }
        }
    }

    /// <summary>Goes on over this link, or begins: the handshake is over. <paramref name="received"/> is what the peer says that it has;
    /// <paramref name="begin"/> is called before anything of what it says next is read.</summary>
    /// <returns>False when the connection has ended meanwhile.</returns>
    public bool TryAttach(Link link, ulong received, Action<TunnelConnection>? begin)
    {
        lock (_linkLock)
        {
            if (IsEnded)
            {
                return false;
            }

            _graceTimer?.Dispose();
            _graceTimer = null;
            bool resumed = _lastLink is not null;
            _link = _lastLink = link;
            NoteLife();
            Sender.Attach(link, received);
            if (resumed)
            {
                Incoming.GoOn();
                Pings.SendAgain();
                _logger.ConnectionResumed(Identity.Id);
                _observer?.Invoke(null);
            }
            else
            {
                _idleLimit?.Start();
            }

            _loss = null;
            _heartbeat?.Start(link);
        }

        begin?.Invoke(this);
        link.Loop.Start(this, link);
        return true;
    }

    /// <summary>The peer came back from another address, or with newer claims.</summary>
    public void NoteNewWay(ConnectionIdentity identity) =>
        Identity = Identity with { RemoteEndPoint = identity.RemoteEndPoint, LocalEndPoint = identity.LocalEndPoint, User = identity.User };

    /// <summary>The first handshake was not finished, but the peer may have everything that it needs to come back: waits for that.</summary>
    public void AwaitFirstLink()
    {
        lock (_linkLock)
        {
            if (_link is null && !IsEnded)
            {
                StartGraceLocked();
            }
        }
    }

    /// <summary>The peer is here to go on over another socket: as long as its handshake takes, the connection does not end for the peer's absence.</summary>
    public void NoteComingBack()
    {
        lock (_linkLock)
        {
            _comingBack++;
        }
    }

    /// <summary>That handshake is over, and the grace as well if its end fell into it and the peer did not make it.</summary>
    public void NoteCameBack()
    {
        lock (_linkLock)
        {
            if (--_comingBack > 0 || _link is not null || _graceTimer is not null || IsEnded)
            {
                return;
            }
        }

        FailForAbsence();
    }

    /// <summary>A successor of the socket is here, or it is dead: nothing more goes over it. Returns when nothing is read or sent any more.</summary>
    public async Task LeaveLinkAsync(SocketRestException reason)
    {
        Link? link;
        lock (_linkLock)
        {
            link = _lastLink;
        }

        if (link is not null)
        {
            LoseLink(link, reason);
            if (IsInterrupted && !link.Lost.IsCompleted)
            {
                // It still says goodbye to somebody who is back already.
                link.Cut();
            }

            await link.FramesEnded.ConfigureAwait(false);
            await Sender.WhenIdleAsync().ConfigureAwait(false);
        }
    }

    /// <summary>The socket of the link is of no use any more. Ends the connection where it cannot go on over another.</summary>
    public void LoseLink(Link link, SocketRestException reason)
    {
        // A send that fails on the socket that the peer has closed says less than the peer did.
        reason = _peerReason ?? reason;
        lock (_linkLock)
        {
            if (link != _link || IsEnded)
            {
                return;
            }

            if (MayGoOnLocked())
            {
                Volatile.Write(ref _link, null);
                _loss = reason;
                Sender.Detach();
                _heartbeat?.Pause();
                StartGraceLocked();
                _logger.ConnectionInterrupted(Identity.Id, reason.Message, Grace);
                link.Leave();
                _observer?.Invoke(reason);
                return;
            }
        }

        Fail(reason, SocketRestErrorCode.ConnectionLost);
    }

    /// <summary>No more frames are taken in: because of an exception, or with null because the peer closed the socket or this side has ended the connection.</summary>
    public void OnReadEnded(Link link, Exception? exception)
    {
        if (IsEnded)
        {
            EndStreams();
        }
        else if (exception is ConnectionErrorException error)
        {
            Fail(new SocketRestException(error.Code, error.Message, innerException: error), error.Code);
            EndStreams();
        }
        else if (exception is null or WebSocketException or ObjectDisposedException or OperationCanceledException or IOException)
        {
            if (exception is null)
            {
                link.AnswerClose(_time);
            }

            LoseLink(link, new SocketRestException(
                Slots.IsClosed && exception is null ? Slots.WhenClosed.Result.ErrorCode : SocketRestErrorCode.ConnectionLost,
                exception is null
                    ? $"The other end closed the WebSocket ({link.Transport.CloseStatus?.ToString() ?? "without a status"})."
                    : $"The connection was lost: {exception.Message}",
                innerException: exception));
            if (IsEnded)
            {
                EndStreams();
            }
        }
        else
        {
            _logger.ReadLoopFailed(Identity.Id, exception);
            Fail(new SocketRestException(SocketRestErrorCode.InternalError, $"Reading failed: {exception.Message}", innerException: exception), SocketRestErrorCode.InternalError);
            EndStreams();
        }
    }

    /// <summary>The connection has ended: takes the link that it still has.</summary>
    private Link? LeaveLinks()
    {
        lock (_linkLock)
        {
            _graceTimer?.Dispose();
            _graceTimer = null;
            return _link;
        }
    }

    /// <summary>Not after a goodbye: with most kinds of GOAWAY the socket is closed at once, and after a drain when nothing is left at either end.</summary>
    private bool MayGoOnLocked() => Grace > TimeSpan.Zero && !_peerCloses && !Drain.IsOver;

    private void StartGraceLocked()
    {
        _graceTimer?.Dispose();
        var grace = new StrongBox<ITimer?>();
        _graceTimer = grace.Value = _time.CreateDetachedTimer(state => OnGraceOver((StrongBox<ITimer?>)state!), grace);
        _graceTimer.Change(Grace, Timeout.InfiniteTimeSpan);
    }

    private void OnGraceOver(StrongBox<ITimer?> grace)
    {
        lock (_linkLock)
        {
            // Another socket may have come, and been lost as well, while this waited for the lock.
            if (_graceTimer != grace.Value || _link is not null || IsEnded)
            {
                return;
            }

            if (_comingBack > 0)
            {
                _graceTimer!.Dispose();
                _graceTimer = null;
                return;
            }
        }

        FailForAbsence();
    }

    private void FailForAbsence()
    {
        SocketRestException? loss = _loss;
        Fail(
            new SocketRestException(
                loss?.ErrorCode ?? SocketRestErrorCode.ConnectionLost,
                string.Create(CultureInfo.InvariantCulture, $"{loss?.Message ?? "The handshake was not finished."} The connection was not resumed within {Grace.TotalSeconds:0.###} s."),
                innerException: loss),
            SocketRestErrorCode.ConnectionLost);
    }
}
