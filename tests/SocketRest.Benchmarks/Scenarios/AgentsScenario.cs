using System.Diagnostics;
using System.Globalization;
using SocketRest.Benchmarks.Agents;
using SocketRest.Benchmarks.Idle;
using SocketRest.Benchmarks.Measuring;
using SocketRest.Benchmarks.Peers;

namespace SocketRest.Benchmarks.Scenarios;

/// <summary>
/// Thousands of agents at one hub, which is a process of its own: what a connection costs there, how calls fare that are spread over all of them, and how
/// long it takes until all are back when the hub is killed and started again.
/// </summary>
internal sealed class AgentsScenario(int agents, int concurrency) : IScenario
{
    /// <summary>Agents that are there before the first measurement: what the hub needs once is in its memory by then.</summary>
    private const int First = 100;

    private static readonly TimeSpan s_poll = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(2);

    public string Name => "agents";

    public async Task RunAsync(Plan plan, Report report)
    {
        // Each has a socket here and one at the hub.
        var count = Math.Min(agents, FileLimit.Fit(files: 2));
        var hub = await HubProcess.StartAsync(AgentsHub.Verb, "0");
        try
        {
            await using var fleet = new AgentFleet(hub.Address);
            using var client = new HttpClient(Handlers.Create(PeerSettings.Default));
            await fleet.GrowAsync(First);
            await Rounds.WarmUpAsync([new LoadGenerator(new CallAgent(client, hub.Address, First), concurrency, recordLatency: true).RunAsync]);
            await hub.MeasureAsync();
            var before = await hub.MeasureAsync();
            await fleet.GrowAsync(count);
            var after = await hub.MeasureAsync();
            report.AddValue("agents.bytes-per-connection", (after.Private - before.Private) / (double)(count - First), "bytes");

            var load = new LoadGenerator(new CallAgent(client, hub.Address, count), concurrency, recordLatency: true);
            await load.RunAsync(plan.Round);
            var result = await load.RunAsync(plan.Rounds * plan.Round);
            report.AddValue("agents.calls-per-second", result.CallsPerSecond, "calls/s");
            report.AddValue("agents.p50", load.Percentile(0.5).TotalMicroseconds, "us");
            report.AddValue("agents.p99", load.Percentile(0.99).TotalMicroseconds, "us");

            var address = hub.Address;
            hub.Dispose();
            var lost = Stopwatch.GetTimestamp();
            hub = await HubProcess.StartAsync(AgentsHub.Verb, address.Port.ToString(CultureInfo.InvariantCulture));
            while (int.Parse(await hub.AskAsync(AgentsHub.Count), CultureInfo.InvariantCulture) < count)
            {
                if (Stopwatch.GetElapsedTime(lost) > s_patience)
                {
                    throw new TimeoutException($"Of {count} agents only {await hub.AskAsync(AgentsHub.Count)} came back within {s_patience.TotalSeconds:0} s.");
                }

                await Task.Delay(s_poll);
            }

            report.AddValue("storm.seconds-to-last-agent", Stopwatch.GetElapsedTime(lost).TotalSeconds, "s");
            await load.RunAsync(plan.Round);
        }
        finally
        {
            hub.Dispose();
        }
    }
}
