using System.Diagnostics;
using System.Net;
using Microsoft.Extensions.DependencyInjection;
using SocketRest.AspNetCore.Pipeline;
using SocketRest.AspNetCore.Tests.Conformance;
using SocketRest.AspNetCore.Tests.Tunnel;
using SocketRest.Diagnostics;

namespace SocketRest.AspNetCore.Tests.Telemetry;

/// <summary>One trace across caller, tunnel and application.</summary>
[Collection(Alone.Name)]
public sealed class TraceTests
{
    private const string ClientActivity = "System.Net.Http.HttpRequestOut";
    private const string ServerActivity = "Microsoft.AspNetCore.Hosting.HttpRequestIn";

    [Theory]
    [InlineData(Route.Dialled)]
    [InlineData(Route.Agent)]
    [InlineData(Route.TestServer)]
    public async Task Caller_tunnel_and_application_share_a_trace(Route route)
    {
        using var observer = new Observer();
        await using ObservedApplication app = await ObservedApplication.StartAsync(route);
        using HttpClient client = app.CreateClient();

        using var caller = new Activity("caller");
        caller.TraceStateString = "shop=1";
        caller.AddBaggage("order", "17");
        caller.ActivityTraceFlags = ActivityTraceFlags.Recorded;
        caller.Start();
        string[] seen = (await client.GetStringAsync("/trace").InTime()).Split('\n');
        IReadOnlyList<Activity> trace = await observer.TraceAsync(caller.TraceId, 2);

        Activity sent = Assert.Single(trace, activity => activity.OperationName == ClientActivity);
        Activity served = Assert.Single(trace, activity => activity.OperationName == ServerActivity);
        Assert.Equal(2, trace.Count);
        Assert.Same(caller, Activity.Current);
        Assert.Equal(("SocketRest", ActivityKind.Client, caller.SpanId), (sent.Source.Name, sent.Kind, sent.ParentSpanId));
        Assert.Equal(("Microsoft.AspNetCore", ActivityKind.Server, sent.SpanId), (served.Source.Name, served.Kind, served.ParentSpanId));
        Assert.True(served.HasRemoteParent);
        Assert.Equal([served.Id!, "shop=1", "order=17", "True", sent.Id!], seen);
    }

    [Theory]
    [InlineData(Route.Dialled)]
    [InlineData(Route.Agent)]
    [InlineData(Route.TestServer)]
    public async Task Without_a_caller_each_request_is_a_trace_of_its_own(Route route)
    {
        using var observer = new Observer();
        await using ObservedApplication app = await ObservedApplication.StartAsync(route);
        using HttpClient client = app.CreateClient();

        ActivityContext one = ActivityContext.Parse((await client.GetStringAsync("/trace").InTime()).Split('\n')[0], null);
        ActivityContext other = ActivityContext.Parse((await client.GetStringAsync("/trace").InTime()).Split('\n')[0], null);

        Assert.NotEqual(one.TraceId, other.TraceId);
        Activity root = Assert.Single(await observer.TraceAsync(one.TraceId, 2), activity => activity.ParentSpanId == default);
        Assert.Equal(("SocketRest", ClientActivity), (root.Source.Name, root.OperationName));
    }

    [Theory]
    [InlineData(Route.Dialled)]
    [InlineData(Route.Agent)]
    [InlineData(Route.TestServer)]
    public async Task Served_requests_are_no_children_of_the_upgrade_nor_of_who_opened_the_tunnel(Route route)
    {
        // Only the serving side is listened to: nothing comes with the request, and what flowed along with the connection would show.
        using var observer = new Observer(source: "Microsoft.AspNetCore");
        ObservedApplication app;
        using (new Activity("opener").Start())
        {
            app = await ObservedApplication.StartAsync(route);
        }

        await using (app)
        {
            using HttpClient client = app.CreateClient();
            for (int i = 0; i < 3; i++)
            {
                string[] seen = (await client.GetStringAsync("/trace").InTime()).Split('\n');
                ActivityTraceId trace = ActivityContext.Parse(seen[0], null).TraceId;
                Activity served = Assert.Single(await observer.TraceAsync(trace, 1));
                Assert.Null(served.ParentId);
                Assert.Empty(seen[4]);
            }
        }
    }

