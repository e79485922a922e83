using System.Diagnostics;
using System.Globalization;
using SocketRest.Benchmarks.Measuring;
using SocketRest.Benchmarks.Peers;

namespace SocketRest.Benchmarks.Scenarios;

/// <summary>Many bytes one way, nothing else in flight.</summary>
internal sealed class BulkScenario(BulkDirection direction, params BulkSpec[] specs) : IScenario
{
    private const long WarmUpBytes = 64L << 20;
    private const double MiB = 1 << 20;

    public string Name => direction == BulkDirection.Download ? "download-1g" : "upload-1g";

    public async Task RunAsync(Plan plan, Report report)
    {
        var peers = new List<IBulkPeer>();
        try
        {
            var results = new List<PeerResult>();
            foreach (var spec in specs)
            {
                var peer = await spec.StartAsync();
                peers.Add(peer);
                results.Add(new PeerResult(peer.Name, spec.Role));
            }

            await Rounds.WarmUpAsync(peers.ConvertAll<Func<TimeSpan, Task>>(peer => _ => MoveAsync(peer, WarmUpBytes)));
            await Rounds.MeasureAsync(
                plan.Rounds,
                [.. peers.Zip(results, (peer, result) => (Func<Task>)(() => MeasureAsync(peer, result, plan.BulkBytes)))]);

            var size = string.Create(CultureInfo.InvariantCulture, $"{plan.Rounds} rounds of {plan.BulkBytes / MiB:0} MiB");
            report.Add(new ScenarioResult(Name, $"{(direction == BulkDirection.Download ? "response" : "request")} body, {size}", "MiB/s", results)
            {
                AsideUnits = ["cpu us/MiB"],
            });
        }
        finally
        {
            foreach (var peer in peers)
            {
                await peer.DisposeAsync();
            }
        }
    }

    private async Task MeasureAsync(IBulkPeer peer, PeerResult result, long bytes)
    {
        var processorBefore = Environment.CpuUsage.TotalTime;
        var start = Stopwatch.GetTimestamp();
        await MoveAsync(peer, bytes);
        var seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        var processor = Environment.CpuUsage.TotalTime - processorBefore;
        result.Add(bytes / MiB / seconds, processor.TotalMicroseconds / (bytes / MiB));
    }

    private Task MoveAsync(IBulkPeer peer, long bytes) =>
        direction == BulkDirection.Download ? peer.DownloadAsync(bytes) : peer.UploadAsync(bytes);
}
