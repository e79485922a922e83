using SocketRest.Tests.Dialogues;

namespace SocketRest.Tests.Multiplexing;

/// <summary>Callers that cancel many calls at once, and applications that honour it: nobody sees anything but his own cancellation.</summary>
public sealed class MassCancellationTests
{
    [Theory]
    [InlineData(4)]
    [InlineData(256)]
    public async Task A_thousand_quick_cancellations_refuse_no_call_of_anybody_else(int maxStreams)
    {
        var server = new ManualServer
        {
            Handler = async call =>
            {
                if (call.Path == "/quick")
                {
                    call.Respond();
                    return;
                }

                if (!call.Stream.IsFaulted)
                {
                    await call.Aborted;
                }

                call.Release();
            },
        };
        // So many within a second would otherwise be a peer to get rid of.
        await using Tunnel tunnel = await Tunnel.StartAsync(server, maxStreams, maxResets: 10_000);
        using HttpClient client = tunnel.CreateClient();

        await Task.WhenAll(Enumerable.Range(0, 10).Select(_ => Task.Run(CancelManyAsync))).Soon();

        Assert.Equal(0, tunnel.Ends[0].OpenStreams);
        await Patience.UntilAsync(() => tunnel.Ends[1].OpenStreams == 0 && server.Running == 0);

        async Task CancelManyAsync()
        {
            for (int i = 0; i < 20; i++)
            {
                using var giveUp = new CancellationTokenSource();
                Task<HttpResponseMessage>[] stuck = [.. Enumerable.Range(0, 25).Select(_ => client.GetAsync("/stuck", giveUp.Token))];
                await tunnel.Ends[0].Pings.PingAsync(default, CancellationToken.None);
                giveUp.Cancel();
                Task<HttpResponseMessage> quick = client.GetAsync("/quick");
                foreach (Task<HttpResponseMessage> call in stuck)
                {
                    await Assert.ThrowsAnyAsync<OperationCanceledException>(() => call);
                }

                (await quick).Dispose();
            }
        }
    }
}
