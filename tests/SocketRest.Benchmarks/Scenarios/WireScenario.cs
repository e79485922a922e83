using SocketRest.Benchmarks.Measuring;
using SocketRest.Benchmarks.Peers;

namespace SocketRest.Benchmarks.Scenarios;

/// <summary>Bytes on the wire for a call that was made before, counted at the client's socket: framing of every layer above TCP included.</summary>
internal sealed class WireScenario(params PeerSpec[] specs) : IScenario
{
    private const int Calls = 1000;

    public string Name => "repeat-get";

    public async Task RunAsync(Plan plan, Report report)
    {
        var results = new List<PeerResult>();
        foreach (var spec in specs)
        {
            var counter = new WireCounter();
            await using var peer = await spec.StartAsync(PeerSettings.Default with { Wire = counter });
            var result = new PeerResult(peer.Name, spec.Role);
            results.Add(result);

            var call = new GetHello(peer);
            await CallAsync(call, Calls / 10);
            for (var round = 0; round < plan.Rounds; round++)
            {
                // One call at a time, so that no frame shares its message with another call's: calls in flight together need fewer bytes each.
                // Acknowledgements, windows and pings are in the mean as often as they come.
                var before = counter.Bytes;
                await CallAsync(call, Calls);
                result.Add((double)(counter.Bytes - before) / Calls);
            }

            if (spec.Role == Role.Subject)
            {
                report.AddValue($"{Name}.wire", result.Figure.Median, "bytes");
            }
        }

        report.Add(new ScenarioResult(Name, $"a repeated GET and its answer on the wire, {plan.Rounds} rounds of {Calls} calls", "bytes", results)
        {
            LowerIsBetter = true,
        });
    }

    private static async Task CallAsync(GetHello call, int times)
    {
        for (var i = 0; i < times; i++)
        {
            await call.InvokeAsync(i);
        }
    }
}
