namespace SocketRest.Diagnostics;

/// <summary>Tells whoever reads it what becomes of a client's connection, in an order in which one state follows from the other.</summary>
internal sealed class ClientStates(TimeProvider time)
{
    private readonly Lock _lock = new();
    private readonly EventBroadcaster<SocketRestStateChange> _changes = new(static (change, missed) => change with { Missed = missed });
    private SocketRestConnection? _current;
    private int _attempt;

    public IAsyncEnumerable<SocketRestStateChange> Changes => _changes;

    public void Connecting()
    {
        lock (_lock)
        {
            // The old one may still be finishing what runs on it: to the client it is over, and nothing more is said of it.
            EndCurrentLocked();
            _attempt++;
            PublishLocked(SocketRestConnectionState.Connecting);
        }
    }

    public void Connected(SocketRestConnection connection)
    {
        lock (_lock)
        {
            _current = connection;
            PublishLocked(SocketRestConnectionState.Connected, connection);
            _attempt = 0;
        }

        connection.Completion.ContinueWith(
            static (_, state) => ((ClientStates)state!).OnEnded(),
            this,
            CancellationToken.None,
            TaskContinuationOptions.None,
            TaskScheduler.Default);
    }

    public void Interrupted(SocketRestConnection connection, SocketRestException reason)
    {
        lock (_lock)
        {
            if (connection == _current)
            {
                PublishLocked(SocketRestConnectionState.Interrupted, connection, reason);
            }
        }
    }

    public void Resumed(SocketRestConnection connection)
    {
        lock (_lock)
        {
            if (connection == _current)
            {
                PublishLocked(SocketRestConnectionState.Connected, connection);
            }
        }
    }

    public void Failed(Exception exception)
    {
        lock (_lock)
        {
            PublishLocked(
                SocketRestConnectionState.Disconnected,
                reason: exception as SocketRestException ?? new SocketRestException(SocketRestErrorCode.ConnectFailed, exception.Message, innerException: exception));
        }
    }

    /// <summary>The client is gone: its readers end.</summary>
    public void Complete()
    {
        lock (_lock)
        {
            EndCurrentLocked();
            _changes.Complete();
        }
    }

    private void OnEnded()
    {
        lock (_lock)
        {
            if (_current is { Completion.IsCompleted: true })
            {
                EndCurrentLocked();
            }
        }
    }

    private void EndCurrentLocked()
    {
        if (_current is { } ended)
        {
            _current = null;
            PublishLocked(
                SocketRestConnectionState.Disconnected,
                ended,
                ended.Tunnel.EndReason ?? new SocketRestException(SocketRestErrorCode.Draining, "The connection is being drained and takes no new requests."));
        }
    }

    private void PublishLocked(SocketRestConnectionState state, SocketRestConnection? connection = null, SocketRestException? reason = null) =>
        _changes.Publish(new SocketRestStateChange { State = state, At = time.GetUtcNow(), Attempt = _attempt, Connection = connection, Reason = reason });
}