    [Theory]
    [InlineData(Route.Dialled)]
    [InlineData(Route.Agent)]
    [InlineData(Route.TestServer)]
    public async Task Caller_nobody_listens_to_still_passes_its_trace_on(Route route)
    {
        await using ObservedApplication app = await ObservedApplication.StartAsync(route);
        using HttpClient client = app.CreateClient();

        using Activity caller = new Activity("caller").Start();
        string[] plain = (await client.GetStringAsync("/trace").InTime()).Split('\n');
        Assert.Equal(caller.Id, plain[4]);

        // With the next hop of a redirect too, which would otherwise leave from a thread that knows nothing of the caller.
        string[] redirected = (await client.GetStringAsync("/moved/trace").InTime()).Split('\n');
        Assert.Equal(caller.Id, redirected[4]);
    }

    [Fact]
    public async Task Nobody_listens_and_nothing_is_sent_or_made()
    {
        ObservedApplication app;
        using (new Activity("opener").Start())
        {
            app = await ObservedApplication.StartAsync(Route.TestServer);
        }

        await using (app)
        {
            using HttpClient client = app.CreateClient();
            Assert.Equal("False False 0", await client.GetStringAsync("/features").InTime());
            Assert.Equal(["", "", "", "True", ""], (await client.GetStringAsync("/trace").InTime()).Split('\n'));
        }
    }

    [Fact]
    public async Task Asking_whether_somebody_listens_allocates_nothing()
    {
        await using ObservedApplication app = await ObservedApplication.StartAsync(Route.TestServer);
        ServerTelemetry server = app.Services.GetRequiredService<ServerTelemetry>();
        Assert.False(server.IsListenedTo || ClientTelemetry.IsInvolved);

        long before = GC.GetAllocatedBytesForCurrentThread();
        bool listened = false;
        for (int i = 0; i < 1000; i++)
        {
            listened |= server.IsListenedTo || ClientTelemetry.IsInvolved;
        }

        Assert.Equal((false, 0), (listened, GC.GetAllocatedBytesForCurrentThread() - before));
    }

    [Fact]
    public async Task Trace_that_the_request_carries_already_stays_as_it_is()
    {
        using var observer = new Observer(metrics: false);
        await using ObservedApplication app = await ObservedApplication.StartAsync(Route.Dialled);
        using HttpClient client = app.CreateClient();
        const string Own = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

        using var request = new HttpRequestMessage(HttpMethod.Get, "/trace") { Headers = { { "traceparent", Own } } };
        using HttpResponseMessage response = await client.SendAsync(request).InTime();

        Assert.Equal(Own, (await response.Content.ReadAsStringAsync()).Split('\n')[4]);
    }

    [Fact]
    public async Task Request_object_is_left_as_it_is()
    {
        using var observer = new Observer(metrics: false);
        await using ObservedApplication app = await ObservedApplication.StartAsync(Route.Dialled);
        using HttpClient client = app.CreateClient();

        using var request = new HttpRequestMessage(HttpMethod.Get, "/trace");
        using HttpResponseMessage response = await client.SendAsync(request).InTime();

        Assert.Empty(request.Headers);
    }

    [Fact]
    public async Task Each_hop_of_a_redirect_has_an_activity_of_its_own()
    {
        using var observer = new Observer();
        await using ObservedApplication app = await ObservedApplication.StartAsync(Route.Dialled);
        using HttpClient client = app.CreateClient("hops.example");

        using Activity caller = new Activity("caller").Start();
        using HttpResponseMessage response = await client.GetAsync("/moved").InTime();
        IReadOnlyList<Activity> trace = await observer.TraceAsync(caller.TraceId, 4);

        Activity[] sent = [.. trace.Where(activity => activity.OperationName == ClientActivity).OrderBy(activity => activity.StartTimeUtc)];
        Assert.Equal(["http://hops.example/moved", "http://hops.example/pets/7"], sent.Select(activity => activity.GetTagItem("url.full")));
        Assert.Equal([302, 200], sent.Select(activity => activity.GetTagItem("http.response.status_code")));
        Assert.All(sent, activity => Assert.Equal(caller.SpanId, activity.ParentSpanId));
        Assert.Equal(
            sent.Select(activity => activity.SpanId),
            trace.Where(activity => activity.OperationName == ServerActivity).OrderBy(activity => activity.StartTimeUtc).Select(activity => activity.ParentSpanId));
        Assert.Equal(
            [302, 200],
            (await observer.MeasuredAsync("http.client.request.duration", 2, one => "hops.example".Equals(one.Tags["server.address"])))
                .Select(one => one.Tags["http.response.status_code"]));
    }

