using System.Globalization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using SocketRest.AspNetCore.Tests.Conformance;

namespace SocketRest.AspNetCore.Tests.Tunnel;

/// <summary>
/// Both ends serve on one connection, and each handler calls back through the connection on which it is being called. What could
/// deadlock: credit that an unread outer body holds, streams that outer calls hold, threads that wait.
/// </summary>
public sealed class NestedCallTests
{
    private const int Deep = 8;
    private const int Window = 16 * 1024;

    [Fact]
    public async Task Calls_nest_eight_deep_from_either_end()
    {
        await using TestHub hub = await TestHub.StartAsync(app => Map(app, "hub"));
        await using TestAgent agent = await TestAgent.StartAsync(hub.Tunnel, app => Map(app, "agent"));
        using HttpClient fromHub = (await agent.SeenByAsync(hub)).CreateClient();
        using HttpClient fromAgent = TunnelClient.Over(agent.Service.CreateHandler());

        Assert.Equal("agent hub agent hub agent hub agent hub agent", await fromHub.GetStringAsync($"/nest/{Deep}"));
        Assert.Equal("hub agent hub agent hub agent hub agent hub", await fromAgent.GetStringAsync($"/nest/{Deep}"));
    }

    [Fact]
    public async Task Synchronous_calls_nest_eight_deep()
    {
        await using TestHub hub = await TestHub.StartAsync(app => Map(app, "hub"));
        await using TestAgent agent = await TestAgent.StartAsync(hub.Tunnel, app => Map(app, "agent"));
        using HttpClient client = (await agent.SeenByAsync(hub)).CreateClient();

        Assert.Equal("agent hub agent hub agent hub agent hub agent", await client.GetStringAsync($"/block/{Deep}"));
    }

    [Theory]
    [InlineData("keep")]
    [InlineData("leave")]
    public async Task Unread_uploads_above_the_window_hold_up_no_inner_call(string body)
    {
        await using TestHub hub = await TestHub.StartAsync(app => Map(app, "hub"), options => options.InitialStreamWindow = Window);
        await using TestAgent agent = await TestAgent.StartAsync(
            hub.Tunnel, app => Map(app, "agent"), options => options.InitialStreamWindow = Window);
        using HttpClient client = (await agent.SeenByAsync(hub)).CreateClient();

        using HttpResponseMessage response = await client.PostAsync($"/upload/{body}/{Deep}", Upload()).InTime();

        string one = body == "keep" ? $"{16 * Window}" : "unread";
        Assert.Equal(string.Join(' ', Enumerable.Repeat(one, Deep + 1)), await response.Content.ReadAsStringAsync());
    }

    [Fact]
    public async Task Nesting_beyond_the_stream_limit_fails_not_sent_and_leaves_the_connection_working()
    {
        await using TestHub hub = await TestHub.StartAsync(app => Map(app, "hub"), options =>
        {
            options.MaxConcurrentStreams = 3;
            options.RequestWaitTimeout = TimeSpan.FromSeconds(1);
        });
        await using TestAgent agent = await TestAgent.StartAsync(hub.Tunnel, app => Map(app, "agent"), options =>
        {
            options.MaxConcurrentStreams = 3;
            options.RequestWaitTimeout = TimeSpan.FromSeconds(1);
        });
        SocketRestConnection connection = await agent.SeenByAsync(hub);
        using HttpClient client = connection.CreateClient();

        // Three of each side's calls run at once; the seventh in depth finds no stream.
        Assert.Equal("agent hub agent hub agent hub StreamLimit NotSent", await client.GetStringAsync($"/nest/{Deep}").InTime());
        Assert.Equal("agent hub agent hub agent hub", await client.GetStringAsync("/nest/5").InTime());

        // An answer may be read to its end before its own side has let go of the stream.
        await Patience.UntilAsync(() => connection.OpenStreams == 0);
    }

    [Fact]
    public async Task Many_nested_calls_over_a_small_stream_limit_all_end()
    {
        await using TestHub hub = await TestHub.StartAsync(app => Map(app, "hub"), options =>
        {
            options.MaxConcurrentStreams = 8;
            options.RequestWaitTimeout = TimeSpan.FromMilliseconds(300);
        });
        await using TestAgent agent = await TestAgent.StartAsync(hub.Tunnel, app => Map(app, "agent"), options =>
        {
            options.MaxConcurrentStreams = 8;
            options.RequestWaitTimeout = TimeSpan.FromMilliseconds(300);
        });
        SocketRestConnection connection = await agent.SeenByAsync(hub);
        using HttpClient client = connection.CreateClient();

        string[] answers = await Task.WhenAll(Enumerable.Range(0, 40).Select(_ => AnswerAsync(client, $"/nest/{Deep}"))).InTime();

        Assert.All(answers, answer => Assert.True(
            answer.EndsWith("StreamLimit NotSent", StringComparison.Ordinal) || answer.Split(' ').Length == Deep + 1, answer));
        Assert.Equal("agent hub", await client.GetStringAsync("/nest/1").InTime());
    }

    private static ByteArrayContent Upload() => new(Payload.Bytes(16 * Window));

    private static void Map(WebApplication app, string side)
    {
        app.MapGet("/nest/{depth:int}", async (int depth, HttpContext context) =>
            depth == 0 ? side : $"{side} {await AnswerAsync(CallBack(context), $"/nest/{depth - 1}")}");

        app.MapGet("/block/{depth:int}", (int depth, HttpContext context) =>
        {
            if (depth == 0)
            {
                return side;
            }

            using var request = new HttpRequestMessage(HttpMethod.Get, $"/block/{depth - 1}");
            using HttpResponseMessage response = CallBack(context).Send(request);
            using var reader = new StreamReader(response.Content.ReadAsStream());
            return $"{side} {reader.ReadToEnd()}";
        });

        app.MapPost("/upload/{body}/{depth:int}", async (string body, int depth, HttpContext context) =>
        {
            string inner = "";
            if (depth > 0)
            {
                using HttpResponseMessage response = await CallBack(context).PostAsync($"/upload/{body}/{depth - 1}", Upload());
                inner = " " + await response.Content.ReadAsStringAsync();
            }

            return body == "leave" ? $"unread{inner}" : await LengthAsync(context.Request.Body) + inner;
        });
    }

    private static HttpClient CallBack(HttpContext context) =>
        context.Features.Get<ISocketRestConnectionFeature>()!.Connection.CreateClient();

    private static async Task<string> AnswerAsync(HttpClient client, string path)
    {
        try
        {
            return await client.GetStringAsync(path);
        }
        catch (HttpRequestException exception) when (exception.InnerException is SocketRestException reason)
        {
            Assert.Equal(HttpRequestError.ConfigurationLimitExceeded, exception.HttpRequestError);
            return $"{reason.ErrorCode} {reason.Outcome}";
        }
    }

    private static async Task<string> LengthAsync(Stream body)
    {
        var buffer = new byte[4096];
        long length = 0;
        int count;
        while ((count = await body.ReadAsync(buffer)) > 0)
        {
            length += count;
        }

        return length.ToString(CultureInfo.InvariantCulture);
    }
}
