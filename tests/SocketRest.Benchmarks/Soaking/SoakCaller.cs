using System.Globalization;

namespace SocketRest.Benchmarks.Soaking;

/// <summary>One caller of one end: a call after the other, of every kind.</summary>
internal sealed class SoakCaller(SoakEnd end, Func<CancellationToken, Task<HttpClient>> connect, Func<int> nextCall, SoakTally tally, int seed)
{
    private const double CancelledShare = 0.2;
    private const double StreamedShare = 0.08;
    private const double LargeShare = 0.02;
    private const int MostSmall = 2_000;
    private const int MostStreamed = 100_000;
    private const int LeastLarge = 1024 * 1024;
    private const int MostLarge = 10 * 1024 * 1024;

    /// <summary>What has not come by then never comes.</summary>
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(45);

    private readonly Random _random = new(seed);

    public async Task RunAsync(CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            var call = nextCall();
            var kind = _random.NextDouble();
            var large = kind < LargeShare;
            var streamed = !large && kind < LargeShare + StreamedShare;
            var up = Body(large && _random.Next(2) == 0, streamed ? MostStreamed : MostSmall);
            var down = streamed ? up : Body(large, MostSmall);
            var cancelAfter = _random.NextDouble() < CancelledShare ? TimeSpan.FromMilliseconds(_random.NextDouble() * (large || streamed ? 60 : 3)) : (TimeSpan?)null;
            tally.NoteCall();
            await CallAsync(call, streamed, up, down, cancelAfter);
        }
    }

    private SoakBody Body(bool large, int mostSmall) => new(
        _random.Next(1 << 20),
        large ? (int)(LeastLarge * Math.Pow((double)MostLarge / LeastLarge, _random.NextDouble())) : _random.Next(mostSmall));

    private async Task CallAsync(int number, bool streamed, SoakBody up, SoakBody down, TimeSpan? cancelAfter)
    {
        var name = string.Create(CultureInfo.InvariantCulture, $"call {number} of the {end} ({(streamed ? "streamed" : "whole")}, {up} up, {down} down)");
        using var limit = new CancellationTokenSource(s_limit);
        using var cancelled = cancelAfter is { } after ? new CancellationTokenSource(after) : new CancellationTokenSource();
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancelled.Token);
        try
        {
            var client = await connect(either.Token);
            using var request = new HttpRequestMessage(
                HttpMethod.Post,
                streamed ? "/stream" : string.Create(CultureInfo.InvariantCulture, $"/exchange?start={down.Start}&length={down.Length}"));
            request.Headers.Add(SoakApplication.CallField, number.ToString(CultureInfo.InvariantCulture));
            var digest = up.Digest();
            request.Headers.Add(SoakBody.DigestField, digest);
            request.Content = up.ToContent(streamed);
            using var response = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, either.Token);
            response.EnsureSuccessStatusCode();
            await using var stream = await response.Content.ReadAsStreamAsync(either.Token);
            var received = await SoakBody.DigestOfAsync(stream, either.Token);
            var promised = (streamed ? response.TrailingHeaders : response.Headers).GetValues(SoakBody.DigestField).Single();
            if (received != promised || received != (streamed ? digest : down.Digest()))
            {
                tally.NoteCorrupted($"the answer to {name}");
            }
        }
        catch (OperationCanceledException) when (cancelled.IsCancellationRequested)
        {
            tally.NoteCancelled();
        }
        catch (Exception exception)
        {
            tally.NoteFailed($"{name}: {(limit.IsCancellationRequested ? $"no end within {s_limit.TotalSeconds:0} s. " : "")}{Sentence(exception)}");
        }
    }

    private static string Sentence(Exception exception)
    {
        var tunnel = exception as SocketRestException ?? exception.InnerException as SocketRestException;
        return tunnel is null ? exception.ToString() : $"{tunnel.ErrorCode}, {tunnel.Outcome}: {tunnel.Message}";
    }
}
