using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;
using Microsoft.Extensions.DependencyInjection;
using SocketRest.AspNetCore.Tests.Conformance;
using SocketRest.Tests.Dialogues;

namespace SocketRest.AspNetCore.Tests.Tunnel;

/// <summary>A response's body that is taken too slowly, where the application sets a least rate: 30,000 bytes a second after a grace of five.</summary>
public sealed class ResponseRateTests
{
    private const int Window = 64 * 1024;
    private const int Length = 10 * Window;

    private readonly FakeTime _time = new();
    private readonly Signal _aborted = new();

    [Fact]
    public async Task Caller_that_does_not_read_loses_the_response_after_the_grace()
    {
        await using TestHub hub = await StartAsync(WriteAllAsync);
        hub.ExpectsErrors = true;
        await using SocketRestClient tunnel = await DialAsync(hub);
        using HttpResponseMessage response = await tunnel.CreateClient().GetAsync("/", HttpCompletionOption.ResponseHeadersRead).InTime();
        await HeldBackAsync(hub);
        await PassAsync(hub, 6);
        Assert.Equal(1, hub.Registry.Connections.Single().OpenStreams);

        await PassAsync(hub, 1);

        await _aborted.NextAsync();
        HttpRequestException failure = await Assert.ThrowsAsync<HttpRequestException>(() => response.Content.ReadAsByteArrayAsync().InTime());
        Assert.Contains("more slowly", failure.ToString(), StringComparison.Ordinal);
        await GoneAsync(hub);
    }

    [Fact]
    public async Task Response_that_the_application_has_written_to_its_end_is_watched_until_it_is_taken()
    {
        await using TestHub hub = await StartAsync(async context => await context.Response.BodyWriter.WriteAsync(new byte[2 * Window]));
        hub.ExpectsErrors = true;
        await using SocketRestClient tunnel = await DialAsync(hub);
        using HttpResponseMessage response = await tunnel.CreateClient().GetAsync("/", HttpCompletionOption.ResponseHeadersRead).InTime();
        await HeldBackAsync(hub);

        await PassAsync(hub, 7);

        await Assert.ThrowsAsync<HttpRequestException>(() => response.Content.ReadAsByteArrayAsync().InTime());
        await GoneAsync(hub);
    }

    [Fact]
    public async Task Caller_that_keeps_the_rate_gets_everything_however_long_it_takes()
    {
        await using TestHub hub = await StartAsync(WriteAllAsync);
        await using SocketRestClient tunnel = await DialAsync(hub);
        using HttpResponseMessage response = await tunnel.CreateClient().GetAsync("/", HttpCompletionOption.ResponseHeadersRead).InTime();
        await using Stream body = await response.Content.ReadAsStreamAsync();
        byte[] piece = new byte[Window / 2];
        int read = 0;
        while (read + (2 * Window) < Length)
        {
            await HeldBackAsync(hub);
            await PassAsync(hub, 1);
            await body.ReadExactlyAsync(piece).AsTask().InTime();
            read += piece.Length;
        }

        await body.CopyToAsync(Stream.Null).InTime();
        await GoneAsync(hub);
    }

    [Fact]
    public async Task Time_in_which_the_application_has_nothing_to_send_is_not_counted()
    {
        var resume = new Signal();
        await using TestHub hub = await StartAsync(async context =>
        {
            await context.Response.Body.WriteAsync(new byte[100]);
            await resume.NextAsync();
            await context.Response.Body.WriteAsync(new byte[100]);
        });
        await using SocketRestClient tunnel = await DialAsync(hub);
        using HttpResponseMessage response = await tunnel.CreateClient().GetAsync("/", HttpCompletionOption.ResponseHeadersRead).InTime();
        await PassAsync(hub, 100);
        resume.Release();
        Assert.Equal(200, (await response.Content.ReadAsByteArrayAsync().InTime()).Length);
        await GoneAsync(hub);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Nothing_watches_where_no_rate_is_set(bool switchedOffByTheRequest)
    {
        await using TestHub hub = await StartAsync(
            context =>
            {
                if (switchedOffByTheRequest)
                {
                    context.Features.GetRequiredFeature<IHttpMinResponseDataRateFeature>().MinDataRate = null;
                }

                return WriteAllAsync(context);
            },
            switchedOffByTheRequest ? s_rate : null);
        await using SocketRestClient tunnel = await DialAsync(hub);
        using HttpResponseMessage response = await tunnel.CreateClient().GetAsync("/", HttpCompletionOption.ResponseHeadersRead).InTime();
        Assert.Equal(0, hub.Registry.Connections.Single().Tunnel.Pace.Waiting);
        Assert.Equal(Length, (await response.Content.ReadAsByteArrayAsync().InTime()).Length);
    }

    private static readonly MinDataRate s_rate = new(30_000, TimeSpan.FromSeconds(5));

    private async Task WriteAllAsync(HttpContext context)
    {
        context.RequestAborted.Register(() => _aborted.Release());
        await context.Response.Body.WriteAsync(new byte[Length], context.RequestAborted);
    }

    private async Task PassAsync(TestHub hub, int seconds)
    {
        for (int i = 0; i < seconds; i++)
        {
            Assert.Equal(1, hub.Registry.Connections.Single().Tunnel.Pace.Waiting);
            _time.Advance(TimeSpan.FromSeconds(1));
        }
    }

    private static Task HeldBackAsync(TestHub hub) =>
        UntilAsync(() => hub.Registry.Connections.Single().Tunnel.Streams.PinAll().Any(stream => stream.IsHeldBack), "The window has room.");

    private static Task GoneAsync(TestHub hub) =>
        UntilAsync(() => hub.Registry.Connections.Single() is { OpenStreams: 0, Tunnel.Pace.Waiting: 0 }, "The stream is still there, or watched.");

    private static async Task UntilAsync(Func<bool> condition, string otherwise)
    {
        long start = TimeProvider.System.GetTimestamp();
        while (!condition())
        {
            Assert.True(TimeProvider.System.GetElapsedTime(start) < Conformance.Patience.Limit, otherwise);
            await Task.Yield();
        }
    }

    private static Task<SocketRestClient> DialAsync(TestHub hub) => SocketRestClient.ConnectAsync(hub.Tunnel, options =>
    {
        options.InitialStreamWindow = options.MaxStreamWindow = Window;
        options.WindowBudget = 0;
    });

    private Task<TestHub> StartAsync(RequestDelegate application) => StartAsync(application, s_rate);

    private Task<TestHub> StartAsync(RequestDelegate application, MinDataRate? rate) => TestHub.StartAsync(
        app => app.MapGet("/{**path}", application),
        options =>
        {
            options.TimeProvider = _time;
            options.HeartbeatInterval = Timeout.InfiniteTimeSpan;
            options.HandshakeTimeout = Timeout.InfiniteTimeSpan;
        },
        builder => builder.Services.Configure<SocketRestServingOptions>(options => options.MinResponseDataRate = rate));
}
