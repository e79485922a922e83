using System.Diagnostics;
using System.Globalization;
using System.Runtime;

namespace SocketRest.Benchmarks.Idle;

/// <param name="Private">What the process has to itself, in bytes.</param>
/// <param name="Managed">What of that is on the managed heap and in use, in bytes.</param>
internal readonly record struct MemoryUse(long Private, long Managed)
{
    private const string Status = "/proc/self/status";
    private const string Anonymous = "RssAnon:";

    private static readonly TimeSpan s_quiet = TimeSpan.FromSeconds(1);

    /// <summary>What is in use at this moment, after everything else was given back to the operating system.</summary>
    public static async Task<MemoryUse> MeasureAsync()
    {
        // The runtime compiles what has become hot behind the program's back, and keeps what that takes: once, whatever the number of connections.
        for (var (compiled, waits) = (-1L, 0); compiled != JitInfo.GetCompiledMethodCount() && waits < 20; waits++)
        {
            compiled = JitInfo.GetCompiledMethodCount();
            await Task.Delay(s_quiet);
        }

        // Twice, so that what the first leaves to finalizers is gone as well.
        for (var i = 0; i < 2; i++)
        {
            GCSettings.LargeObjectHeapCompactionMode = GCLargeObjectHeapCompactionMode.CompactOnce;
            GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
            GC.WaitForPendingFinalizers();
        }

        return new MemoryUse(ReadPrivate(), GC.GetTotalMemory(forceFullCollection: false));
    }

    public static MemoryUse Parse(string line)
    {
        var numbers = line.Split(' ');
        return new MemoryUse(long.Parse(numbers[0], CultureInfo.InvariantCulture), long.Parse(numbers[1], CultureInfo.InvariantCulture));
    }

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Private} {Managed}");

    private static long ReadPrivate()
    {
        if (!File.Exists(Status))
        {
            using var self = Process.GetCurrentProcess();
            return self.PrivateMemorySize64;
        }

        // "RssAnon:", a tab, spaces, "12345 kB"
        var line = File.ReadLines(Status).First(line => line.StartsWith(Anonymous, StringComparison.Ordinal));
        return 1024 * long.Parse(line[Anonymous.Length..].Trim().Split(' ')[0], CultureInfo.InvariantCulture);
    }
}
