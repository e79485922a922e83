using System.Globalization;
using SocketRest.Benchmarks.Measuring;
using SocketRest.Benchmarks.Peers;

namespace SocketRest.Benchmarks.Scenarios;

/// <summary>How long small calls wait behind bulk on the same connection.</summary>
internal sealed class MixedScenario(params PeerSpec[] specs) : IScenario
{
    /// <summary>A peer could answer small calls at once by starving the bulk: below this share of the rival's rate the ratio says nothing.</summary>
    private const double FairBulk = 0.8;

    // A shorter round has too few calls for a p99.
    private static readonly TimeSpan ShortestRound = TimeSpan.FromSeconds(0.5);

    public string Name => "mixed";

    public async Task RunAsync(Plan plan, Report report)
    {
        var peers = new List<MixedPeer>();
        try
        {
            var results = new List<PeerResult>();
            foreach (var spec in specs)
            {
                var peer = new MixedPeer(await spec.StartAsync(PeerSettings.Default with { OneConnection = true }));
                peers.Add(peer);
                results.Add(new PeerResult(peer.Name, spec.Role));
            }

            var round = plan.Round > ShortestRound ? plan.Round : ShortestRound;
            await Rounds.WarmUpAsync(peers.ConvertAll<Func<TimeSpan, Task>>(peer => peer.RunAsync));
            await Rounds.MeasureAsync(plan.Rounds, [.. peers.Zip(results, (peer, result) => (Func<Task>)(() => MeasureAsync(peer, result, round)))]);
            Publish(report, results, plan.Rounds, round);
        }
        finally
        {
            foreach (var peer in peers)
            {
                await peer.DisposeAsync();
            }
        }
    }

    private static async Task MeasureAsync(MixedPeer peer, PeerResult result, TimeSpan round)
    {
        var (p99, bulkRate) = await peer.RunAsync(round);
        result.Add(p99, bulkRate);
    }

    private void Publish(Report report, List<PeerResult> results, int rounds, TimeSpan round)
    {
        var title = string.Create(
            CultureInfo.InvariantCulture,
            $"8 callers beside a download and an upload on one connection, {rounds} rounds of {round.TotalSeconds:0.##} s");
        var result = new ScenarioResult(Name, title, "p99, us", results) { AsideUnits = ["bulk, MiB/s"], LowerIsBetter = true };
        if (result.Subject is { } subject && results.Find(peer => peer.Role == Role.Rival) is { } rival)
        {
            var share = subject.Asides[0].Median / rival.Asides[0].Median;
            var verdict = share >= FairBulk ? "the ratio counts" : "the ratio does not count";
            result.Notes.Add(string.Create(
                CultureInfo.InvariantCulture, $"bulk at {share:0.00} of {rival.Name}'s, at least {FairBulk:0.0} wanted: {verdict}"));
            report.AddValue($"{Name}.bulk-ratio", share, "ratio");
        }

        report.Add(result);
    }
}
