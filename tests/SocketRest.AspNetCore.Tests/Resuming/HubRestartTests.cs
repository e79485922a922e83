using System.Collections.Concurrent;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using SocketRest.AspNetCore.Tests.Conformance;
using SocketRest.AspNetCore.Tests.Tunnel;
using SocketRest.Faults;

namespace SocketRest.AspNetCore.Tests.Resuming;

/// <summary>The hub that comes back knows nothing of the connection: what ran on it ends, and says how far it got.</summary>
public sealed class HubRestartTests
{
    [Fact]
    public async Task Calls_in_flight_say_what_may_have_run_and_those_not_sent_go_to_the_new_hub()
    {
        var arrived = new ConcurrentDictionary<string, int>();
        var begun = new Signal();
        await using TestHub old = await StartAsync("old", arrived, begun);
        await using TestHub next = await StartAsync("new", arrived, begun);
        await using var proxy = new FaultProxy(old.Tunnel);
        await using SocketRestClient tunnel = ResumeDialogue.CreateClient(proxy.Address);
        string id = (await tunnel.GetConnectionAsync().InTime()).Id;
        using HttpClient client = tunnel.CreateClient();
        Task<HttpResponseMessage> waiting = client.PostAsync("/wait/waiting", new StringContent("once"));
        await begun.NextAsync();
        using HttpResponseMessage streaming = await client.GetAsync("/stream/streaming", HttpCompletionOption.ResponseHeadersRead).InTime();
        await begun.NextAsync();

        await using IAsyncEnumerator<SocketRestStateChange> changes = tunnel.StateChanges.GetAsyncEnumerator();
        proxy.Refuses = true;
        proxy.Cut(CutKind.Reset);
        do
        {
            // What is sent before the loss is noticed may have been run, for all that this end knows.
            Assert.True(await changes.MoveNextAsync().AsTask().InTime());
        }
        while (changes.Current.State != SocketRestConnectionState.Interrupted);
        Task<string> unsent = client.GetStringAsync("/name/unsent");
        proxy.Retarget(next.Tunnel);
        proxy.Refuses = false;

        Assert.Equal("new", await unsent.InTime());
        Assert.Equal(RequestOutcome.MaybeExecuted, (await TunnelClient.FailureAsync(waiting.InTime())).Outcome);
        Exception broken = await Assert.ThrowsAnyAsync<Exception>(() => streaming.Content.ReadAsStringAsync().InTime());
        while (broken is not SocketRestException)
        {
            broken = Assert.IsType<Exception>(broken.InnerException, exactMatch: false);
        }

        Assert.Equal(RequestOutcome.Executed, ((SocketRestException)broken).Outcome);
        Assert.NotEqual(id, tunnel.Connection?.Id);
        Assert.All(arrived, call => Assert.Equal(1, call.Value));
        Assert.Equal(["old-streaming", "old-waiting", "new-unsent"], arrived.Keys.OrderByDescending(key => key[0]).ThenBy(key => key));

        // What the device serves is there again.
        SocketRestConnection accepted = await next.Registry.WaitForAsync(tunnel.Connection!.Id).InTime();
        using HttpClient back = accepted.CreateClient();
        using HttpResponseMessage answer = await back.PostAsync("/", new StringContent("again")).InTime();
        Assert.Equal("again", await answer.Content.ReadAsStringAsync().InTime());
    }

    private static async Task<TestHub> StartAsync(string name, ConcurrentDictionary<string, int> arrived, Signal begun)
    {
        TestHub hub = await TestHub.StartAsync(app =>
        {
            app.Map("/{kind}/{call}", async (string kind, string call, HttpContext context) =>
            {
                arrived.AddOrUpdate($"{name}-{call}", 1, (_, count) => count + 1);
                if (kind == "stream")
                {
                    await context.Response.Body.FlushAsync();
                }

                begun.Release();
                if (kind != "name")
                {
                    await Task.Delay(Timeout.Infinite, context.RequestAborted);
                }

                await context.Response.WriteAsync(name);
            });
        });
        hub.ExpectsErrors = true;
        return hub;
    }
}
