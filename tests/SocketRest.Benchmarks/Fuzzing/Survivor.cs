namespace SocketRest.Benchmarks.Fuzzing;

/// <summary>A healthy connection beside the fuzzed ones, which has to answer all the time.</summary>
internal sealed class Survivor(string what, HttpMessageHandler handler) : IDisposable
{
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan s_pause = TimeSpan.FromMilliseconds(5);

    private readonly HttpClient _client = new(handler) { BaseAddress = new Uri("http://peer/"), Timeout = s_limit };

    public long Answers { get; private set; }

    /// <summary>Calls until it is told to stop. False when it was not served as it should be.</summary>
    public async Task<bool> RunAsync(CancellationToken stop)
    {
        try
        {
            var body = new byte[300];
            while (!stop.IsCancellationRequested)
            {
                body.AsSpan().Fill((byte)Answers);
                using var response = await _client.PostAsync("echo", new ByteArrayContent(body), CancellationToken.None);
                var answer = await response.EnsureSuccessStatusCode().Content.ReadAsByteArrayAsync(CancellationToken.None);
                if (!answer.AsSpan().SequenceEqual(body))
                {
                    Console.WriteLine($"HARMED the survivor {what} got another answer than its own.");
                    return false;
                }

                Answers++;
                await Task.Delay(s_pause, stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }

            return Answers > 0;
        }
        catch (Exception exception)
        {
            Console.WriteLine($"HARMED the survivor {what}: {exception}");
            return false;
        }
    }

    public void Dispose() => _client.Dispose();
}
