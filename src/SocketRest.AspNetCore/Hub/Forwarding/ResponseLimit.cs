namespace SocketRest.AspNetCore.Hub.Forwarding;

/// <summary>The time that an agent has to begin its answer.</summary>
internal sealed class ResponseLimit : IDisposable
{
    private readonly TimeSpan _time;
    private readonly CancellationTokenSource _passed;
    private readonly CancellationTokenSource _either;

    public ResponseLimit(TimeSpan time, TimeProvider clock, CancellationToken aborted)
    {
        _time = time;
        _passed = new CancellationTokenSource(time, clock);
        _either = CancellationTokenSource.CreateLinkedTokenSource(aborted, _passed.Token);
    }

    /// <summary>Cancelled when the time has passed or the caller has left.</summary>
    public CancellationToken Token => _either.Token;

    public bool HasPassed => _passed.IsCancellationRequested;

    /// <summary>Something of the request was passed on: the time begins anew.</summary>
    public void Extend() => _passed.CancelAfter(_time);

    /// <summary>The answer has begun.</summary>
    public void Stop() => _passed.CancelAfter(Timeout.InfiniteTimeSpan);

    public void Dispose()
    {
        _either.Dispose();
        _passed.Dispose();
    }
}
