using SocketRest.Diagnostics;

namespace SocketRest.AspNetCore.Hub;

/// <summary>Tells of one connection, in order.</summary>
internal sealed class ConnectionEvents(SocketRestConnection connection, EventBroadcaster<SocketRestConnectionEvent> events)
{
    private readonly Lock _lock = new();
    private readonly long _since = connection.Tunnel.Time.GetTimestamp();
    private SocketRestException? _lost;
    private bool _drainingTold;
    private bool _ended;

    private Task<SocketRestException> TakesNoMore => connection.Tunnel.Slots.WhenClosed;

    public void Begin()
    {
        lock (_lock)
        {
            PublishLocked(SocketRestConnectionEventKind.Connected);
        }

        _ = TakesNoMore.ContinueWith(
            static (_, state) => ((ConnectionEvents)state!).OnTakesNoMore(),
            this,
            CancellationToken.None,
            TaskContinuationOptions.None,
            TaskScheduler.Default);
    }

    /// <summary>The socket was lost, or with null there is another.</summary>
    public void OnLink(SocketRestException? loss)
    {
        lock (_lock)
        {
            if (_ended)
            {
                return;
            }

            if (loss is not null)
            {
                _lost = loss;
                PublishLocked(SocketRestConnectionEventKind.Disconnected, loss);
            }
            else if (_lost is not null)
            {
                _lost = null;
                PublishLocked(SocketRestConnectionEventKind.Resumed);
            }
        }
    }

    public void End()
    {
        lock (_lock)
        {
            TellDrainingLocked();
            _ended = true;
            SocketRestException? reason = connection.Tunnel.EndReason;
            if (_lost is null && reason is { ErrorCode: SocketRestErrorCode.ConnectionLost or SocketRestErrorCode.HeartbeatTimeout })
            {
                PublishLocked(SocketRestConnectionEventKind.Disconnected, reason);
            }

            PublishLocked(SocketRestConnectionEventKind.Closed, reason);
        }
    }

    private void OnTakesNoMore()
    {
        lock (_lock)
        {
            TellDrainingLocked();
        }
    }

    private void TellDrainingLocked()
    {
        if (!_ended && !_drainingTold && TakesNoMore is { IsCompletedSuccessfully: true, Result: { ErrorCode: SocketRestErrorCode.Draining } reason })
        {
            _drainingTold = true;
            PublishLocked(SocketRestConnectionEventKind.Draining, reason);
        }
    }

    private void PublishLocked(SocketRestConnectionEventKind kind, SocketRestException? reason = null)
    {
        TimeProvider time = connection.Tunnel.Time;
        events.Publish(new SocketRestConnectionEvent
        {
            Kind = kind,
            Connection = connection,
            At = time.GetUtcNow(),
            Duration = kind == SocketRestConnectionEventKind.Connected ? TimeSpan.Zero : time.GetElapsedTime(_since),
            Reason = reason,
        });
    }
}
