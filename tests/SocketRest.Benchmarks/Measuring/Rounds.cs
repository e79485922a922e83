using System.Runtime;

namespace SocketRest.Benchmarks.Measuring;

/// <summary>Runs the peers in turn: A, B, C, A, B, C, ...</summary>
internal static class Rounds
{
    private const int FewestRotations = 4;
    private const int MostRotations = 16;

    // Methods compiled in a rotation below which the code that matters has reached its last tier: a few stragglers are always left.
    private const int Settled = 25;

    private static readonly TimeSpan WarmUpSlice = TimeSpan.FromMilliseconds(250);

    // The runtime promotes hot methods once 100 ms have passed without a new one.
    private static readonly TimeSpan TieringPause = TimeSpan.FromMilliseconds(150);

    /// <summary>Runs all peers until the JIT compiler has nothing more to do for any of them.</summary>
    /// <param name="peers">For each peer, what runs it for the given time.</param>
    public static async Task WarmUpAsync(IReadOnlyList<Func<TimeSpan, Task>> peers)
    {
        for (var rotation = 1; rotation <= MostRotations; rotation++)
        {
            var before = JitInfo.GetCompiledMethodCount();
            foreach (var peer in peers)
            {
                await peer(WarmUpSlice);
                await Task.Delay(TieringPause);
            }

            if (rotation >= FewestRotations && JitInfo.GetCompiledMethodCount() - before < Settled)
            {
                return;
            }
        }
    }

    /// <summary>Measures each peer once a round, starting every time from a heap without garbage.</summary>
    public static async Task MeasureAsync(int rounds, IReadOnlyList<Func<Task>> peers)
    {
        for (var round = 0; round < rounds; round++)
        {
            foreach (var peer in peers)
            {
                CollectGarbage();
                await peer();
            }
        }
    }

    private static void CollectGarbage()
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
        GC.Collect();
    }
}
