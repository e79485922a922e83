using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;
using Microsoft.Extensions.DependencyInjection;
using SocketRest.AspNetCore.Tests.Conformance;
using SocketRest.Tests.Dialogues;

namespace SocketRest.AspNetCore.Tests.Tunnel;

/// <summary>A request's body that arrives too slowly, where the application sets a least rate.</summary>
public sealed class BodyRateTests
{
    private readonly FakeTime _time = new();
    private readonly Signal _read = new();

    [Fact]
    public async Task Body_that_does_not_come_is_a_408_after_the_grace()
    {
        await using TestHub hub = await StartAsync(Read);
        hub.ExpectsErrors = true;
        await using SocketRestClient tunnel = await hub.DialAsync();
        var content = new PushContent();
        Task<HttpResponseMessage> call = tunnel.CreateClient().PostAsync("/", content);
        await content.WriteAsync(new byte[100]);
        await _read.NextAsync();
        await WaitsAsync(hub, 5);
        Assert.False(call.IsCompleted);

        await WaitsAsync(hub, 1);

        Assert.Equal(HttpStatusCode.RequestTimeout, (await call.InTime()).StatusCode);
        content.Complete();
    }

    [Fact]
    public async Task Body_that_keeps_the_rate_is_read_however_long_it_takes()
    {
        await using TestHub hub = await StartAsync(Read);
        await using SocketRestClient tunnel = await hub.DialAsync();
        var content = new PushContent();
        Task<HttpResponseMessage> call = tunnel.CreateClient().PostAsync("/", content);
        for (int i = 0; i < 20; i++)
        {
            await content.WriteAsync(new byte[120]);
            await _read.NextAsync();
            await WaitsAsync(hub, 1);
        }

        content.Complete();

        Assert.Equal("2400", await (await call.InTime()).Content.ReadAsStringAsync());
    }

    [Fact]
    public async Task Time_in_which_the_application_does_not_read_is_not_counted()
    {
        var resume = new Signal();
        await using TestHub hub = await StartAsync(async context =>
        {
            _read.Release();
            await resume.NextAsync();
            await Read(context);
        });
        await using SocketRestClient tunnel = await hub.DialAsync();
        var content = new PushContent();
        Task<HttpResponseMessage> call = tunnel.CreateClient().PostAsync("/", content);
        await _read.NextAsync();
        _time.Advance(TimeSpan.FromHours(1));
        resume.Release();
        await WaitsAsync(hub, 2);
        await content.WriteAsync(new byte[10]);
        content.Complete();

        Assert.Equal("10", await (await call.InTime()).Content.ReadAsStringAsync());
    }

    [Fact]
    public async Task Response_that_has_begun_is_cut_off()
    {
        await using TestHub hub = await StartAsync(async context =>
        {
            await context.Response.Body.FlushAsync();
            await Read(context);
        });
        hub.ExpectsErrors = true;
        await using SocketRestClient tunnel = await hub.DialAsync();
        var content = new PushContent();
        using var request = new HttpRequestMessage(HttpMethod.Post, "/") { Content = content };
        using HttpResponseMessage response = await tunnel.CreateClient().SendAsync(request, HttpCompletionOption.ResponseHeadersRead).InTime();
        Task<string> body = response.Content.ReadAsStringAsync();
        await WaitsAsync(hub, 6);

        await Assert.ThrowsAsync<HttpRequestException>(() => body.InTime());
        content.Complete();
    }

    [Fact]
    public async Task Request_may_have_a_rate_of_its_own_or_none()
    {
        await using TestHub hub = await StartAsync(context =>
        {
            IHttpMinRequestBodyDataRateFeature feature = context.Features.GetRequiredFeature<IHttpMinRequestBodyDataRateFeature>();
            Assert.Equal(100, feature.MinDataRate!.BytesPerSecond);
            feature.MinDataRate = context.Request.Path == "/none" ? null : new MinDataRate(1, TimeSpan.FromSeconds(20));
            return Read(context);
        });
        hub.ExpectsErrors = true;
        await using SocketRestClient tunnel = await hub.DialAsync();
        PushContent none = new(), slow = new();
        Task<HttpResponseMessage> free = tunnel.CreateClient().PostAsync("/none", none);
        Task<HttpResponseMessage> call = tunnel.CreateClient().PostAsync("/", slow);
        await none.WriteAsync(new byte[1]);
        await slow.WriteAsync(new byte[1]);
        await _read.NextAsync();
        await _read.NextAsync();
        await WaitsAsync(hub, 20);
        Assert.False(call.IsCompleted);
        await WaitsAsync(hub, 1);
        Assert.Equal(HttpStatusCode.RequestTimeout, (await call.InTime()).StatusCode);
        none.Complete();
        slow.Complete();
        Assert.Equal("1", await (await free.InTime()).Content.ReadAsStringAsync());
    }

    [Fact]
    public async Task Nothing_watches_where_no_rate_is_set()
    {
        await using TestHub hub = await StartAsync(Read, rate: null);
        await using SocketRestClient tunnel = await hub.DialAsync();
        var content = new PushContent();
        Task<HttpResponseMessage> call = tunnel.CreateClient().PostAsync("/", content);
        await content.WriteAsync(new byte[1]);
        await _read.NextAsync();
        _time.Advance(TimeSpan.FromDays(1));
        Assert.Equal(0, hub.Registry.Connections.Single().Tunnel.Pace.Waiting);
        content.Complete();
        Assert.Equal("1", await (await call.InTime()).Content.ReadAsStringAsync());
    }

    /// <summary>A second at a time, each of which begins when the applications wait for their bodies.</summary>
    private async Task WaitsAsync(TestHub hub, int seconds, int waiting = 1)
    {
        for (int i = 0; i < seconds; i++)
        {
            long start = TimeProvider.System.GetTimestamp();
            while (hub.Registry.Connections.Sum(connection => connection.Tunnel.Pace.Waiting) != waiting)
            {
                Assert.True(TimeProvider.System.GetElapsedTime(start) < Conformance.Patience.Limit, "The application does not read.");
                await Task.Yield();
            }

            _time.Advance(TimeSpan.FromSeconds(1));
        }
    }

    private async Task Read(HttpContext context)
    {
        int length = 0;
        byte[] buffer = new byte[1000];
        for (int count; (count = await context.Request.Body.ReadAsync(buffer)) > 0; length += count)
        {
            _read.Release();
        }

        await context.Response.WriteAsync($"{length}");
    }

    private Task<TestHub> StartAsync(RequestDelegate application, bool? rate = true) => TestHub.StartAsync(
        app => app.MapPost("/{**path}", application),
        options =>
        {
            options.TimeProvider = _time;
            options.HeartbeatInterval = Timeout.InfiniteTimeSpan;
            options.HandshakeTimeout = Timeout.InfiniteTimeSpan;
        },
        builder => builder.Services.Configure<SocketRestServingOptions>(
            options => options.MinRequestBodyDataRate = rate is null ? null : new MinDataRate(100, TimeSpan.FromSeconds(5))));
}
