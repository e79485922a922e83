using System.Diagnostics;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using SocketRest.AspNetCore.Tests.Telemetry;
using SocketRest.AspNetCore.Tests.Tunnel;

namespace SocketRest.AspNetCore.Tests.Forwarding;

/// <summary>One trace across caller, hub and agent.</summary>
[Collection(Alone.Name)]
public sealed class ForwarderTraceTests
{
    [Fact]
    public async Task Hub_and_agent_are_steps_of_the_callers_trace()
    {
        using var observer = new Observer(metrics: false);
        await using ForwardingHub hub = await ForwardingHub.StartAsync();
        await hub.AddAgentAsync("kiln", app => app.Run(context => context.Response.WriteAsync($"{context.Request.Headers.TraceParent}.")));
        var caller = new ActivityContext(ActivityTraceId.CreateRandom(), ActivitySpanId.CreateRandom(), ActivityTraceFlags.Recorded);
        using RawHttp raw = await hub.ConnectAsync();

        await raw.SendAsync($"GET /agents/kiln/x HTTP/1.1\r\nHost: h\r\ntraceparent: 00-{caller.TraceId}-{caller.SpanId}-01\r\n\r\n");

        await raw.ReadUntilAsync("-01.");
        IReadOnlyList<Activity> trace = await observer.TraceAsync(caller.TraceId, 3);
        Activity sent = Assert.Single(trace, activity => activity.Kind == ActivityKind.Client);
        Activity received = Assert.Single(trace, activity => activity.ParentSpanId == caller.SpanId);
        Activity served = Assert.Single(trace, activity => activity.ParentSpanId == sent.SpanId);
        Assert.Equal(received.SpanId, sent.ParentSpanId);
        Assert.Equal(ActivityKind.Server, served.Kind);
        Assert.Equal("kiln", sent.GetTagItem("server.address"));
        Assert.Equal("http://kiln/x", sent.GetTagItem("url.full"));
    }
}
