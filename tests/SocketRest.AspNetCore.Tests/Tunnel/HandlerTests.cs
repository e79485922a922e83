using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using SocketRest.AspNetCore.Tests.Conformance;

namespace SocketRest.AspNetCore.Tests.Tunnel;

/// <summary>What users of <see cref="SocketsHttpHandler"/> take for granted and the conformance suite does not ask.</summary>
public sealed class HandlerTests
{
    [Fact]
    public async Task Synchronous_send_with_and_without_content()
    {
        await using TestHub hub = await StartAsync();
        await using SocketRestClient tunnel = await hub.DialAsync();
        using HttpClient client = tunnel.CreateClient();

        using HttpResponseMessage got = client.Send(new HttpRequestMessage(HttpMethod.Get, "/hello"));
        using HttpResponseMessage echoed = client.Send(new HttpRequestMessage(HttpMethod.Post, "/echo") { Content = new ByteArrayContent(Payload.Bytes(300_000)) });

        using var reader = new StreamReader(got.Content.ReadAsStream());
        Assert.Equal("hello", reader.ReadToEnd());
        using var echo = new MemoryStream();
        echoed.Content.ReadAsStream().CopyTo(echo);
        Assert.Equal(Payload.Bytes(300_000), echo.ToArray());
    }

    [Fact]
    public async Task Synchronous_send_fails_as_the_asynchronous_one_does()
    {
        await using TestHub hub = await StartAsync();
        await using SocketRestClient tunnel = await hub.DialAsync();
        using HttpClient client = tunnel.Connection!.CreateClient();
        using var cancelled = new CancellationTokenSource();
        await cancelled.CancelAsync();

        Assert.ThrowsAny<OperationCanceledException>(() => client.Send(new HttpRequestMessage(HttpMethod.Get, "/hello"), cancelled.Token));
        await tunnel.Connection!.CloseAsync().InTime();
        var exception = Assert.Throws<HttpRequestException>(() => client.Send(new HttpRequestMessage(HttpMethod.Get, "/hello")));
        Assert.Equal(RequestOutcome.NotSent, Assert.IsType<SocketRestException>(exception.InnerException).Outcome);
    }

    [Theory]
    [InlineData("1.0", HttpVersionPolicy.RequestVersionExact)]
    [InlineData("1.1", HttpVersionPolicy.RequestVersionOrLower)]
    [InlineData("1.1", HttpVersionPolicy.RequestVersionExact)]
    [InlineData("2.0", HttpVersionPolicy.RequestVersionOrHigher)]
    [InlineData("2.0", HttpVersionPolicy.RequestVersionExact)]
    [InlineData("3.0", HttpVersionPolicy.RequestVersionExact)]
    public async Task Any_version_and_policy_is_accepted(string version, HttpVersionPolicy policy)
    {
        await using TestHub hub = await StartAsync();
        await using SocketRestClient tunnel = await hub.DialAsync();
        using HttpClient client = tunnel.CreateClient();
        using var request = new HttpRequestMessage(HttpMethod.Get, "/hello") { Version = Version.Parse(version), VersionPolicy = policy };

        using HttpResponseMessage response = await client.SendAsync(request);

        Assert.Equal("hello", await response.Content.ReadAsStringAsync());
        Assert.Equal(HttpVersion.Version20, response.Version);
        Assert.Same(request, response.RequestMessage);
    }

