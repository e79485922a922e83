using System.Collections.Concurrent;
using System.Diagnostics;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using SocketRest.AspNetCore.Tests.Conformance;
using SocketRest.AspNetCore.Tests.Tunnel;

namespace SocketRest.AspNetCore.Tests.Telemetry;

/// <summary>What instrumentation finds that hooks into the host: its DiagnosticListener's events, and tags by its switch.</summary>
[Collection(Alone.Name)]
public sealed class HostListenerTests
{
    private const string Prefix = "Microsoft.AspNetCore.Hosting.";

    [Theory]
    [InlineData("/pets/1")]
    [InlineData("/boom")]
    [InlineData("/nothing")]
    public async Task Events_are_those_of_a_request_to_Kestrel(string path)
    {
        await using TestHub hub = await TestHub.StartAsync(ObservedApplication.Map);
        hub.ExpectsErrors = true;
        await using SocketRestClient tunnel = await hub.DialAsync();
        using HttpClient through = tunnel.CreateClient();
        using var direct = new HttpClient { BaseAddress = hub.Address };
        using var events = new Events();
        using IDisposable subscription = hub.App.Services.GetRequiredService<DiagnosticListener>().Subscribe(events);

        using (await direct.GetAsync(path).InTime())
        {
        }

        string[] expected = await events.OfOneRequestAsync();
        using (await through.GetAsync(path).InTime())
        {
        }

        Assert.Equal(expected, await events.OfOneRequestAsync());
        Assert.Contains(expected, text => text.StartsWith("HttpRequestIn.Start", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Tags_are_those_of_Kestrels_activities_where_the_hosts_switch_wants_them()
    {
        const string Switch = Prefix + "SuppressActivityOpenTelemetryData";
        AppContext.SetSwitch(Switch, false);
        try
        {
            using var observer = new Observer(metrics: false);
            await using TestHub hub = await TestHub.StartAsync(ObservedApplication.Map);
            await using SocketRestClient tunnel = await hub.DialAsync();

            Activity direct = await ServedAsync(observer, hub, new SocketsHttpHandler());
            Activity tunnelled = await ServedAsync(observer, hub, tunnel.CreateHandler());

            Assert.NotEmpty(direct.TagObjects);
            Assert.All(direct.TagObjects, tag => Assert.Equal((tag.Key, tag.Value), (tag.Key, tunnelled.GetTagItem(tag.Key))));
            Assert.Equal("GET /pets/{id}", tunnelled.DisplayName);
            Assert.Equal(200, tunnelled.GetTagItem("http.response.status_code"));
            Assert.Equal("/pets/{id}", tunnelled.GetTagItem("http.route"));
        }
        finally
        {
            AppContext.SetSwitch(Switch, true);
        }
    }

    private static async Task<Activity> ServedAsync(Observer observer, TestHub hub, HttpMessageHandler handler)
    {
        using Activity caller = new Activity("caller").Start();
        using var client = new HttpClient(handler);
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(hub.Address, "/pets/1?x=1")) { Headers = { { "User-Agent", "petter/1.0" } } };
        using HttpResponseMessage response = await client.SendAsync(request).InTime();
        return Assert.Single(await observer.TraceAsync(caller.TraceId, 2), activity => activity.Source.Name == "Microsoft.AspNetCore");
    }

    /// <summary>Collects the host's events with what they carry.</summary>
    private sealed class Events : IObserver<KeyValuePair<string, object?>>, IDisposable
    {
        private readonly ConcurrentQueue<string> _seen = new();
        private readonly SemaphoreSlim _stopped = new(0);

        public async Task<string[]> OfOneRequestAsync()
        {
            Assert.True(await _stopped.WaitAsync(Patience.Limit));
            string[] seen = [.. _seen];
            _seen.Clear();
            return seen;
        }

        public void OnNext(KeyValuePair<string, object?> value)
        {
            // BeginRequest and EndRequest are what the host's events were called once; it sends both, the tunnel only those that replaced them.
            if (!value.Key.StartsWith(Prefix, StringComparison.Ordinal) || value.Key is Prefix + "BeginRequest" or Prefix + "EndRequest")
            {
                return;
            }

            // The payload of a failure is of a type of its own, which listeners read by the names of its members.
            Func<string, object?> member = name => value.Value!.GetType().GetProperty(name)?.GetValue(value.Value);
            var context = (HttpContext)(value.Value as HttpContext ?? member("httpContext")!);
            if (context.Request.Path == "/tunnel")
            {
                return;
            }

            _seen.Enqueue($"{value.Key[Prefix.Length..]} {context.Request.Path} {context.Response.StatusCode} {(member("exception") as Exception)?.Message} {Activity.Current?.OperationName} {Activity.Current?.Duration > TimeSpan.Zero}");
            if (value.Key.EndsWith(".Stop", StringComparison.Ordinal))
            {
                _stopped.Release();
            }
        }

        public void OnCompleted()
        {
        }

        public void OnError(Exception error)
        {
        }

        public void Dispose() => _stopped.Dispose();
    }
}
