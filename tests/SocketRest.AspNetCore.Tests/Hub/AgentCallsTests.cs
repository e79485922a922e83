using SocketRest.AspNetCore.Hub;
using SocketRest.AspNetCore.Tests.Conformance;
using SocketRest.AspNetCore.Tests.Tunnel;

namespace SocketRest.AspNetCore.Tests.Hub;

/// <summary>Which agent of a name gets a call, and what becomes of a call that it does not take.</summary>
public sealed class AgentCallsTests
{
    [Fact]
    public async Task The_one_with_the_fewest_calls_in_flight_gets_the_next()
    {
        await using TestHub hub = await TestHub.StartAsync();
        await using var one = await HeldAgent.ConnectAsync(hub, "pool");
        await using var two = await HeldAgent.ConnectAsync(hub, "pool");
        await using var three = await HeldAgent.ConnectAsync(hub, "pool");
        var calls = new AgentCalls(hub.Registry);

        Task<HttpResponseMessage>[] running = [.. Enumerable.Range(0, 9).Select(_ => calls.GetAsync("pool"))];
        var answers = new List<Task<HttpResponseMessage>>();
        await one.Arrived.NextAsync(3);
        await two.Arrived.NextAsync(3);
        await three.Arrived.NextAsync(3);

        // One that has less to do than the others gets all that comes until it has as much.
        two.Release.Release(2);
        foreach (Task<HttpResponseMessage> _ in running[..2])
        {
            Task<HttpResponseMessage> answered = await Task.WhenAny(running.Where(call => !answers.Contains(call))).InTime();
            answers.Add(answered);
            (await answered).Dispose();
        }

        running = [.. running.Except(answers), calls.GetAsync("pool"), calls.GetAsync("POOL")];
        await two.Arrived.NextAsync(2);
        one.Release.Release(3);
        two.Release.Release(3);
        three.Release.Release(3);
        foreach (HttpResponseMessage response in await Task.WhenAll(running).InTime())
        {
            response.Dispose();
        }
    }

    [Fact]
    public async Task One_that_takes_no_more_at_once_is_passed_over_for_one_that_has_more_to_do()
    {
        await using TestHub hub = await TestHub.StartAsync();
        await using var narrow = await HeldAgent.ConnectAsync(hub, "pool", options => options.MaxConcurrentStreams = 1);
        await using var wide = await HeldAgent.ConnectAsync(hub, "pool");
        var calls = new AgentCalls(hub.Registry);

        Task<HttpResponseMessage>[] running = [.. Enumerable.Range(0, 4).Select(_ => calls.GetAsync("pool"))];

        await narrow.Arrived.NextAsync();
        await wide.Arrived.NextAsync(3);
        narrow.Release.Release();
        wide.Release.Release(3);
        foreach (HttpResponseMessage response in await Task.WhenAll(running).InTime())
        {
            response.Dispose();
        }
    }

    [Fact]
    public async Task One_that_is_drained_gets_none()
    {
        await using TestHub hub = await TestHub.StartAsync();
        await using var leaving = await HeldAgent.ConnectAsync(hub, "pool");
        var calls = new AgentCalls(hub.Registry);
        Task<HttpResponseMessage> running = calls.GetAsync("pool");
        await leaving.Arrived.NextAsync();
        Assert.False(leaving.Accepted.IsDraining);
        Task drained = leaving.Accepted.DrainAsync();
        Assert.True(leaving.Accepted.IsDraining);

        SocketRestException refused = await TunnelClient.FailureAsync(calls.GetAsync("pool"));
        Assert.Equal((SocketRestErrorCode.Draining, RequestOutcome.NotSent), (refused.ErrorCode, refused.Outcome));
        Assert.False(hub.Registry.TryGetByName("pool", out _));

        await using var staying = await HeldAgent.ConnectAsync(hub, "pool");
        staying.Release.Release(3);
        for (int i = 0; i < 3; i++)
        {
            (await calls.GetAsync("pool").InTime()).Dispose();
        }

        await staying.Arrived.NextAsync(3);
        leaving.Release.Release();
        (await running.InTime()).Dispose();
        await drained.InTime();
        Assert.False(leaving.Accepted.IsDraining);
    }

    [Fact]
    public async Task One_that_is_interrupted_gets_calls_only_while_there_is_no_other()
    {
        await using TestHub hub = await TestHub.StartAsync();
        await using RefusingAgent lost = await RefusingAgent.ConnectAsync(hub, "pool");
        await using IAsyncEnumerator<SocketRestConnectionEvent> events = hub.Registry.Events.GetAsyncEnumerator();
        await lost.VanishAsync();
        while (!lost.Accepted.IsInterrupted)
        {
            Assert.True(await events.MoveNextAsync().InTime());
        }

        var calls = new AgentCalls(hub.Registry);
        Task<HttpResponseMessage> waiting = calls.GetAsync("pool");
        Assert.Equal(1, lost.Accepted.OpenStreams);

        await using var there = await HeldAgent.ConnectAsync(hub, "pool");
        there.Release.Release(4);
        for (int i = 0; i < 3; i++)
        {
            (await calls.GetAsync("pool").InTime()).Dispose();
        }

        // What waited and never was sent goes to the other once it is clear that the first one does not come back.
        Assert.False(waiting.IsCompleted);
        await lost.Accepted.CloseAsync().InTime();
        (await waiting.InTime()).Dispose();
        await there.Arrived.NextAsync(4);
    }

