using SocketRest.Protocol;
using SocketRest.Tests.Dialogues;

namespace SocketRest.Tests.Multiplexing;

/// <summary>Callers that cancel many calls at once, and applications that honour it: nobody sees anything but his own cancellation.</summary>
public sealed class MassCancellationTests
{
    [Theory]
    [InlineData(1, null, 9)]
    [InlineData(10, null, 9)]
    [InlineData(10, 10, 19)]
    public async Task Client_that_cancels_all_that_it_has_again_and_again_is_held_back_and_not_ended(int maxStreams, int? maxResets, int seconds)
    {
        var time = new FakeTime();
        var server = new ManualServer
        {
            Handler = async call =>
            {
                await call.Aborted;
                call.Release();
            },
        };
        await using Tunnel tunnel = await Tunnel.StartAsync(server, maxStreams, maxResets: maxResets, time: time);
        using HttpClient client = tunnel.CreateClient();

        Task<TimeSpan> cancelling = CancelAllAsync();
        await Patience.UntilAsync(() =>
        {
            if (!cancelling.IsCompleted && time.Next is { } next && next <= TimeSpan.FromSeconds(1))
            {
                time.Advance(next);
            }

            return cancelling.IsCompleted;
        });

        // Twice as many as may be open are borne in a second by default: the first two rounds are for nothing, each pair after them costs one. With the least, each but the first.
        Assert.True(await cancelling >= TimeSpan.FromSeconds(seconds), "More was cancelled than the other end bears.");
        Assert.All(tunnel.Ends, end => Assert.False(end.IsEnded));

        async Task<TimeSpan> CancelAllAsync()
        {
            long since = time.GetTimestamp();
            for (int round = 0; round < 20; round++)
            {
                using var giveUp = new CancellationTokenSource();
                Task<HttpResponseMessage>[] calls = [.. Enumerable.Range(0, maxStreams).Select(_ => client.GetAsync("/", giveUp.Token))];
                await Patience.UntilAsync(() => server.Running == maxStreams);
                await giveUp.CancelAsync();
                foreach (Task<HttpResponseMessage> call in calls)
                {
                    await Assert.ThrowsAnyAsync<OperationCanceledException>(() => call);
                }

                await Patience.UntilAsync(() => server.Running == 0);
            }

            return time.GetElapsedTime(since);
        }
    }

    [Fact]
    public async Task What_the_other_end_may_not_have_yet_holds_back_further_calls_however_long_ago_it_was_sent()
    {
        var time = new FakeTime();
        await using var hub = new ResumingHub(new SocketRestOptions { TimeProvider = time, HeartbeatInterval = Timeout.InfiniteTimeSpan });
        (RawPeer peer, _) = await hub.DialAsync(new WireSettings { MaxStreams = 2 });
        using HttpClient client = hub.CreateClient();
        for (uint id = 2; id <= 8; id += 2)
        {
            using var giveUp = new CancellationTokenSource();
            Task<HttpResponseMessage> call = client.GetAsync("/", giveUp.Token);
            await peer.ExpectHeadersAsync(id);
            await giveUp.CancelAsync();
            await peer.ExpectResetAsync(id, SocketRestErrorCode.Cancelled);
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => call.Soon());
        }

        Task<HttpResponseMessage> next = client.GetAsync("/");
        time.Advance(TimeSpan.FromSeconds(10));
        await peer.ExpectSilenceAsync();

        await peer.SendAckAsync(peer.Counted);
        await peer.ExpectSilenceAsync();
        time.Advance(TimeSpan.FromMilliseconds(999));
        await peer.ExpectSilenceAsync();
        time.Advance(TimeSpan.FromMilliseconds(1));
        await peer.ExpectHeadersAsync(10);
        await peer.SendResponseAsync(10, endStream: true);
        (await next.Soon()).Dispose();
    }

    [Fact]
    public async Task Announced_limit_is_kept_too_and_less_than_what_may_run_stops_nobody()
    {
        var time = new FakeTime();
        await using var hub = new ResumingHub(new SocketRestOptions { TimeProvider = time, HeartbeatInterval = Timeout.InfiniteTimeSpan });
        (RawPeer peer, _) = await hub.DialAsync(new WireSettings { MaxStreams = 3, MaxResets = 1 });
        using HttpClient client = hub.CreateClient();
        using var giveUp = new CancellationTokenSource();
        var calls = new List<Task<HttpResponseMessage>>();
        for (uint id = 2; id <= 6; id += 2)
        {
            calls.Add(client.GetAsync("/", id == 2 ? giveUp.Token : CancellationToken.None));
            await peer.ExpectHeadersAsync(id);
        }

        await giveUp.CancelAsync();
        await peer.ExpectResetAsync(2, SocketRestErrorCode.Cancelled);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => calls[0].Soon());
        Task<HttpResponseMessage> next = client.GetAsync("/");
        await peer.SendAckAsync(peer.Counted);
        await peer.ExpectSilenceAsync();
        time.Advance(TimeSpan.FromSeconds(1));
        await peer.ExpectHeadersAsync(8);
        foreach (uint id in (uint[])[4, 6, 8])
        {
            await peer.SendResponseAsync(id, endStream: true);
        }

        foreach (Task<HttpResponseMessage> call in calls[1..].Append(next))
        {
            (await call.Soon()).Dispose();
        }
    }

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
