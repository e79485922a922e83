using System.Diagnostics;
using System.Globalization;
using Microsoft.Extensions.Logging.Abstractions;
using SocketRest.Benchmarks.Fuzzing;

namespace SocketRest.Benchmarks;

/// <summary>Sends changed dialogues to connections of both sides, beside healthy ones, in memory and then over sockets.</summary>
internal static class FuzzCommand
{
    /// <summary>Cases that are under way at once in memory.</summary>
    private const int MemoryLanes = 64;

    private const int SocketLanes = 1;

    /// <summary>What is left to the cases over sockets.</summary>
    private const double SocketShare = 0.15;

    private static readonly TimeSpan s_setUp = TimeSpan.FromSeconds(20);

    public static async Task<int> RunAsync(ReadOnlyMemory<string> arguments)
    {
        if (FuzzOptions.Parse(arguments.Span) is not { } options)
        {
            return Usage.Fail();
        }

        var memory = new FuzzTally();
        await using var host = await FuzzHost.StartAsync().WaitAsync(s_setUp);
        var defects = host.Log;
        TaskScheduler.UnobservedTaskException += (_, args) => defects.Add($"An exception that nobody observed: {args.Exception}");
        AppDomain.CurrentDomain.UnhandledException += (_, args) =>
        {
            // The process ends here: no more than this can be said.
            memory.NoteCrash($"near --seed {options.Seed} --case {memory.Cases}: {args.ExceptionObject}");
            Console.WriteLine(memory.Summary(survivorsUnharmed: false));
        };

        if (options.RecordTo is { } path)
        {
            await Recorder.RecordAsync(path, host.Pipeline, host.Delegate);
            return 0;
        }

        var recorded = Recorder.Load();
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"seed {options.Seed}"));

        var pair = await MemoryPair.ConnectAsync(host.Pipeline, host.Delegate, NullLogger.Instance, keep: false).WaitAsync(s_setUp);
        await using var tunnel = await SocketRestClient.ConnectAsync(new SocketRestClientOptions { Uri = host.Tunnel, Name = FuzzHost.SurvivorName, RequestHandler = FuzzHost.AnswerAsync });
        Survivor[] survivors =
        [
            new("that dials in memory", pair.Dialler.Public.CreateHandler()),
            new("that accepts in memory", pair.Acceptor.Public.CreateHandler()),
            new("over a socket", tunnel.CreateHandler()),
        ];
        using var stop = new CancellationTokenSource();
        Task<bool>[] surviving = [.. survivors.Select(survivor => Task.Run(() => survivor.RunAsync(stop.Token)))];

        var inMemory = new MemoryRunner(host, memory, number => Name(options, number, "memory"));
        await using var overSockets = new SocketRunner(host, memory, number => Name(options, number, "sockets"));
        if (options.Case is { } one)
        {
            var script = new CaseMaker(recorded, options.Seed).Make(one);
            await (options.OverSockets ? overSockets.RunAsync(script) : inMemory.RunAsync(script));
        }
        else
        {
            var time = TimeSpan.FromSeconds(options.Seconds);
            await RunAsync("memory", memory, MemoryLanes, time * (1 - SocketShare), recorded, options.Seed, inMemory.RunAsync);
            await RunAsync("sockets", memory, SocketLanes, time * SocketShare, recorded, options.Seed, overSockets.RunAsync);
        }

        GC.Collect();
        GC.WaitForPendingFinalizers();
        await stop.CancelAsync();
        var unharmed = (await Task.WhenAll(surviving)).All(well => well);
        while (defects.TryTake(out var defect))
        {
            memory.NoteCrash($"--seed {options.Seed}, which case is not known: {defect}");
        }

        memory.WriteCodes(Console.Out);
        Console.WriteLine(memory.Summary(unharmed));
        return memory.Failed || !unharmed ? 1 : 0;
    }

    private static async Task RunAsync(
        string where, FuzzTally tally, int lanes, TimeSpan time, (Dialogue[], Dialogue[]) recorded, ulong seed, Func<FuzzCase, Task> run)
    {
        var (cases, established) = (tally.Cases, tally.Established);
        var started = Stopwatch.GetTimestamp();
        long number = 0;
        await Task.WhenAll(Enumerable.Range(0, lanes).Select(_ => Task.Run(async () =>
        {
            var maker = new CaseMaker(recorded, seed);
            while (Stopwatch.GetElapsedTime(started) < time)
            {
                await run(maker.Make(Interlocked.Increment(ref number)));
            }
        })));
        var seconds = Stopwatch.GetElapsedTime(started).TotalSeconds;
        cases = tally.Cases - cases;
        established = tally.Established - established;
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"VALUE fuzz.{where}-cases-per-second {cases / seconds:0} cases/s"));
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"VALUE fuzz.{where}-past-handshake {100.0 * established / Math.Max(cases, 1):0.0} %"));
    }

    private static string Name(FuzzOptions options, long number, string where) =>
        string.Create(CultureInfo.InvariantCulture, $"--seed {options.Seed} --case {number} --over {where}");
}