    [Theory]
    [InlineData("/boom", "500")]
    [InlineData("/abort", "response_ended")]
    public async Task Failure_is_named(string path, string error)
    {
        using var observer = new Observer();
        await using ObservedApplication app = await ObservedApplication.StartAsync(Route.Dialled);
        using HttpClient client = app.CreateClient("failure.example");

        using Activity caller = new Activity("caller").Start();
        try
        {
            using HttpResponseMessage response = await client.GetAsync(path).InTime();
            Assert.Equal(HttpStatusCode.InternalServerError, response.StatusCode);
        }
        catch (HttpRequestException)
        {
            Assert.Equal("response_ended", error);
        }

        Activity sent = Assert.Single(await observer.TraceAsync(caller.TraceId, 2), activity => activity.OperationName == ClientActivity);
        Assert.Equal((ActivityStatusCode.Error, error), (sent.Status, sent.GetTagItem("error.type")));
        Measured measured = Assert.Single(await observer.MeasuredAsync("http.client.request.duration", 1, one => "failure.example".Equals(one.Tags["server.address"])));
        Assert.Equal(error, measured.Tags["error.type"]);
        Assert.Equal(error == "response_ended", sent.Events.Any(one => one.Name == "exception"));
    }

    [Fact]
    public async Task Cancelled_call_is_named_at_both_ends()
    {
        using var observer = new Observer();
        var signals = new Signals();
        await using ObservedApplication app = await ObservedApplication.StartAsync(
            Route.Agent, builder => builder.Services.AddSingleton(signals));
        using HttpClient client = app.CreateClient("cancelled.example");
        using var giveUp = new CancellationTokenSource();

        Task<HttpResponseMessage> call = client.GetAsync("/wait", giveUp.Token);
        await signals.Arrived.Task.InTime();
        await giveUp.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => call.InTime());

        Measured sent = Assert.Single(await observer.MeasuredAsync("http.client.request.duration", 1, one => "cancelled.example".Equals(one.Tags["server.address"])));
        Assert.EndsWith("CanceledException", (string?)sent.Tags["error.type"], StringComparison.Ordinal);
        Measured served = Assert.Single(await observer.MeasuredAsync("http.server.request.duration", 1, app.Owns));
        Assert.Equal(499, served.Tags["http.response.status_code"]);
        Assert.False(served.Tags.ContainsKey("error.type"));
    }

    [Fact]
    public async Task Active_requests_go_up_and_down_at_both_ends()
    {
        using var observer = new Observer(traces: false);
        var signals = new Signals();
        await using ObservedApplication app = await ObservedApplication.StartAsync(
            Route.Agent, builder => builder.Services.AddSingleton(signals));
        using HttpClient client = app.CreateClient("active.example");
        using var giveUp = new CancellationTokenSource();

        Task<HttpResponseMessage> call = client.GetAsync("/wait", giveUp.Token);
        await signals.Arrived.Task.InTime();
        Assert.Equal(1, Assert.Single(await observer.MeasuredAsync("http.client.active_requests", 1, Sent)).Value);
        Assert.Equal(1, Assert.Single(await observer.MeasuredAsync("http.server.active_requests", 1, app.Owns)).Value);
        await giveUp.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => call.InTime());

        Assert.Equal([1, -1], (await observer.MeasuredAsync("http.client.active_requests", 2, Sent)).Select(one => one.Value));
        IReadOnlyList<Measured> served = await observer.MeasuredAsync("http.server.active_requests", 2, app.Owns);
        Assert.Equal([1, -1], served.Select(one => one.Value));
        Assert.Equal(served[0].Text, served[1].Text);

        static bool Sent(Measured one) => "active.example".Equals(one.Tags["server.address"]);
    }
}
