using System.Globalization;
using System.Runtime;
using System.Runtime.InteropServices;
using SocketRest.Benchmarks.Measuring;
using SocketRest.Benchmarks.Scenarios;

namespace SocketRest.Benchmarks;

/// <summary>Runs every scenario with its peers in turn in this process.</summary>
internal static class CompareCommand
{
    public static async Task<int> RunAsync(ReadOnlyMemory<string> arguments)
    {
        if (CompareOptions.Parse(arguments.Span, [.. ScenarioCatalog.All.Select(scenario => scenario.Name)]) is not { } options)
        {
            return Usage.Fail();
        }

        WriteConditions();
        var plan = new Plan(options.Seconds);
        var report = new Report(Console.Out);
        var failed = false;
        foreach (var scenario in ScenarioCatalog.All.Where(scenario => options.Only.Count == 0 || options.Only.Contains(scenario.Name)))
        {
            try
            {
                await scenario.RunAsync(plan, report).WaitAsync(plan.Limit);
            }
            catch (TimeoutException)
            {
                // What hangs goes on taking the processors: nothing measured beside it would mean anything.
                Console.Error.WriteLine($"{scenario.Name} did not end within {plan.Limit.TotalSeconds:0} s; the remaining scenarios are left out.");
                failed = true;
                break;
            }
            catch (Exception exception)
            {
                Console.Error.WriteLine($"{scenario.Name} failed: {exception}");
                failed = true;
            }
        }

        report.WriteSummary();
        return failed ? 1 : 0;
    }

    private static void WriteConditions()
    {
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{DateTime.UtcNow:yyyy-MM-dd HH:mm} UTC, {RuntimeInformation.FrameworkDescription}, {RuntimeInformation.OSDescription}, {RuntimeInformation.ProcessArchitecture}"));
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{Environment.ProcessorCount} processors, {(GCSettings.IsServerGC ? "server" : "workstation")} GC, all peers and their callers in this process, loopback"));
#if DEBUG
        Console.WriteLine("A debug build: the figures mean nothing.");
#endif
    }
}
