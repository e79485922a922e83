using System.Net;
using System.Net.Sockets;

namespace SocketRest.Faults;

/// <summary>One connection through a <see cref="FaultProxy"/>.</summary>
internal sealed class FaultConnection : IDisposable
{
    /// <summary>How long both ends may go on sending after a cut of the quiet kind.</summary>
    private static readonly TimeSpan s_quiet = TimeSpan.FromSeconds(5);

    private readonly CancellationTokenSource _ended = new();
    private readonly Socket _near;
    private readonly Socket _far;
    private readonly Action _onCut;
    private int _cut;

    public FaultConnection(int number, Socket near, Socket far, LineQuality toTarget, LineQuality fromTarget, Action onCut)
    {
        Number = number;
        _near = near;
        _far = far;
        _onCut = onCut;
        Ended = _ended.Token;
        ToTarget = new FaultLine(this, near, far, toTarget);
        FromTarget = new FaultLine(this, far, near, fromTarget);
    }

    /// <summary>The line the other way.</summary>
    public FaultLine Reverse(FaultLine line) => line == ToTarget ? FromTarget : ToTarget;

    /// <summary>Counts from 1.</summary>
    public int Number { get; }

    public FaultLine ToTarget { get; }

    public FaultLine FromTarget { get; }

    /// <summary>Cancelled when nothing can pass any more.</summary>
    public CancellationToken Ended { get; }

    public bool IsCut => Volatile.Read(ref _cut) != 0;

    public async Task RunAsync(int targetPort)
    {
        try
        {
            _near.NoDelay = _far.NoDelay = true;
            await _far.ConnectAsync(IPAddress.Loopback, targetPort);
            await Task.WhenAll(ToTarget.RunAsync(), FromTarget.RunAsync());
        }
        catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
        {
            // There is no target, or it was cut before it was there.
            Abort();
        }

        // Where both directions came to their end nobody is reset: the last bytes may still be on their way.
        _near.Dispose();
        _far.Dispose();
        await _ended.CancelAsync();
        ToTarget.Disarm();
        FromTarget.Disarm();
    }

    public void Cut(CutKind kind)
    {
        if (Interlocked.Exchange(ref _cut, 1) != 0)
        {
            return;
        }

        _onCut();
        if (kind == CutKind.Reset)
        {
            Abort();
            return;
        }

        // What either end still sends is taken and lost: closing before it has seen the end would be a reset.
        End(_near);
        End(_far);
        _ = AbortLaterAsync();
    }

    /// <summary>Ends it with a reset, which is no fault that was asked for.</summary>
    public void Abort()
    {
        _near.Close(0);
        _far.Close(0);
        try
        {
            _ended.Cancel();
        }
        catch (ObjectDisposedException)
        {
            // It has ended by itself meanwhile.
        }
    }

    public void Dispose()
    {
        ToTarget.Dispose();
        FromTarget.Dispose();
        _ended.Dispose();
    }

    private async Task AbortLaterAsync()
    {
        await Task.Delay(s_quiet, Ended).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        Abort();
    }

    private static void End(Socket socket)
    {
        try
        {
            socket.Shutdown(SocketShutdown.Send);
        }
        catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
        {
            // It has ended already.
        }
    }
}
