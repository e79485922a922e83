namespace SocketRest.AspNetCore.Hub;

/// <summary>
/// When a handshake is given up from outside. A host that stops waits for no peer that has yet to say who it is. Who was let in holds itself connected with WELCOME, and
/// may send calls at once, which would be lost: it may finish, and is asked then to go on elsewhere like the others.
/// </summary>
internal sealed class HandshakeLimit : IDisposable
{
    /// <summary>How long its last word, which is on its way, may take.</summary>
    private static readonly TimeSpan s_lastWord = TimeSpan.FromSeconds(5);

    private const int LetIn = 1;
    private const int Stopped = 2;

    private readonly CancellationTokenSource _source;
    private readonly CancellationTokenRegistration _aborted;
    private readonly CancellationTokenRegistration _stopping;
    private int _state;

    public HandshakeLimit(TimeProvider time, CancellationToken aborted, CancellationToken stopping)
    {
        _source = new CancellationTokenSource(Timeout.InfiniteTimeSpan, time);
        _aborted = aborted.UnsafeRegister(static limit => ((HandshakeLimit)limit!)._source.Cancel(), this);
        _stopping = stopping.UnsafeRegister(static limit => ((HandshakeLimit)limit!).OnStopping(), this);
    }

    public CancellationToken Token => _source.Token;

    /// <summary>The peer gets WELCOME next. False when the host stops already: it must not get it any more.</summary>
    public bool TryLetIn() => Interlocked.CompareExchange(ref _state, LetIn, 0) == 0;

    public void Dispose()
    {
        _stopping.Dispose();
        _aborted.Dispose();
        _source.Dispose();
    }

    private void OnStopping()
    {
        if (Interlocked.CompareExchange(ref _state, Stopped, 0) == LetIn)
        {
            _source.CancelAfter(s_lastWord);
        }
        else
        {
            _source.Cancel();
        }
    }
}
