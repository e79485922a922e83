using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using SocketRest.AspNetCore.Tests.Conformance;

namespace SocketRest.AspNetCore.Tests.Tunnel;

/// <summary>Responses that the tunnel cannot carry, which are the application's failures and end as those do.</summary>
public sealed class UnsendableResponseTests
{
    private static readonly string s_tooMuch = new('x', 70 * 1024);

    [Fact]
    public async Task Head_that_cannot_be_sent_is_an_answer_that_says_so()
    {
        var completed = new Signal();
        await using TestHub hub = await TestHub.StartAsync(app => app.MapGet("/", context =>
        {
            context.Response.OnCompleted(() => Completed(completed));
            context.Response.Headers["X-Much"] = s_tooMuch;
            return context.Response.WriteAsync("body");
        }));
        hub.ExpectsErrors = true;
        await using SocketRestClient tunnel = await hub.DialAsync();
        using HttpClient client = tunnel.CreateClient();

        using HttpResponseMessage response = await client.GetAsync("/");

        Assert.Equal(HttpStatusCode.InternalServerError, response.StatusCode);
        Assert.False(response.Headers.Contains("X-Much"));
        await completed.NextAsync();
    }

    [Theory]
    [InlineData(70 * 1024, 200)]
    [InlineData(1, 1000)]
    public async Task Head_without_a_body_that_cannot_be_sent_is_one_too(int size, int status)
    {
        var completed = new Signal();
        await using TestHub hub = await TestHub.StartAsync(app => app.MapGet("/", context =>
        {
            context.Response.OnCompleted(() => Completed(completed));
            context.Response.Headers["X-Much"] = new string('x', size);
            context.Response.StatusCode = status;
            return Task.CompletedTask;
        }));
        hub.ExpectsErrors = true;
        await using SocketRestClient tunnel = await hub.DialAsync();
        using HttpClient client = tunnel.CreateClient();

        using HttpResponseMessage response = await client.GetAsync("/");

        Assert.Equal(HttpStatusCode.InternalServerError, response.StatusCode);
        await completed.NextAsync();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Body_whose_writer_is_completed_with_an_error_is_not_whole(bool started)
    {
        // Kestrel forgets the error of CompleteAsync, unlike that of Complete, and ends the response as if nothing were missing.
        await using TestHub hub = await TestHub.StartAsync(app => app.MapGet("/", async context =>
        {
            if (started)
            {
                await context.Response.WriteAsync("some");
            }

            await context.Response.BodyWriter.CompleteAsync(new InvalidOperationException("secret"));
        }));
        hub.ExpectsErrors = true;
        await using SocketRestClient tunnel = await hub.DialAsync();
        using HttpClient client = tunnel.CreateClient();

        HttpRequestException exception = await Assert.ThrowsAsync<HttpRequestException>(() => client.GetStringAsync("/").InTime());

        Assert.Equal(started ? null : HttpStatusCode.InternalServerError, exception.StatusCode);
    }

    [Fact]
    public async Task Application_can_answer_that_its_head_could_not_be_sent()
    {
        await using TestHub hub = await TestHub.StartAsync(app => app.MapGet("/", async context =>
        {
            context.Response.Headers["X-Much"] = s_tooMuch;
            await Assert.ThrowsAsync<InvalidOperationException>(() => context.Response.StartAsync());
            Assert.False(context.Response.HasStarted);
            context.Response.Clear();
            await context.Response.WriteAsync("less");
        }));
        await using SocketRestClient tunnel = await hub.DialAsync();
        using HttpClient client = tunnel.CreateClient();

        Assert.Equal("less", await client.GetStringAsync("/"));
    }

    [Fact]
    public async Task Trailers_that_cannot_be_sent_break_the_response_and_leave_nothing_behind()
    {
        var completed = new Signal();
        await using TestHub hub = await TestHub.StartAsync(app => app.MapGet("/", async context =>
        {
            context.Response.OnCompleted(() => Completed(completed));
            await context.Response.WriteAsync("body");
            context.Response.AppendTrailer("X-Much", s_tooMuch);
        }));
        hub.ExpectsErrors = true;
        await using SocketRestClient tunnel = await hub.DialAsync();
        using HttpClient client = tunnel.CreateClient();

        await Assert.ThrowsAsync<HttpRequestException>(() => client.GetStringAsync("/"));

        await completed.NextAsync();
    }

    [Theory]
    [InlineData("X-Forged", "a\r\nb: c")]
    [InlineData("X-Forged", "a\0")]
    [InlineData("X Forged", "a")]
    [InlineData(":status", "200")]
    public async Task Trailers_in_a_dictionary_of_the_applications_own_never_reach_the_wire_where_they_are_none(string name, string value)
    {
        await using TestHub hub = await TestHub.StartAsync(app => app.MapGet("/", async (HttpContext context) =>
        {
            await context.Response.WriteAsync("body");
            context.Features.GetRequiredFeature<IHttpResponseTrailersFeature>().Trailers = new HeaderDictionary { [name] = value };
        }));
        hub.ExpectsErrors = true;
        await using SocketRestClient tunnel = await hub.DialAsync();
        using HttpClient client = tunnel.CreateClient();

        var exception = await Assert.ThrowsAsync<HttpRequestException>(() => client.GetStringAsync("/"));

        var body = Assert.IsType<HttpIOException>(exception.InnerException);
        Assert.Equal(SocketRestErrorCode.ApplicationAborted, Assert.IsType<SocketRestException>(body.InnerException).ErrorCode);
    }

    [Fact]
    public async Task Upgrade_that_cannot_be_opened_is_not_taken_for_accepted()
    {
        await using TestHub hub = await TestHub.StartAsync(app => app.MapGet("/", async context =>
        {
            context.Response.Headers["X-Much"] = s_tooMuch;
            await Assert.ThrowsAsync<InvalidOperationException>(() => UpgradeAsync(context));
            context.Response.Clear();
            context.Response.StatusCode = 403;
            await context.Response.WriteAsync("no");
        }));
        await using SocketRestClient tunnel = await hub.DialAsync();
        using HttpClient client = tunnel.CreateClient();
        using var offer = new HttpRequestMessage(HttpMethod.Get, "/");
        offer.Headers.Connection.Add("Upgrade");
        offer.Headers.Upgrade.ParseAdd("chat/2");

        using HttpResponseMessage response = await client.SendAsync(offer);

        Assert.Equal(HttpStatusCode.Forbidden, response.StatusCode);
        Assert.Equal("no", await response.Content.ReadAsStringAsync());
    }

    [Fact]
    public async Task Abort_that_comes_after_its_request_harms_no_other()
    {
        IHttpRequestLifetimeFeature? kept = null;
        await using TestHub hub = await TestHub.StartAsync(app => app.MapGet("/", async (HttpContext context) =>
        {
            kept ??= context.Features.GetRequiredFeature<IHttpRequestLifetimeFeature>();
            await context.Response.WriteAsync($"{context.RequestAborted.IsCancellationRequested}");
        }));
        await using SocketRestClient tunnel = await hub.DialAsync();
        using HttpClient client = tunnel.CreateClient();

        for (int i = 0; i < 5; i++)
        {
            Assert.Equal("False", await client.GetStringAsync("/"));
            await hub.SideOfAsync(tunnel);
            kept!.Abort();
        }
    }

    private static async Task UpgradeAsync(HttpContext context) => await context.Features.GetRequiredFeature<IHttpUpgradeFeature>().UpgradeAsync();

    private static Task Completed(Signal completed)
    {
        completed.Release();
        return Task.CompletedTask;
    }
}
