using Microsoft.Extensions.Logging;
using SocketRest.Diagnostics;
using SocketRest.Multiplexing;

namespace SocketRest.Dialling;

/// <summary>
/// The one loop that dials, so that there are never two attempts at once: while somebody waits for a connection or, where it is kept, for ever from
/// the first who asked for it.
/// </summary>
internal sealed class ConnectionKeeper(
    Func<CancellationToken, Task<SocketRestConnection>> dial,
    SocketRestClientOptions options,
    bool keep,
    ILogger logger) : IAsyncDisposable
{
    private readonly Lock _lock = new();
    private readonly CancellationTokenSource _stopping = new();
    private readonly TimeProvider _time = options.TimeProvider;
    private readonly Backoff _backoff = new(options.MaxReconnectDelay);
    private volatile SocketRestConnection? _current;
    private List<SocketRestConnection>? _former;
    private TaskCompletionSource<SocketRestConnection>? _next;
    private TaskCompletionSource<SocketRestConnection>? _attempt;
    private Task _loop = Task.CompletedTask;
    private SocketRestException? _lastFailure;
    private TimeSpan _pause;
    private long _pausedAt;
    private int _waiting;
    private Task? _disposing;
    private bool _owed;
    private bool _runs;
    private bool _stopped;
    private bool _leaving;

    /// <summary>The connection if it takes requests, else null.</summary>
    public SocketRestConnection? Current => _current is { Tunnel.IsUsable: true } connection ? connection : null;

    /// <summary>Waits for a connection, through attempts that fail.</summary>
    public Task<SocketRestConnection> WaitAsync(CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            ObjectDisposedException.ThrowIf(_stopped, typeof(SocketRestClient));
            if (_leaving)
            {
                return LastLocked() is { } last ? Task.FromResult(last) : Task.FromException<SocketRestConnection>(Left());
            }

            if (Current is { } connection)
            {
                return Task.FromResult(connection);
            }

            StartLocked();
            _waiting++;
            _next ??= NewSource();
            return WaitForAsync(_next.Task, cancellationToken);
        }
    }

    /// <summary>Waits for the attempt that is under way, or for the next one, and for no other.</summary>
    public Task<SocketRestConnection> AttemptAsync(CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            ObjectDisposedException.ThrowIf(_stopped, typeof(SocketRestClient));
            if (Current is { } connection)
            {
                return Task.FromResult(connection);
            }

            StartLocked();
            _waiting++;
            _attempt ??= NewSource();
            return WaitForAsync(_attempt.Task, cancellationToken);
        }
    }

    /// <summary>The connection, or a failure at once: where nobody dials yet, that begins now.</summary>
    public SocketRestConnection GetOrBegin()
    {
        lock (_lock)
        {
            ObjectDisposedException.ThrowIf(_stopped, typeof(SocketRestClient));
            SocketRestConnection? current = _leaving ? LastLocked() ?? throw Left() : Current;
            if (current is { Tunnel.IsInterrupted: false })
            {
                return current;
            }

            if (current is null)
            {
                StartLocked();
            }

            const string Sentence = $"There is no connection at the moment, and {nameof(SocketRestClientOptions.FailFastWhileDisconnected)} is set.";
            throw _lastFailure is { } failure
                ? new SocketRestException(failure.ErrorCode, $"{Sentence} The last attempt failed: {failure.Message}", innerException: failure)
                : new SocketRestException(SocketRestErrorCode.ConnectFailed, Sentence);
        }
    }

    /// <summary>Starts to dial where nobody does.</summary>
    public void Begin()
    {
        lock (_lock)
        {
            if (!_stopped)
            {
                StartLocked();
            }
        }
    }

    /// <summary>Dials no more, so that who waits for a connection gets none, and drains the last one, beside those that still finish what runs on them.</summary>
    public async Task LeaveAsync(CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            _leaving = true;
            _next?.TrySetException(Left());
            _attempt?.TrySetException(Left());
            _next = _attempt = null;
        }

        await _stopping.CancelAsync().ConfigureAwait(false);
        await _loop.WaitAsync(cancellationToken).ConfigureAwait(false);
        await Task.WhenAll(All().Select(connection => connection.DrainAsync(cancellationToken))).ConfigureAwait(false);
    }

    /// <summary>Ends attempts and waits, and closes the connection and those that still finish what runs on them.</summary>
    public ValueTask DisposeAsync()
    {
        lock (_lock)
        {
            _stopped = true;
            return new ValueTask(_disposing ??= Detached.Run(EndAsync));
        }
    }

    private async Task EndAsync()
    {
        await _stopping.CancelAsync().ConfigureAwait(false);
        await _loop.ConfigureAwait(false);
        var disposed = new SocketRestException(SocketRestErrorCode.ConnectionClosed, "The client was disposed while it dialled. The request was not sent.");
        _next?.TrySetException(disposed);
        _attempt?.TrySetException(disposed);
        await Task.WhenAll(All().Select(connection => connection.CloseAsync())).ConfigureAwait(false);
    }

    /// <summary>The connection and those before it that have not ended yet. Nobody dials any more.</summary>
    private SocketRestConnection[] All()
    {
        lock (_lock)
        {
            return [.. _former ?? [], .. _current is { } connection ? [connection] : Array.Empty<SocketRestConnection>()];
        }
    }

    /// <summary>What runs here still finishes and may have to call back; whether it may, the connection knows.</summary>
    private SocketRestConnection? LastLocked() => _current is { Tunnel.IsEnded: false } last ? last : null;

    private static SocketRestException Left() => new(SocketRestErrorCode.Draining, "The client is being drained and takes no new requests. The request was not sent.");

    private static TaskCompletionSource<SocketRestConnection> NewSource()
    {
        var source = new TaskCompletionSource<SocketRestConnection>(TaskCreationOptions.RunContinuationsAsynchronously);

        // All who waited may have given up by then.
        _ = source.Task.ContinueWith(static failed => _ = failed.Exception, CancellationToken.None, TaskContinuationOptions.OnlyOnFaulted, TaskScheduler.Default);
        return source;
    }

    private async Task<SocketRestConnection> WaitForAsync(Task<SocketRestConnection> connection, CancellationToken cancellationToken)
    {
        try
        {
            return await connection.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested && Volatile.Read(ref _lastFailure) is { } failure)
        {
            // Who waited in vain learns what for.
            throw new TaskCanceledException($"The wait for a connection was cancelled. The last attempt failed: {failure.Message}", failure, cancellationToken);
        }
        finally
        {
            lock (_lock)
            {
                _waiting--;
            }
        }
    }

    private void StartLocked()
    {
        // Who asked is owed an attempt that begins after that, also if nobody waits for it.
        _owed = true;
        if (_runs || _leaving)
        {
            return;
        }

        _runs = true;

        // The attempt belongs to everybody: nothing of the caller that happens to start it flows into it.
        _loop = Detached.Run(RunAsync);
    }

    private async Task RunAsync()
    {
        do
        {
            await PauseAsync().ConfigureAwait(false);
            if (!GoesOn(toDial: true))
            {
                return;
            }

            try
            {
                SocketRestConnection connection = await dial(_stopping.Token).ConfigureAwait(false);
                long since = _time.GetTimestamp();
                Publish(connection);
                await ((Task)connection.Tunnel.Slots.WhenClosed).WaitAsync(_stopping.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                if (_time.GetElapsedTime(since) >= Backoff.Settled)
                {
                    _backoff.Reset();
                }

                SetPause(connection.Tunnel.IsDrained ? _backoff.AtOnce() : _backoff.Next());
            }
            catch (Exception exception)
            {
                SocketRestException failure = exception as SocketRestException
                    ?? new SocketRestException(SocketRestErrorCode.ConnectFailed, exception.Message, innerException: exception);
                if (!_stopping.IsCancellationRequested)
                {
                    SetPause(_backoff.Next(failure));
                    logger.ConnectFailed(options.Uri, failure.Message, _pause);
                }

                Report(failure);
            }
        }
        while (GoesOn(toDial: false));
    }

    private void SetPause(TimeSpan pause)
    {
        _pause = pause;
        _pausedAt = _time.GetTimestamp();
    }

    /// <summary>Waits for what is left of the pause: an earlier loop may have ended in the middle of it.</summary>
    private async Task PauseAsync()
    {
        TimeSpan left = _pause - _time.GetElapsedTime(_pausedAt);
        if (left > TimeSpan.Zero)
        {
            left = TimeSpan.FromMilliseconds(Math.Ceiling(left.TotalMilliseconds));
            await Task.Delay(left, _time, _stopping.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private bool GoesOn(bool toDial)
    {
        lock (_lock)
        {
            _runs = !_stopped && !_leaving && (keep || _owed || _waiting > 0);
            _owed &= !toDial;
            return _runs;
        }
    }

    private void Publish(SocketRestConnection connection)
    {
        lock (_lock)
        {
            if (_current is { Tunnel.IsEnded: false } former)
            {
                KeepLocked(former);
            }

            _current = connection;
            _owed = false;
            _lastFailure = null;
            _next?.TrySetResult(connection);
            _attempt?.TrySetResult(connection);
            _next = _attempt = null;
        }
    }

    /// <summary>It was drained, and something still runs on it: that ends with the client at the latest.</summary>
    private void KeepLocked(SocketRestConnection former)
    {
        (_former ??= []).Add(former);
        _ = former.Completion.ContinueWith(
            _ =>
            {
                lock (_lock)
                {
                    _former.Remove(former);
                }
            },
            CancellationToken.None,
            TaskContinuationOptions.None,
            TaskScheduler.Default);
    }

    private void Report(SocketRestException failure)
    {
        lock (_lock)
        {
            _lastFailure = failure;
            _attempt?.TrySetException(failure);
            _attempt = null;
        }
    }
}
