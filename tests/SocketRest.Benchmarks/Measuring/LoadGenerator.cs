using System.Diagnostics;

namespace SocketRest.Benchmarks.Measuring;

/// <summary>Keeps a number of calls in flight for a time.</summary>
internal sealed class LoadGenerator
{
    private readonly ICall _call;
    private readonly LatencyHistogram[]? _latencies;
    private readonly int _concurrency;

    public LoadGenerator(ICall call, int concurrency, bool recordLatency)
    {
        _call = call;
        _concurrency = concurrency;
        // A histogram for each worker: shared ones would have the workers wait for each other's cache lines.
        _latencies = recordLatency ? [.. Enumerable.Range(0, concurrency).Select(_ => new LatencyHistogram())] : null;
    }

    public async Task<LoadResult> RunAsync(TimeSpan duration)
    {
        foreach (var latency in _latencies ?? [])
        {
            latency.Clear();
        }

        var allocatedBefore = GC.GetTotalAllocatedBytes(precise: true);
        var processorBefore = Environment.CpuUsage.TotalTime;
        var start = Stopwatch.GetTimestamp();
        var deadline = start + (long)(duration.TotalSeconds * Stopwatch.Frequency);
        var workers = new Task<long>[_concurrency];
        for (var i = 0; i < workers.Length; i++)
        {
            var worker = i;
            workers[i] = Task.Run(() => WorkAsync(worker, deadline));
        }

        var calls = (await Task.WhenAll(workers)).Sum();
        var elapsed = Stopwatch.GetElapsedTime(start);
        var processor = Environment.CpuUsage.TotalTime - processorBefore;
        return new LoadResult(calls, elapsed, processor, GC.GetTotalAllocatedBytes(precise: true) - allocatedBefore);
    }

    /// <summary>The latency that the given share (0 to 1) of the last run's calls stayed within.</summary>
    public TimeSpan Percentile(double share)
    {
        var all = new LatencyHistogram();
        foreach (var latency in _latencies ?? [])
        {
            all.Add(latency);
        }

        return Stopwatch.GetElapsedTime(0, all.Percentile(share));
    }

    private async Task<long> WorkAsync(int worker, long deadline)
    {
        var latency = _latencies?[worker];
        var number = (long)worker << 32;
        long calls = 0;
        var before = Stopwatch.GetTimestamp();
        do
        {
            await _call.InvokeAsync(number + calls);
            var after = Stopwatch.GetTimestamp();
            latency?.Record(after - before);
            before = after;
            calls++;
        }
        while (before < deadline);
        return calls;
    }
}
