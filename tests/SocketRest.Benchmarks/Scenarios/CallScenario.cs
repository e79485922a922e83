using System.Globalization;
using SocketRest.Benchmarks.Measuring;
using SocketRest.Benchmarks.Peers;

namespace SocketRest.Benchmarks.Scenarios;

/// <summary>A number of equal small calls in flight.</summary>
internal sealed class CallScenario(
    string name, string title, int concurrency, CallFigure figure, Func<Peer, ICall> createCall, params PeerSpec[] specs) : IScenario
{
    public string Name => name;

    /// <summary>Whether the bytes allocated a call are given as values, with the floor that no handler can go below.</summary>
    public bool ReportsAllocation { get; init; }

    public async Task RunAsync(Plan plan, Report report)
    {
        var peers = new List<Peer>();
        try
        {
            var results = new List<PeerResult>();
            foreach (var spec in specs)
            {
                var peer = await spec.StartAsync(PeerSettings.Default);
                peers.Add(peer);
                results.Add(new PeerResult(peer.Name, spec.Role));
            }

            if (ReportsAllocation)
            {
                var stub = await StubPeer.StartAsync(answerOf: peers[0]);
                peers.Add(stub);
                results.Add(new PeerResult(stub.Name, Role.Floor));
            }

            await MeasureAsync(plan, peers, results);
            Publish(plan, report, results);
        }
        finally
        {
            foreach (var peer in peers)
            {
                await peer.DisposeAsync();
            }
        }
    }

    private async Task MeasureAsync(Plan plan, List<Peer> peers, List<PeerResult> results)
    {
        var loads = peers.ConvertAll(peer => new LoadGenerator(createCall(peer), concurrency, figure == CallFigure.MedianLatency));
        await Rounds.WarmUpAsync(loads.ConvertAll<Func<TimeSpan, Task>>(load => load.RunAsync));
        await Rounds.MeasureAsync(plan.Rounds, [.. loads.Zip(results, (load, result) => (Func<Task>)(() => MeasureAsync(load, result, plan.Round)))]);
    }

    private async Task MeasureAsync(LoadGenerator load, PeerResult result, TimeSpan duration)
    {
        var measured = await load.RunAsync(duration);
        result.Add(
            figure == CallFigure.CallsPerSecond ? measured.CallsPerSecond : load.Percentile(0.5).TotalMicroseconds,
            measured.ProcessorPerCall,
            measured.AllocatedPerCall);
    }

    private void Publish(Plan plan, Report report, List<PeerResult> results)
    {
        var rounds = string.Create(CultureInfo.InvariantCulture, $"{plan.Rounds} rounds of {plan.Round.TotalSeconds:0.##} s");
        report.Add(new ScenarioResult(name, $"{title}, {rounds}", figure == CallFigure.CallsPerSecond ? "calls/s" : "p50, us", results)
        {
            AsideUnits = ["cpu us/call", "bytes/call"],
            LowerIsBetter = figure == CallFigure.MedianLatency,
        });
        if (!ReportsAllocation)
        {
            return;
        }

        if (results.Find(result => result.Role == Role.Subject) is { } subject)
        {
            report.AddValue($"{name}.allocated", subject.Asides[^1].Median, "bytes");
        }

        report.AddValue($"{name}.allocated-floor", results.Single(result => result.Role == Role.Floor).Asides[^1].Median, "bytes");
    }
}
