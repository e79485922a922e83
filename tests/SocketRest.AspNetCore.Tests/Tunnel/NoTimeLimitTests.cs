using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using SocketRest.AspNetCore.Tests.Conformance;
using SocketRest.Tests.Dialogues;

namespace SocketRest.AspNetCore.Tests.Tunnel;

/// <summary>A request has no time limit that nobody set: a day goes by at both ends.</summary>
public sealed class NoTimeLimitTests
{
    private readonly FakeTime _time = new();
    private readonly Signal _arrived = new();
    private readonly Signal _goOn = new();

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Hours_pass_over_an_answer_half_an_upload_and_half_a_download(bool accepting)
    {
        await using TestHub hub = await TestHub.StartAsync(Map, options =>
        {
            options.TimeProvider = _time;
            options.HeartbeatInterval = Timeout.InfiniteTimeSpan;
        });
        await using TestAgent? agent = accepting ? null : await TestAgent.StartAsync(hub.Tunnel, Map, StandStill);
        await using SocketRestClient? tunnel = accepting ? await hub.DialAsync(StandStill) : null;
        SocketRestConnection connection = agent is null ? await tunnel!.GetConnectionAsync() : await agent.SeenByAsync(hub);
        using var client = new HttpClient(connection.CreateHandler()) { BaseAddress = new Uri("http://device/"), Timeout = Timeout.InfiniteTimeSpan };
        var body = new PushContent();

        Task<string> pending = client.GetStringAsync("/pending");
        Task<HttpResponseMessage> upload = client.PostAsync("/upload", body);
        await body.WriteAsync("half"u8.ToArray());
        using HttpResponseMessage download = await client.GetAsync("/download", HttpCompletionOption.ResponseHeadersRead).InTime();
        Stream downloaded = await download.Content.ReadAsStreamAsync();
        byte[] half = new byte[4];
        await downloaded.ReadExactlyAsync(half).InTime();
        Task reading = downloaded.ReadExactlyAsync(half).AsTask();
        for (int i = 0; i < 3; i++)
        {
            await _arrived.NextAsync();
        }

        for (int hour = 0; hour < 24; hour++)
        {
            _time.Advance(TimeSpan.FromHours(1));

            // Behind whatever the hour made either end send.
            await connection.PingAsync().InTime();
        }

        Assert.False(pending.IsCompleted || upload.IsCompleted || reading.IsCompleted);
        _goOn.Release(2);
        await body.WriteAsync("rest"u8.ToArray());
        body.Complete();
        Assert.Equal("answered", await pending.InTime());
        using HttpResponseMessage uploaded = await upload.InTime();
        Assert.Equal("halfrest", await uploaded.Content.ReadAsStringAsync());
        await reading.InTime();
        Assert.Equal("rest", Encoding.ASCII.GetString(half));
        Assert.Equal(0, await downloaded.ReadAsync(half).InTime());
    }

    private void Map(WebApplication app)
    {
        app.MapGet("/pending", async (HttpContext context) =>
        {
            await WaitAsync();
            await context.Response.WriteAsync("answered");
        });
        app.MapPost("/upload", async (HttpContext context) =>
        {
            byte[] half = new byte[4];
            await context.Request.Body.ReadExactlyAsync(half);
            _arrived.Release();
            using var rest = new StreamReader(context.Request.Body);
            await context.Response.WriteAsync(Encoding.ASCII.GetString(half) + await rest.ReadToEndAsync());
        });
        app.MapGet("/download", async (HttpContext context) =>
        {
            await context.Response.WriteAsync("half");
            await context.Response.Body.FlushAsync();
            await WaitAsync();
            await context.Response.WriteAsync("rest");
        });
    }

    private async Task WaitAsync()
    {
        _arrived.Release();
        await _goOn.NextAsync();
    }

    private void StandStill(SocketRestClientOptions options)
    {
        options.TimeProvider = _time;
        options.HeartbeatInterval = Timeout.InfiniteTimeSpan;
    }
}
