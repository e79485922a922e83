using System.Net;

namespace SocketRest.Benchmarks.Fuzzing;

/// <summary>Plays the calls of one side, one after the other, and takes the failures that a broken peer may cause.</summary>
internal static class Calls
{
    private const int SmallBody = 200;
    private const int LargeBody = 5000;

    private static readonly byte[] s_small = new byte[SmallBody];
    private static readonly byte[] s_large = new byte[LargeBody];

    public static async Task PlayAsync(HttpMessageInvoker invoker, Call[] calls, bool forgiving, Task? until = null)
    {
        foreach (var call in calls)
        {
            if (until is { IsCompleted: true })
            {
                return;
            }

            // Thrown no more often than it must be: that is what most of a case would cost.
            Task playing = PlayAsync(invoker, call, forgiving);
            await playing.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (!forgiving || (!playing.IsCompletedSuccessfully && !IsExpected(playing)))
            {
                await playing;
            }
        }
    }

    /// <summary>What a caller or an application has to reckon with. Anything else is a defect.</summary>
    public static bool IsExpected(Exception exception) =>
        exception is HttpRequestException or SocketRestException or IOException or OperationCanceledException;

    private static bool IsExpected(Task failed) => failed.IsCanceled || (failed.Exception?.InnerException is { } cause && IsExpected(cause));

    private static async Task PlayAsync(HttpMessageInvoker invoker, Call call, bool forgiving)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "http://peer/hello");
        request.Headers.TryAddWithoutValidation("accept", "text/plain");
        switch (call)
        {
            case Call.Post:
                Post(request, s_small);
                break;
            case Call.PostWithTrailers:
                Post(request, s_small);
                request.Headers.TransferEncodingChunked = true;
                request.Options.Set(SocketRestHandler.RequestTrailers, () => [new("x-sum", "200")]);
                break;
            case Call.PostLarge:
                Post(request, s_large);
                break;
            case Call.Head:
                request.Method = HttpMethod.Head;
                break;
            case Call.LetGo:
                request.RequestUri = new Uri("http://peer/long");
                break;
            case Call.Upgrade:
                request.Method = HttpMethod.Connect;
                request.Version = HttpVersion.Version20;
                request.Headers.Protocol = "websocket";
                break;
        }

        var sending = invoker.SendAsync(request, CancellationToken.None);
        await ((Task)sending).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (forgiving && !sending.IsCompletedSuccessfully && IsExpected(sending))
        {
            return;
        }

        using var response = await sending;
        if (call == Call.LetGo)
        {
            return;
        }

        if (call == Call.Upgrade)
        {
            await using var stream = await response.Content.ReadAsStreamAsync();
            if (!stream.CanWrite)
            {
                return;
            }

            await stream.WriteAsync(s_small);
            _ = await stream.ReadAsync(new byte[SmallBody]);
            return;
        }

        // Not through the content, which describes each failure to copy with a stack trace in words.
        var body = await response.Content.ReadAsStreamAsync();
        var copying = body.CopyToAsync(Stream.Null);
        await copying.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (!forgiving || (!copying.IsCompletedSuccessfully && !IsExpected(copying)))
        {
            await copying;
        }
    }

    private static void Post(HttpRequestMessage request, byte[] body)
    {
        request.Method = HttpMethod.Post;
        request.RequestUri = new Uri("http://peer/echo");
        request.Content = new ByteArrayContent(body);
    }
}