    [Fact]
    public async Task Request_without_an_absolute_address_is_a_clear_error()
    {
        await using TestHub hub = await StartAsync();
        await using SocketRestClient tunnel = await hub.DialAsync();
        using var client = new HttpClient(tunnel.CreateHandler());
        using var invoker = new HttpMessageInvoker(tunnel.CreateHandler());
        using var request = new HttpRequestMessage(HttpMethod.Get, "/hello");

        Assert.Contains("BaseAddress", (await Assert.ThrowsAsync<InvalidOperationException>(() => client.GetAsync("/hello"))).Message, StringComparison.Ordinal);
        Assert.Contains("BaseAddress", (await Assert.ThrowsAsync<InvalidOperationException>(
            () => invoker.SendAsync(request, default))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Scheme_that_cannot_be_tunnelled_is_a_clear_error_and_costs_no_stream()
    {
        await using TestHub hub = await StartAsync(options => options.MaxConcurrentStreams = 1);
        await using SocketRestClient tunnel = await hub.DialAsync();
        using var invoker = new HttpMessageInvoker(tunnel.CreateHandler());

        for (int i = 0; i < 3; i++)
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, "ftp://files.example/");
            var exception = await Assert.ThrowsAsync<NotSupportedException>(() => invoker.SendAsync(request, default));
            Assert.Contains("ftp", exception.Message, StringComparison.Ordinal);
        }

        using HttpClient client = tunnel.CreateClient();
        Assert.Equal("hello", await client.GetStringAsync("/hello").InTime());
    }

    [Fact]
    public async Task Responses_that_are_dropped_unread_give_their_streams_back()
    {
        var ended = new Signal();
        await using TestHub hub = await StartAsync(options => options.MaxConcurrentStreams = 2, ended);
        await using SocketRestClient tunnel = await hub.DialAsync();
        using HttpClient client = tunnel.CreateClient();

        for (int i = 0; i < 20; i++)
        {
            HttpResponseMessage response = await client.GetAsync("/endless", HttpCompletionOption.ResponseHeadersRead).InTime();
            response.Dispose();

            // One at a time: a caller that drops faster than the application ends is held back (RefusedStream).
            await ended.NextAsync();
        }

        Assert.Equal("hello", await client.GetStringAsync("/hello").InTime());
    }

    [Fact]
    public async Task Flush_leaves_by_itself_though_the_handler_keeps_its_thread()
    {
        using var received = new SemaphoreSlim(0);
        await using TestHub hub = await TestHub.StartAsync(
            app => app.MapGet("/", async (HttpContext context) =>
            {
                await context.Response.WriteAsync("first");
                await context.Response.Body.FlushAsync();
                Assert.True(received.Wait(Patience.Limit), "Nobody has seen the flush.");
                await context.Response.WriteAsync("second");
            }),
            Silence);
        await using SocketRestClient tunnel = await hub.DialAsync(Silence);
        using HttpClient client = tunnel.CreateClient();

        using HttpResponseMessage response = await client.GetAsync("/", HttpCompletionOption.ResponseHeadersRead).InTime();
        using var body = new StreamReader(await response.Content.ReadAsStreamAsync());
        char[] first = new char[5];
        Assert.Equal(5, await body.ReadBlockAsync(first.AsMemory()).InTime());
        received.Release();

        Assert.Equal("first", new string(first));
        Assert.Equal("second", await body.ReadToEndAsync().InTime());

        // No acknowledgement and no heartbeat that could take the flush along.
        static void Silence(SocketRestOptions options) => (options.ResumeGrace, options.HeartbeatInterval) = (TimeSpan.Zero, Timeout.InfiniteTimeSpan);
    }

    [Theory]
    [InlineData("GET", 304)]
    [InlineData("HEAD", 200)]
    public async Task Response_without_a_body_is_complete_with_its_head(string method, int status)
    {
        await using TestHub hub = await TestHub.StartAsync(app => app.MapMethods("/", [method], async (HttpContext context) =>
        {
            context.Response.StatusCode = status;
            await context.Response.StartAsync();
            throw new InvalidOperationException("After all that there was to say.");
        }));
        hub.ExpectsErrors = true;
        await using SocketRestClient tunnel = await hub.DialAsync();
        using HttpClient client = tunnel.CreateClient();

        for (int i = 0; i < 50; i++)
        {
            using var request = new HttpRequestMessage(HttpMethod.Parse(method), "/");
            using HttpResponseMessage response = await client.SendAsync(request).InTime();
            Assert.Equal(status, (int)response.StatusCode);
        }
    }

    private static Task<TestHub> StartAsync(Action<SocketRestServerOptions>? configure = null, Signal? ended = null) => TestHub.StartAsync(
        app =>
        {
            app.MapGet("/hello", () => "hello");
            app.MapPost("/echo", (HttpContext context) => context.Request.Body.CopyToAsync(context.Response.Body));
            app.MapGet("/endless", async (HttpContext context) =>
            {
                while (!context.RequestAborted.IsCancellationRequested)
                {
                    await context.Response.Body.WriteAsync(new byte[10_000]);
                }

                ended?.Release();
            });
        },
        configure);
}
