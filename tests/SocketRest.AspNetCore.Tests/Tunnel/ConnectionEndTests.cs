using System.Net.WebSockets;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using SocketRest.AspNetCore.Tests.Conformance;

namespace SocketRest.AspNetCore.Tests.Tunnel;

/// <summary>How a connection ends, what both ends are told, and what that makes of the calls on it.</summary>
public sealed class ConnectionEndTests
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Closing_ends_both_sides_gracefully_and_fails_what_runs(bool byTheHub)
    {
        var running = new Signal();
        await using TestHub hub = await TestHub.StartAsync(app => MapStuck(app, running));
        await using SocketRestClient tunnel = await hub.DialAsync();
        SocketRestConnection dialled = tunnel.Connection!;
        SocketRestConnection accepted = await hub.SideOfAsync(tunnel);
        using HttpClient client = dialled.CreateClient();
        Task<HttpResponseMessage> call = client.GetAsync("/stuck");
        await running.NextAsync();

        await (byTheHub ? accepted : dialled).CloseAsync().InTime();

        await accepted.Completion.InTime();
        await dialled.Completion.InTime();
        Assert.Equal(RequestOutcome.MaybeExecuted, (await TunnelClient.FailureAsync(call.InTime())).Outcome);
        Assert.Equal(RequestOutcome.NotSent, (await TunnelClient.FailureAsync(client.GetAsync("/stuck"))).Outcome);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Peer_that_closes_its_WebSocket_in_good_order_sees_it_closed_in_good_order(bool resumes)
    {
        await using TestHub hub = await TestHub.StartAsync(configure: resumes ? null : TestHub.WithoutResume);
        using RawPeer peer = await RawPeer.ConnectAsync(hub.Tunnel, "browser", "a");
        await hub.Registry.WaitForAsync(connection => connection.Name == "browser").InTime();

        await peer.Socket.CloseAsync(WebSocketCloseStatus.NormalClosure, "The page was left.", default).InTime();

        Assert.Equal((WebSocketState.Closed, WebSocketCloseStatus.NormalClosure), (peer.Socket.State, peer.Socket.CloseStatus!.Value));
    }

    [Fact]
    public async Task Killed_socket_ends_both_sides_with_an_error_where_nothing_is_resumed()
    {
        await using TestHub hub = await TestHub.StartAsync(configure: TestHub.WithoutResume);
        await using var wire = new Wire(hub.Tunnel);
        await using SocketRestClient tunnel = await SocketRestClient.ConnectAsync(wire.Address).InTime();
        SocketRestConnection dialled = tunnel.Connection!;
        SocketRestConnection accepted = await hub.SideOfAsync(tunnel);

        wire.Cut();

        foreach (SocketRestConnection side in new[] { dialled, accepted })
        {
            SocketRestException exception = await Assert.ThrowsAsync<SocketRestException>(() => side.Completion.InTime());
            Assert.Equal(SocketRestErrorCode.ConnectionLost, exception.ErrorCode);
        }
    }

    [Fact]
    public async Task Call_whose_handler_ran_when_the_socket_was_killed_may_have_run()
    {
        var running = new Signal();
        await using TestHub hub = await TestHub.StartAsync(app => MapStuck(app, running), TestHub.WithoutResume);
        await using var wire = new Wire(hub.Tunnel);
        await using SocketRestClient tunnel = await SocketRestClient.ConnectAsync(wire.Address).InTime();
        using HttpClient client = tunnel.Connection!.CreateClient();
        Task<HttpResponseMessage> call = client.GetAsync("/stuck");
        await running.NextAsync();

        wire.Cut();

        SocketRestException exception = await TunnelClient.FailureAsync(call.InTime());
        Assert.Equal(SocketRestErrorCode.ConnectionLost, exception.ErrorCode);
        Assert.Equal(RequestOutcome.MaybeExecuted, exception.Outcome);
    }

    [Fact]
    public async Task Body_that_the_killed_socket_cuts_short_was_executed()
    {
        await using TestHub hub = await TestHub.StartAsync(app => app.MapGet("/begun", async context =>
        {
            await context.Response.WriteAsync("the beginning");
            await context.Response.Body.FlushAsync();
            await context.RequestAborted.CancelledAsync();
        }), TestHub.WithoutResume);
        await using var wire = new Wire(hub.Tunnel);
        await using SocketRestClient tunnel = await SocketRestClient.ConnectAsync(wire.Address).InTime();
        using HttpClient client = tunnel.Connection!.CreateClient();
        using HttpResponseMessage response = await client.GetAsync("/begun", HttpCompletionOption.ResponseHeadersRead).InTime();
        Stream body = await response.Content.ReadAsStreamAsync();
        await body.ReadExactlyAsync(new byte["the beginning".Length]).InTime();

        wire.Cut();

        HttpIOException exception = await Assert.ThrowsAsync<HttpIOException>(() => body.ReadAsync(new byte[1]).InTime());
        Assert.Equal(RequestOutcome.Executed, Assert.IsType<SocketRestException>(exception.InnerException).Outcome);
    }

    [Fact]
    public async Task Call_that_waited_for_a_stream_when_the_socket_was_killed_was_not_sent()
    {
        var running = new Signal();
        await using TestHub hub = await TestHub.StartAsync(app => MapStuck(app, running), options =>
        {
            TestHub.WithoutResume(options);
            options.MaxConcurrentStreams = 1;
        });
        await using var wire = new Wire(hub.Tunnel);
        await using SocketRestClient tunnel = await SocketRestClient.ConnectAsync(wire.Address).InTime();
        using HttpClient client = tunnel.Connection!.CreateClient();
        Task<HttpResponseMessage> first = client.GetAsync("/stuck");
        await running.NextAsync();
        Task<HttpResponseMessage> waiting = client.GetAsync("/stuck");

        wire.Cut();

        Assert.Equal(RequestOutcome.NotSent, (await TunnelClient.FailureAsync(waiting.InTime())).Outcome);
        Assert.Equal(RequestOutcome.MaybeExecuted, (await TunnelClient.FailureAsync(first.InTime())).Outcome);
        Assert.Equal(RequestOutcome.NotSent, (await TunnelClient.FailureAsync(client.GetAsync("/stuck").InTime())).Outcome);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Draining_lets_the_running_call_finish_refuses_new_ones_and_closes(bool byTheHub)
    {
        var running = new Signal();
        var release = new Signal();
        await using TestHub hub = await TestHub.StartAsync(app => app.MapGet("/", async context =>
        {
            running.Release();
            await release.NextAsync();
            await context.Response.WriteAsync("finished");
        }));
        await using SocketRestClient tunnel = await hub.DialAsync();
        SocketRestConnection dialled = tunnel.Connection!;
        SocketRestConnection accepted = await hub.SideOfAsync(tunnel);
        using HttpClient client = dialled.CreateClient();
        Task<string> call = client.GetStringAsync("/");
        await running.NextAsync();

        Task drain = (byTheHub ? accepted : dialled).DrainAsync();
        await (byTheHub ? dialled : accepted).PingAsync().InTime();

        // A PING's answer came back: the GOAWAY in front of it has arrived.
        SocketRestException refused = await TunnelClient.FailureAsync(client.GetAsync("/").InTime());
        Assert.Equal(SocketRestErrorCode.Draining, refused.ErrorCode);
        Assert.Equal(RequestOutcome.NotSent, refused.Outcome);
        Assert.False(drain.IsCompleted);
        Assert.Null(tunnel.Connection);

        release.Release();
        Assert.Equal("finished", await call.InTime());
        await drain.InTime();
        await dialled.Completion.InTime();
        await accepted.Completion.InTime();
    }

    [Fact]
    public async Task Drain_that_is_given_up_goes_on_and_closing_ends_it()
    {
        var running = new Signal();
        await using TestHub hub = await TestHub.StartAsync(app => MapStuck(app, running));
        await using SocketRestClient tunnel = await hub.DialAsync();
        SocketRestConnection dialled = tunnel.Connection!;
        using HttpClient client = dialled.CreateClient();
        Task<HttpResponseMessage> call = client.GetAsync("/stuck");
        await running.NextAsync();
        using var giveUp = new CancellationTokenSource();

        Task drain = dialled.DrainAsync(giveUp.Token);
        await giveUp.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => drain.InTime());
        Assert.False(dialled.Completion.IsCompleted);

        await dialled.CloseAsync().InTime();
        await TunnelClient.FailureAsync(call.InTime());
        await dialled.Completion.InTime();
    }

    [Fact]
    public async Task Draining_fails_no_call_of_a_client_that_can_dial_again()
    {
        await using TestHub hub = await TestHub.StartAsync(app => app.MapGet("/", () => "here"));
        await using SocketRestClient tunnel = await hub.DialAsync();
        using HttpClient client = tunnel.CreateClient();
        using var enough = new CancellationTokenSource();
        var callers = new Task[4];
        for (int i = 0; i < callers.Length; i++)
        {
            callers[i] = Task.Run(async () =>
            {
                while (!enough.IsCancellationRequested)
                {
                    Assert.Equal("here", await client.GetStringAsync("/"));
                }
            });
        }

        for (int round = 0; round < 60; round++)
        {
            SocketRestConnection accepted = await hub.SideOfAsync(tunnel);
            await accepted.PingAsync().InTime();
            await accepted.DrainAsync().InTime();
        }

        await enough.CancelAsync();
        await Task.WhenAll(callers).InTime();
    }

    [Fact]
    public async Task No_call_that_fails_as_not_sent_around_a_drain_or_close_has_run()
    {
        const int Rounds = 60;
        int[] ran = new int[Rounds];
        var results = new (int Done, int Unknown)[Rounds][];
        await using (TestHub hub = await TestHub.StartAsync(app => app.MapGet("/{round:int}", (int round) => Interlocked.Increment(ref ran[round]))))
        {
            for (int round = 0; round < Rounds; round++)
            {
                await using SocketRestClient tunnel = await hub.DialAsync();
                SocketRestConnection accepted = await hub.SideOfAsync(tunnel);
                using HttpClient client = tunnel.Connection!.CreateClient();
                string target = $"/{round}";
                var callers = new Task<(int Done, int Unknown)>[4];
                for (int i = 0; i < callers.Length; i++)
                {
                    callers[i] = Task.Run(() => CallUntilItFailsAsync(client, target));
                }

                await tunnel.Connection!.PingAsync().InTime();
                await (round % 2 == 0 ? accepted.DrainAsync() : accepted.CloseAsync()).InTime();
                results[round] = await Task.WhenAll(callers).InTime();
            }
        }

        // Only now has all that ran come to its count: a closed connection does not wait for what it has begun.
        Assert.All(results, (callers, round) =>
        {
            int answered = callers.Sum(result => result.Done);
            Assert.InRange(ran[round], answered, answered + callers.Sum(result => result.Unknown));
        });

        static async Task<(int Done, int Unknown)> CallUntilItFailsAsync(HttpClient client, string target)
        {
            int done = 0;
            while (true)
            {
                try
                {
                    await client.GetStringAsync(target);
                    done++;
                }
                catch (HttpRequestException exception)
                {
                    // A body that is cut short after its head has arrived is one exception deeper.
                    Exception? reason = exception.InnerException is HttpIOException cut ? cut.InnerException : exception.InnerException;
                    return (done, Assert.IsType<SocketRestException>(reason).Outcome == RequestOutcome.NotSent ? 0 : 1);
                }
            }
        }
    }

    private static void MapStuck(WebApplication app, Signal running) => app.MapGet("/stuck", async context =>
    {
        running.Release();
        await context.RequestAborted.CancelledAsync();
    });
}
