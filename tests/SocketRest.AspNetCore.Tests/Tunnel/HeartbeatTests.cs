using System.Diagnostics;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using SocketRest.AspNetCore.Tests.Conformance;

namespace SocketRest.AspNetCore.Tests.Tunnel;

/// <summary>An other end that is gone, or only slow, over real sockets.</summary>
public sealed class HeartbeatTests
{
    [Fact]
    public async Task Half_open_connection_is_found_at_both_ends()
    {
        var running = new Signal();
        await using TestHub hub = await TestHub.StartAsync(
            app => app.MapGet("/stuck", async context =>
            {
                running.Release();
                await context.RequestAborted.CancelledAsync();
            }),
            Beat(300, resumes: false));
        await using var wire = new Wire(hub.Tunnel);
        await using SocketRestClient tunnel = await SocketRestClient.ConnectAsync(wire.Address, Beat(300)).InTime();
        SocketRestConnection dialled = tunnel.Connection!;
        SocketRestConnection accepted = await hub.SideOfAsync(tunnel);
        using HttpClient client = dialled.CreateClient();
        Task<HttpResponseMessage> call = client.GetAsync("/stuck");
        await running.NextAsync();

        wire.Swallow();

        foreach (SocketRestConnection side in new[] { dialled, accepted })
        {
            SocketRestException exception = await Assert.ThrowsAsync<SocketRestException>(() => side.Completion.InTime());
            Assert.Equal(SocketRestErrorCode.HeartbeatTimeout, exception.ErrorCode);
        }

        Assert.Equal(RequestOutcome.MaybeExecuted, (await TunnelClient.FailureAsync(call.InTime())).Outcome);
    }

    [Fact]
    public async Task Other_end_that_takes_nothing_any_more_holds_neither_a_call_nor_the_host()
    {
        await using TestHub hub = await TestHub.StartAsync(app => app.MapGet("/large", () => Results.Bytes(new byte[60_000])), Beat(1000, resumes: false));
        await using var wire = new Wire(hub.Tunnel);
        await using SocketRestClient tunnel = await SocketRestClient.ConnectAsync(
            wire.Address,
            options =>
            {
                options.HeartbeatInterval = Timeout.InfiniteTimeSpan;
                options.RequestHandler = (_, _) => Task.FromResult(new HttpResponseMessage());
            }).InTime();
        SocketRestConnection accepted = await hub.SideOfAsync(tunnel);
        using HttpClient asking = tunnel.Connection!.CreateClient();
        using HttpClient back = accepted.CreateClient();

        wire.HoldAnswers();
        Task[] downloads = [.. Enumerable.Range(0, 250).Select(_ => asking.GetAsync("/large"))];
        await FullAsync(accepted);
        Task<HttpResponseMessage> call = back.GetAsync("/");

        SocketRestException exception = await Assert.ThrowsAsync<SocketRestException>(() => accepted.Completion.InTime());
        Assert.Equal(SocketRestErrorCode.HeartbeatTimeout, exception.ErrorCode);
        Assert.Equal(RequestOutcome.NotSent, (await TunnelClient.FailureAsync(call.InTime())).Outcome);
        await hub.App.StopAsync().InTime();
        wire.Cut();
        foreach (Task download in downloads)
        {
            await Assert.ThrowsAsync<HttpRequestException>(() => download.InTime());
        }
    }

    [Fact]
    public async Task Slow_upload_of_which_the_other_end_has_nothing_to_say_is_no_silence()
    {
        await using TestHub hub = await TestHub.StartAsync(
            app => app.MapPost("/length", async (HttpContext context) =>
            {
                var body = new MemoryStream();
                await context.Request.Body.CopyToAsync(body);
                return body.Length.ToString(System.Globalization.CultureInfo.InvariantCulture);
            }),
            Beat(1000, 2000));
        await using var wire = new Wire(hub.Tunnel) { BytesPerSecond = 5_000 };
        await using SocketRestClient tunnel = await SocketRestClient.ConnectAsync(wire.Address, Beat(1000, 2000)).InTime();
        using HttpClient client = tunnel.Connection!.CreateClient();

        using HttpResponseMessage response = await client.PostAsync("/length", new ByteArrayContent(new byte[30_000])).InTime();

        Assert.Equal("30000", await response.Content.ReadAsStringAsync().InTime());
        Assert.False(tunnel.Connection!.Completion.IsCompleted);
    }

    /// <summary>The same message has been on its way for a while: the socket takes nothing.</summary>
    private static async Task FullAsync(SocketRestConnection connection)
    {
        long message = 0;
        var limit = Stopwatch.StartNew();
        for (var unchanged = Stopwatch.StartNew(); unchanged.ElapsedMilliseconds < 300; await Task.Yield())
        {
            long now = connection.Tunnel.Sender.MessageUnderWay;
            if (now == 0 || now != message)
            {
                unchanged.Restart();
            }

            message = now;
            Assert.True(limit.Elapsed < Patience.Limit, "The socket takes everything.");
        }
    }

    private static Action<SocketRestOptions> Beat(int milliseconds, int? timeout = null, bool resumes = true) => options =>
    {
        options.ResumeGrace = resumes ? options.ResumeGrace : TimeSpan.Zero;
        options.HeartbeatInterval = TimeSpan.FromMilliseconds(milliseconds);
        options.HeartbeatTimeout = TimeSpan.FromMilliseconds(timeout ?? milliseconds);
    };
}
