using System.Diagnostics;
using System.Globalization;
using SocketRest.AspNetCore;
using SocketRest.Faults;

namespace SocketRest.Benchmarks.Soaking;

/// <summary>Mixed calls from both ends of a connection whose socket is cut again and again. A lost socket is not a lost call.</summary>
internal static class SoakCommand
{
    /// <summary>Callers at each end.</summary>
    private const int Callers = 32;

    private const double LeastResumes = 0.9;

    /// <summary>What buffers that are kept for their next use may add.</summary>
    private const long HeapSlack = 32 * 1024 * 1024;

    private static readonly TimeSpan s_warmUp = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan s_quiet = TimeSpan.FromSeconds(5);

    public static async Task<int> RunAsync(ReadOnlyMemory<string> arguments)
    {
        if (SoakOptions.Parse(arguments.Span) is not { } options)
        {
            return Usage.Fail();
        }

        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"seed {options.Seed}"));
        var tally = new SoakTally();
        TaskScheduler.UnobservedTaskException += (_, args) => tally.NoteFailed($"An exception that nobody observed: {args.Exception}");
        var soaking = SoakAsync(options, tally);
        var limit = TimeSpan.FromSeconds(options.Seconds) + s_patience;
        if (await Task.WhenAny(soaking, Task.Delay(limit)) != soaking)
        {
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"HUNG after {limit.TotalSeconds:0} s."));
            Console.WriteLine(tally.Summary(cuts: 0, leakedStreams: 0));
            return 1;
        }

        return await soaking;
    }

    private static async Task<int> SoakAsync(SoakOptions options, SoakTally tally)
    {
        var pair = await SoakPair.StartAsync(tally);
        var telling = CountResumesAsync(pair.Events, tally);
        var (hubCalls, deviceCalls) = (-1, -1);
        SoakCaller[] callers =
        [
            .. Enumerable.Range(0, Callers).Select(i => new SoakCaller(SoakEnd.Hub, pair.FromHubAsync, () => Interlocked.Increment(ref hubCalls), tally, HashCode(options.Seed, i))),
            .. Enumerable.Range(0, Callers).Select(i => new SoakCaller(SoakEnd.Device, pair.FromDeviceAsync, () => Interlocked.Increment(ref deviceCalls), tally, HashCode(options.Seed, Callers + i))),
        ];

        var time = TimeSpan.FromSeconds(options.Seconds);
        var warmUp = time / 4 < s_warmUp ? time / 4 : s_warmUp;
        await CallAsync(callers, warmUp);
        await QuietAsync(pair);
        var heapAtStart = Heap();

        var cutter = new Cutter(pair.Proxy, options.CutsPerSecond, HashCode(options.Seed, -1));
        await CallAsync(callers, time - warmUp, cutter);
        pair.Proxy.Disarm();
        var cuts = pair.Proxy.Cuts;
        var leaked = await QuietAsync(pair);
        var heapAtEnd = Heap();
        var carried = pair.Proxy.Carried(Way.Both);

        await pair.DisposeAsync();
        await telling;
        while (pair.Log.TryTake(out var defect))
        {
            tally.NoteFailed($"An error was logged: {defect}");
        }

        Console.WriteLine(tally.Mix);
        Console.WriteLine(tally.Summary(cuts, leaked));
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"SOAK bytes {carried} heap-start {heapAtStart} heap-end {heapAtEnd}"));
        var enoughResumes = tally.Resumes >= LeastResumes * cuts;
        return tally.IsClean && leaked == 0 && enoughResumes && tally.Calls > 0 && heapAtEnd <= heapAtStart + HeapSlack ? 0 : 1;
    }

    /// <summary>Returns when the last call has ended.</summary>
    private static async Task CallAsync(SoakCaller[] callers, TimeSpan time, Cutter? cutter = null)
    {
        using var stop = new CancellationTokenSource(time);
        using var stopCutting = new CancellationTokenSource(time);
        var cutting = cutter?.RunAsync(stopCutting.Token) ?? Task.CompletedTask;
        await Task.WhenAll(callers.Select(caller => Task.Run(() => caller.RunAsync(stop.Token))));
        await cutting;
    }

    /// <summary>Waits until nothing runs any more.</summary>
    /// <returns>The streams that are open all the same.</returns>
    private static async Task<int> QuietAsync(SoakPair pair)
    {
        var started = Stopwatch.GetTimestamp();
        while (pair.OpenStreams > 0 && Stopwatch.GetElapsedTime(started) < s_quiet)
        {
            await Task.Delay(10);
        }

        return pair.OpenStreams;
    }

    private static long Heap()
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
        GC.Collect();
        return GC.GetTotalMemory(forceFullCollection: true);
    }

    private static async Task CountResumesAsync(IAsyncEnumerable<SocketRestConnectionEvent> events, SoakTally tally)
    {
        await foreach (var one in events)
        {
            if (one.Kind == SocketRestConnectionEventKind.Resumed)
            {
                tally.NoteResume();
            }
        }
    }

    /// <summary>The same on every run, which <see cref="System.HashCode"/> is not.</summary>
    private static int HashCode(int seed, int number) => unchecked((seed * 486_187_739) + number);
}
