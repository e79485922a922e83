using Microsoft.AspNetCore.Builder;
using SocketRest.AspNetCore.Tests.Conformance;

namespace SocketRest.AspNetCore.Tests.Tunnel;

/// <summary>Callers that all give up at once, many more than may have a request running, are nobody whose connection is to be ended.</summary>
public sealed class GivingUpTests
{
    private const int Callers = 1_000;

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Thousand_callers_that_give_up_one_after_the_other_cost_nobody_the_connection(bool resumes)
    {
        await using TestHub hub = await TestHub.StartAsync(
            app =>
            {
                app.MapGet("/", () => "here");
                app.MapGet("/stuck", async context => await context.RequestAborted.CancelledAsync());
            },
            options =>
            {
                options.MaxConcurrentStreams = 32;
                if (!resumes)
                {
                    TestHub.WithoutResume(options);
                }
            });
        await using SocketRestClient tunnel = await hub.DialAsync();
        SocketRestConnection connection = tunnel.Connection!;
        using HttpClient client = connection.CreateClient();
        CancellationTokenSource[] giveUp = [.. Enumerable.Range(0, Callers).Select(_ => new CancellationTokenSource())];
        Task<HttpResponseMessage>[] calls = [.. giveUp.Select(one => client.GetAsync("/stuck", one.Token))];

        foreach (CancellationTokenSource one in giveUp)
        {
            // The one behind it is sent at once, and gives up next.
            one.Cancel();
            await connection.PingAsync().InTime();
        }

        foreach (Task<HttpResponseMessage> call in calls)
        {
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => call.InTime());
        }

        Assert.Equal("here", await client.GetStringAsync("/").InTime());
        Assert.Same(connection, tunnel.Connection);
        Array.ForEach(giveUp, one => one.Dispose());
    }
}