    [Fact]
    public async Task A_call_that_is_refused_unsent_goes_to_each_of_the_others_once()
    {
        await using TestHub hub = await TestHub.StartAsync();
        await using RefusingAgent one = await RefusingAgent.ConnectAsync(hub, "pool");
        await using RefusingAgent two = await RefusingAgent.ConnectAsync(hub, "pool");
        var calls = new AgentCalls(hub.Registry);

        SocketRestException refused = await TunnelClient.FailureAsync(calls.GetAsync("pool").InTime());
        Assert.Equal((SocketRestErrorCode.RefusedStream, RequestOutcome.NotSent), (refused.ErrorCode, refused.Outcome));
        Assert.Equal((1, 1), (one.Asked, two.Asked));

        await using var taker = await HeldAgent.ConnectAsync(hub, "pool");
        taker.Release.Release(3);
        for (int i = 0; i < 3; i++)
        {
            (await calls.GetAsync("pool").InTime()).Dispose();
        }

        await taker.Arrived.NextAsync(3);
    }

    [Theory]
    [InlineData(SocketRestErrorCode.InternalError)]
    [InlineData(SocketRestErrorCode.ApplicationAborted)]
    public async Task A_call_that_may_have_run_is_not_sent_to_another(SocketRestErrorCode code)
    {
        await using TestHub hub = await TestHub.StartAsync();
        await using RefusingAgent one = await RefusingAgent.ConnectAsync(hub, "pool", code);
        await using RefusingAgent two = await RefusingAgent.ConnectAsync(hub, "pool", code);

        SocketRestException failure = await TunnelClient.FailureAsync(new AgentCalls(hub.Registry).GetAsync("pool").InTime());

        Assert.Equal((code, RequestOutcome.MaybeExecuted), (failure.ErrorCode, failure.Outcome));
        Assert.Equal(1, one.Asked + two.Asked);
    }

    [Fact]
    public async Task A_call_whose_content_was_read_is_not_sent_to_another()
    {
        await using TestHub hub = await TestHub.StartAsync();
        await using RefusingAgent one = await RefusingAgent.ConnectAsync(hub, "pool");
        await using RefusingAgent two = await RefusingAgent.ConnectAsync(hub, "pool");
        using var request = new HttpRequestMessage(HttpMethod.Post, "http://any/") { Content = new ByteArrayContent([1, 2, 3]) };

        SocketRestException failure = await TunnelClient.FailureAsync(new AgentCalls(hub.Registry).SendAsync("pool", request, default).InTime());

        Assert.Equal((SocketRestErrorCode.RefusedStream, RequestOutcome.NotSent), (failure.ErrorCode, failure.Outcome));
        Assert.Equal(1, one.Asked + two.Asked);
    }

    [Fact]
    public async Task Nobody_of_that_name_is_said_at_once()
    {
        await using TestHub hub = await TestHub.StartAsync();
        await using SocketRestClient nameless = await hub.DialAsync(options => options.RequestHandler = (_, _) => Task.FromResult(new HttpResponseMessage()));
        SocketRestConnection accepted = await hub.SideOfAsync(nameless);
        var calls = new AgentCalls(hub.Registry);

        foreach (string name in new[] { "kiln-7", "", accepted.Id })
        {
            Task<HttpResponseMessage> call = calls.GetAsync(name);
            Assert.True(call.IsCompleted);
            HttpRequestException exception = await Assert.ThrowsAsync<HttpRequestException>(() => call);
            Assert.Equal(HttpRequestError.NameResolutionError, exception.HttpRequestError);
            var inner = Assert.IsType<SocketRestException>(exception.InnerException);
            Assert.Equal((SocketRestErrorCode.UnknownAgent, RequestOutcome.NotSent), (inner.ErrorCode, inner.Outcome));
        }
    }

    [Fact]
    public async Task One_that_serves_nothing_is_said_to_and_another_that_does_is_preferred()
    {
        await using TestHub hub = await TestHub.StartAsync();
        await using SocketRestClient caller = await hub.DialAsync(options => options.Name = "pool");
        SocketRestConnection accepted = await hub.SideOfAsync(caller);
        var calls = new AgentCalls(hub.Registry);

        SocketRestException failure = await TunnelClient.FailureAsync(calls.GetAsync("pool").InTime());
        Assert.Equal((SocketRestErrorCode.NotServed, RequestOutcome.NotSent), (failure.ErrorCode, failure.Outcome));
        Assert.Equal(0, accepted.OpenStreams);

        await using var serving = await HeldAgent.ConnectAsync(hub, "pool");
        serving.Release.Release(3);
        for (int i = 0; i < 3; i++)
        {
            (await calls.GetAsync("pool").InTime()).Dispose();
        }
    }

    [Fact]
    public async Task Caller_who_gives_up_is_answered_so_and_no_other_agent_is_tried()
    {
        await using TestHub hub = await TestHub.StartAsync();
        await using var one = await HeldAgent.ConnectAsync(hub, "pool");
        using var giveUp = new CancellationTokenSource();
        using var request = new HttpRequestMessage(HttpMethod.Get, "http://any/");
        Task<HttpResponseMessage> call = new AgentCalls(hub.Registry).SendAsync("pool", request, giveUp.Token);
        await one.Arrived.NextAsync();
        await using var two = await HeldAgent.ConnectAsync(hub, "pool");

        await giveUp.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => call.InTime());
        Assert.Equal(0, two.Accepted.OpenStreams);
        one.Release.Release();
    }
}
