namespace SocketRest.Cli.Expose;

/// <summary>
/// What the caller said last may still be answered, for a WebSocket with a close frame, for as long as there is more to say; a service that is silent for long then has gone.
/// How slowly the caller takes it is no silence of the service's.
/// </summary>
internal sealed class LastWords(TimeProvider time) : IDisposable
{
    private static readonly TimeSpan s_longestSilence = TimeSpan.FromSeconds(5);

    private readonly Lock _lock = new();
    private readonly CancellationTokenSource _silent = new(Timeout.InfiniteTimeSpan, time);
    private bool _callerIsDone;
    private bool _isWaitedFor;

    /// <summary>Cancelled when the service was silent for too long.</summary>
    public CancellationToken Silent => _silent.Token;

    /// <summary>The caller has said everything.</summary>
    public void CallerIsDone()
    {
        lock (_lock)
        {
            _callerIsDone = true;
            Measure();
        }
    }

    /// <summary>Whether it is the service that is waited for.</summary>
    public void Wait(bool isWaitedFor)
    {
        lock (_lock)
        {
            _isWaitedFor = isWaitedFor;
            if (_callerIsDone)
            {
                Measure();
            }
        }
    }

    public void Dispose() => _silent.Dispose();

    private void Measure() => _silent.CancelAfter(_isWaitedFor ? s_longestSilence : Timeout.InfiniteTimeSpan);
}
