using SocketRest.Multiplexing;
using SocketRest.Tests.Dialogues;

namespace SocketRest.Tests.Multiplexing;

/// <summary>Streams are used again and again. Whatever cancels, drops or resets an exchange, none may ever see another's answer.</summary>
public sealed class StreamReuseTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task Exchanges_that_break_off_anywhere_never_meet_each_other(int seed)
    {
        await using Tunnel tunnel = await Tunnel.StartAsync(new ManualServer { Handler = call => EchoAsync(call, seed) }, maxStreams: 16);
        using HttpClient client = tunnel.CreateClient();
        int answered = 0;
        await Task.WhenAll(Enumerable.Range(0, 32).Select(caller => Task.Run(async () =>
        {
            var random = new Random((seed * 1000) + caller);
            for (int i = 0; i < 150; i++)
            {
                if (await CallAsync(client, random, $"{caller}-{i}"))
                {
                    Interlocked.Increment(ref answered);
                }
            }
        }))).WaitAsync(TimeSpan.FromSeconds(120));

        Assert.True(answered > 500, $"Only {answered} were answered.");
        foreach (TunnelConnection end in tunnel.Ends)
        {
            await Patience.UntilAsync(() => end.OpenStreams == 0 && end.Slots.InUse == 0);
            Assert.False(end.IsEnded, end.EndReason?.Message);
        }

        Assert.Equal("last:0", await client.GetStringAsync("last").Soon());
    }

    private static async Task<bool> CallAsync(HttpClient client, Random random, string name)
    {
        int kind = random.Next(10);
        byte[] body = Bytes.Pattern(kind == 9 ? random.Next(100_000) : random.Next(300), random.Next());
        using var cancellation = new CancellationTokenSource();
        using var request = new HttpRequestMessage(body.Length % 3 == 0 ? HttpMethod.Get : HttpMethod.Post, name);
        if (request.Method == HttpMethod.Post)
        {
            request.Content = new ByteArrayContent(body);
        }

        Task? cancelling = null;
        try
        {
            Task<HttpResponseMessage> asking = client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellation.Token);
            if (kind is 1 or 2)
            {
                // On this thread, or on another that races with everything that the call does.
                cancelling = kind == 1 ? Task.Run(cancellation.Cancel) : cancellation.CancelAsync();
            }

            using HttpResponseMessage response = await asking.Soon();
            if (kind == 3)
            {
                return false;
            }

            string answer = await response.Content.ReadAsStringAsync(cancellation.Token).Soon();
            int length = request.Content is null ? 0 : body.Length;
            Assert.Equal($"{name}:{length}", answer);
            return true;
        }
        catch (Exception exception) when (exception is OperationCanceledException or HttpRequestException or HttpIOException)
        {
            // A call that was cancelled, one that the server chose to reset, or one that it refused while too many cancelled ones still ran.
            Assert.False(
                Reason(exception) is
                { ErrorCode: not (SocketRestErrorCode.ApplicationAborted or SocketRestErrorCode.Cancelled or SocketRestErrorCode.RefusedStream) },
                exception.ToString());
            return false;
        }
        finally
        {
            await (cancelling ?? Task.CompletedTask).Soon();
        }
    }

    private static SocketRestException? Reason(Exception? exception) => exception as SocketRestException ?? (exception is null ? null : Reason(exception.InnerException));

    private static async Task EchoAsync(ServedCall call, int seed)
    {
        int choice = call.Path == "/last" ? 0 : (call.Path.Sum(letter => letter) ^ seed) & 31;
        try
        {
            if (choice == 1)
            {
                call.Stream.Reset(new SocketRestException(SocketRestErrorCode.ApplicationAborted, "Not this one."));
                return;
            }

            int length = choice == 2 ? -1 : (await call.ReadToEndAsync()).Length;
            if (length < 0)
            {
                length = int.Parse(call["content-length"] ?? "0", System.Globalization.CultureInfo.InvariantCulture);
            }

            byte[] answer = System.Text.Encoding.ASCII.GetBytes($"{call.Path[1..]}:{length}");
            call.SendHead();
            await call.WriteAsync(answer.AsSpan(0, answer.Length / 2)).Soon();
            if (choice == 3)
            {
                call.Stream.Reset(new SocketRestException(SocketRestErrorCode.ApplicationAborted, "Not the rest."));
                return;
            }

            _ = call.WriteAsync(answer.AsSpan(answer.Length / 2));
            call.End();
        }
        catch (SocketRestException)
        {
            // The caller has broken off.
        }
        finally
        {
            call.Release();
        }
    }
}
