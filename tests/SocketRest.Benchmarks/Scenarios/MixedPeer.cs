using System.Diagnostics;
using SocketRest.Benchmarks.Measuring;
using SocketRest.Benchmarks.Peers;

namespace SocketRest.Benchmarks.Scenarios;

/// <summary>Small calls while a download and an upload run without a pause, all through one client.</summary>
internal sealed class MixedPeer : IAsyncDisposable
{
    private const int Callers = 8;
    private const double MiB = 1 << 20;

    // Large enough that beginning and ending a transfer does not matter, small enough that the last one of a round is soon over.
    private const long TransferBytes = 64L << 20;

    // What the windows need to open before the measuring begins.
    private static readonly TimeSpan RampUp = TimeSpan.FromMilliseconds(200);

    private readonly HttpBulkPeer _bulk;
    private readonly LoadGenerator _load;

    public MixedPeer(Peer peer)
    {
        _bulk = new HttpBulkPeer(peer);
        _load = new LoadGenerator(new GetHello(peer), Callers, recordLatency: true);
    }

    public string Name => _bulk.Name;

    /// <returns>The small calls' p99 in microseconds, and the rate of the bulk during them, both ways together, in MiB/s.</returns>
    public async Task<(double P99, double BulkRate)> RunAsync(TimeSpan duration)
    {
        using var stop = new CancellationTokenSource();
        var download = Task.Run(() => RepeatAsync(_bulk.DownloadAsync, stop.Token));
        var upload = Task.Run(() => RepeatAsync(_bulk.UploadAsync, stop.Token));
        await Task.Delay(RampUp);

        var before = _bulk.Moved;
        var start = Stopwatch.GetTimestamp();
        await _load.RunAsync(duration);
        var rate = (_bulk.Moved - before) / MiB / Stopwatch.GetElapsedTime(start).TotalSeconds;

        await stop.CancelAsync();
        await Task.WhenAll(download, upload);
        return (_load.Percentile(0.99).TotalMicroseconds, rate);
    }

    public ValueTask DisposeAsync() => _bulk.DisposeAsync();

    private static async Task RepeatAsync(Func<long, Task> transfer, CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            await transfer(TransferBytes);
        }
    }
}
