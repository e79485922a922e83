using System.Diagnostics;
using SocketRest.Faults;

namespace SocketRest.Benchmarks.Soaking;

/// <summary>Cuts the socket so many times a second: now, in the middle of what is sent, and while the next one is being set up.</summary>
internal sealed class Cutter(FaultProxy proxy, double perSecond, int seed)
{
    /// <summary>Those are no resumes of their own, and most cuts have to be.</summary>
    private const double HandshakeShare = 0.05;

    /// <summary>More than the upgrade and the handshake take.</summary>
    private const int BeyondHandshake = 4096;

    private const int InHandshake = 1_500;
    private const int MostBytes = 200_000;

    private static readonly TimeSpan s_poll = TimeSpan.FromMilliseconds(2);

    private readonly Random _random = new(seed);

    public async Task RunAsync(CancellationToken stop)
    {
        if (perSecond <= 0)
        {
            return;
        }

        var spared = 0;
        var since = Stopwatch.StartNew();
        for (var due = TimeSpan.Zero; ;)
        {
            // By the clock: what one wait was too long the next one is shorter.
            due += TimeSpan.FromSeconds((0.5 + _random.NextDouble()) / perSecond);
            if (due > since.Elapsed)
            {
                await PauseAsync(due - since.Elapsed, stop);
            }

            while (!proxy.HasCarried(BeyondHandshake) && !stop.IsCancellationRequested)
            {
                await PauseAsync(s_poll, stop);
            }

            if (stop.IsCancellationRequested)
            {
                return;
            }

            if (spared > 0)
            {
                spared--;
                continue;
            }

            if (_random.NextDouble() < HandshakeShare)
            {
                // It counts as one of those of this second.
                spared++;
                _ = proxy.CutNextAfter(Way(), _random.Next(InHandshake), Kind());
            }

            if (_random.Next(2) == 0)
            {
                proxy.Cut(Kind());
            }
            else
            {
                _ = proxy.CutAfter(Way(), _random.Next(MostBytes), Kind());
            }
        }
    }

    private Way Way() => _random.Next(2) == 0 ? Faults.Way.ToTarget : Faults.Way.FromTarget;

    private CutKind Kind() => _random.Next(2) == 0 ? CutKind.Reset : CutKind.Close;

    private static async Task PauseAsync(TimeSpan time, CancellationToken stop) =>
        await Task.Delay(time, stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
}
