using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace SocketRest.AspNetCore.Tests.Tunnel;

/// <summary>Ten thousand calls that really are in flight at once: none is answered before the last has arrived.</summary>
public sealed class ManyCallsTests
{
    private const int Count = 10_000;

    // Twenty thousand hosts' worth of work on a busy machine: the limit is there to end a hang, not to measure.
    private static readonly TimeSpan s_limit = TimeSpan.FromMinutes(2);

    [Fact]
    public async Task Ten_thousand_calls_to_the_accepting_side_have_their_own_answers()
    {
        var gate = new Gate(Count);
        await using TestHub hub = await TestHub.StartAsync(gate.Map, options => options.MaxConcurrentStreams = Count);
        await using SocketRestClient tunnel = await hub.DialAsync();
        using HttpClient client = tunnel.CreateClient();
        client.Timeout = s_limit;

        await CheckAsync(client, gate);
    }

    [Fact]
    public async Task Ten_thousand_calls_to_the_dialling_side_have_their_own_answers()
    {
        var gate = new Gate(Count);
        await using TestHub hub = await TestHub.StartAsync();
        await using TestAgent agent = await TestAgent.StartAsync(hub.Tunnel, gate.Map, options => options.MaxConcurrentStreams = Count);
        using HttpClient client = (await agent.SeenByAsync(hub)).CreateClient();
        client.Timeout = s_limit;

        await CheckAsync(client, gate);
    }

    [Fact]
    public async Task Five_thousand_calls_each_way_cross_on_one_connection()
    {
        // One gate for both sides: nobody is answered before both directions are full.
        var gate = new Gate(Count);
        await using TestHub hub = await TestHub.StartAsync(gate.Map, options => options.MaxConcurrentStreams = Count / 2);
        await using TestAgent agent = await TestAgent.StartAsync(hub.Tunnel, gate.Map, options => options.MaxConcurrentStreams = Count / 2);
        SocketRestConnection connection = await agent.SeenByAsync(hub);
        using HttpClient fromHub = connection.CreateClient();
        using HttpClient fromAgent = TunnelClient.Over(agent.Service.CreateHandler());
        fromHub.Timeout = fromAgent.Timeout = s_limit;

        Task<string[]> there = AnswersAsync(fromHub, 0, Count / 2);
        Task<string[]> back = AnswersAsync(fromAgent, Count / 2, Count / 2);

        Assert.Equal(Expected(0, Count / 2), await there.WaitAsync(s_limit));
        Assert.Equal(Expected(Count / 2, Count / 2), await back.WaitAsync(s_limit));
        Assert.Equal(0, connection.OpenStreams);
    }

    private static async Task CheckAsync(HttpClient client, Gate gate)
    {
        string[] answers = await AnswersAsync(client, 0, Count).WaitAsync(s_limit);

        Assert.Equal(Expected(0, Count), answers);
        Assert.Equal(Count, gate.Arrived);
    }

    private static Task<string[]> AnswersAsync(HttpClient client, int first, int count) =>
        Task.WhenAll(Enumerable.Range(first, count).Select(async number =>
        {
            // A body each, so that every call has a window and a buffer of its own.
            using HttpResponseMessage response = await client.PostAsync($"/{number}", new StringContent($"body {number}"));
            return await response.Content.ReadAsStringAsync();
        }));

    private static IEnumerable<string> Expected(int first, int count) =>
        Enumerable.Range(first, count).Select(number => $"/{number} body {number}");

    private sealed class Gate(int count)
    {
        private readonly TaskCompletionSource _full = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private int _arrived;

        public int Arrived => Volatile.Read(ref _arrived);

        public void Map(WebApplication app) => app.MapPost("/{number:int}", async context =>
        {
            if (Interlocked.Increment(ref _arrived) == count)
            {
                _full.SetResult();
            }

            await _full.Task.WaitAsync(s_limit);
            using var reader = new StreamReader(context.Request.Body);
            await context.Response.WriteAsync($"{context.Request.Path} {await reader.ReadToEndAsync()}");
        });
    }
}
