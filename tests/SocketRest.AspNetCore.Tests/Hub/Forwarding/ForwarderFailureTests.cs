using System.Net;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using SocketRest.AspNetCore.Tests.Conformance;
using SocketRest.AspNetCore.Tests.Tunnel;
using SocketRest.Tests.Dialogues;

namespace SocketRest.AspNetCore.Tests.Forwarding;

/// <summary>What a caller is told when its request does not get an answer, or not all of it.</summary>
public sealed class ForwarderFailureTests
{
    [Fact]
    public async Task Unknown_agent_is_404_with_the_reason()
    {
        await using ForwardingHub hub = await ForwardingHub.StartAsync();

        JsonElement problem = await ProblemAsync(await hub.Client.GetAsync("/agents/nobody/x"), HttpStatusCode.NotFound, "agent-not-found");

        Assert.Contains("'nobody'", problem.GetProperty("detail").GetString(), StringComparison.Ordinal);
        Assert.Equal("notSent", problem.GetProperty("outcome").GetString());
    }

    [Theory]
    [InlineData("/agents/a%2Fb/x")]
    [InlineData("/agents/a%5Cb/x")]
    [InlineData("/agents/a%0Ab/x")]
    public async Task Name_that_no_agent_has_is_400(string target)
    {
        await using ForwardingHub hub = await ForwardingHub.StartAsync();

        await ProblemAsync(await hub.Client.GetAsync(target), HttpStatusCode.BadRequest, "bad-agent-name");
    }

    [Fact]
    public async Task Agent_that_has_lost_its_socket_is_503_until_it_is_back()
    {
        await using ForwardingHub hub = await ForwardingHub.StartAsync();
        await using var wire = new Wire(hub.Tunnel);
        var dialling = new Signal();
        bool blocked = false;
        TestAgent agent = await hub.AddAgentAsync("kiln", app => app.Run(context => context.Response.WriteAsync("here")), options =>
        {
            options.Uri = wire.Address;
            options.MaxReconnectDelay = TimeSpan.FromMilliseconds(50);
            options.AuthorizationProvider = async cancellationToken =>
            {
                if (Volatile.Read(ref blocked))
                {
                    await dialling.NextAsync();
                }

                return "Bearer x";
            };
        });
        SocketRestConnection connection = hub.Registry["kiln"];

        Volatile.Write(ref blocked, true);
        Task interrupted = NextEventAsync(hub, SocketRestConnectionEventKind.Disconnected);
        wire.Cut();
        await interrupted.InTime();
        using HttpResponseMessage response = await hub.Client.GetAsync("/agents/kiln/");
        await ProblemAsync(response, HttpStatusCode.ServiceUnavailable, "agent-interrupted");
        Assert.NotNull(response.Headers.RetryAfter?.Delta);

        Task resumed = NextEventAsync(hub, SocketRestConnectionEventKind.Resumed);
        Volatile.Write(ref blocked, false);
        dialling.Release(1);
        await resumed.InTime();
        Assert.Equal("here", await hub.Client.GetStringAsync("/agents/kiln/"));
        Assert.Same(connection, hub.Registry["kiln"]);

        // Before the wire is gone, without which it would wait for a socket that it cannot get.
        await agent.App.StopAsync().InTime();
    }

    [Fact]
    public async Task Agent_that_is_being_drained_is_503()
    {
        await using ForwardingHub hub = await ForwardingHub.StartAsync();
        var goOn = new Signal();
        var there = new Signal();
        await hub.AddAgentAsync("kiln", app => app.Run(async context =>
        {
            there.Release();
            await goOn.NextAsync();
            await context.Response.WriteAsync("done");
        }));
        Task<string> running = hub.Client.GetStringAsync("/agents/kiln/");
        await there.NextAsync();
        Task drained = hub.Registry["kiln"].DrainAsync();

        using HttpResponseMessage response = await hub.Client.GetAsync("/agents/kiln/");

        await ProblemAsync(response, HttpStatusCode.ServiceUnavailable, "agent-draining");
        Assert.NotNull(response.Headers.RetryAfter?.Delta);
        goOn.Release();
        Assert.Equal("done", await running.InTime());
        await drained.InTime();
    }

    [Fact]
    public async Task Agent_with_all_its_streams_in_use_is_503()
    {
        await using ForwardingHub hub = await ForwardingHub.StartAsync(server: options => options.RequestWaitTimeout = TimeSpan.FromMilliseconds(1));
        var goOn = new Signal();
        var there = new Signal();
        await hub.AddAgentAsync(
            "kiln",
            app => app.Run(async context =>
            {
                there.Release();
                await goOn.NextAsync();
            }),
            options => options.MaxConcurrentStreams = 1);
        Task<HttpResponseMessage> running = hub.Client.GetAsync("/agents/kiln/");
        await there.NextAsync();

        using HttpResponseMessage response = await hub.Client.GetAsync("/agents/kiln/");

        JsonElement problem = await ProblemAsync(response, HttpStatusCode.ServiceUnavailable, "agent-busy");
        Assert.Equal("StreamLimit", problem.GetProperty("errorCode").GetString());
        Assert.NotNull(response.Headers.RetryAfter?.Delta);
        goOn.Release();
        Assert.Equal(HttpStatusCode.OK, (await running.InTime()).StatusCode);
    }

    [Fact]
    public async Task Connection_that_ends_before_the_answer_is_502_that_says_that_the_request_may_have_run()
    {
        await using ForwardingHub hub = await ForwardingHub.StartAsync();
        var there = new Signal();
        await hub.AddAgentAsync("kiln", app => app.Run(async context =>
        {
            there.Release();
            await context.RequestAborted.CancelledAsync();
        }));
        Task<HttpResponseMessage> call = hub.Client.GetAsync("/agents/kiln/");
        await there.NextAsync();

        await hub.Registry["kiln"].CloseAsync();

        JsonElement problem = await ProblemAsync(await call.InTime(), HttpStatusCode.BadGateway, "agent-failed");
        Assert.Equal("maybeExecuted", problem.GetProperty("outcome").GetString());
        Assert.Contains(hub.Log.Warnings, warning => warning.Contains("'kiln'", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Agent_that_takes_too_long_is_504_where_that_is_asked_for()
    {
        var time = new FakeTime();
        await using ForwardingHub hub = await ForwardingHub.StartAsync(
            options => options.ResponseTimeout = TimeSpan.FromSeconds(5), server: options => options.TimeProvider = time);
        var there = new Signal();
        var cancelled = new Signal();
        await hub.AddAgentAsync("kiln", app => app.Run(async context =>
        {
            await context.Request.Body.ReadExactlyAsync(new byte[4]);
            there.Release();
            await context.RequestAborted.CancelledAsync();
            cancelled.Release();
        }));
        Task<HttpResponseMessage> call = hub.Client.PostAsync("/agents/kiln/", new StringContent("some"));
        await there.NextAsync();
        time.Advance(TimeSpan.FromSeconds(4));
        Assert.False(call.IsCompleted);
        time.Advance(TimeSpan.FromSeconds(1));

        JsonElement problem = await ProblemAsync(await call.InTime(), HttpStatusCode.GatewayTimeout, "agent-timed-out");

        Assert.Equal("maybeExecuted", problem.GetProperty("outcome").GetString());
        await cancelled.NextAsync();
    }

    [Theory]
    [InlineData(false, false)]
    [InlineData(false, true)]
    [InlineData(true, false)]
    [InlineData(true, true)]
    public async Task Answer_that_breaks_off_is_never_a_short_success(bool http2, bool declared)
    {
        await using ForwardingHub hub = await ForwardingHub.StartAsync();
        var seen = new Signal();
        await hub.AddAgentAsync("kiln", app => app.Run(async context =>
        {
            if (declared)
            {
                context.Response.ContentLength = 100;
            }

            await context.Response.WriteAsync("some");
            await context.Response.Body.FlushAsync();
            await seen.NextAsync();
            context.Abort();
        }));

        using HttpResponseMessage response = await (http2 ? hub.Client2 : hub.Client)
            .GetAsync("/agents/kiln/", HttpCompletionOption.ResponseHeadersRead).InTime();
        Stream body = await response.Content.ReadAsStreamAsync();
        var buffer = new byte[100];
        Assert.Equal(4, await body.ReadAsync(buffer).InTime());
        seen.Release();

        await Assert.ThrowsAnyAsync<IOException>(async () => await body.ReadAsync(buffer).InTime());
    }

    [Fact]
    public async Task Chunked_answer_that_breaks_off_has_no_last_chunk()
    {
        await using ForwardingHub hub = await ForwardingHub.StartAsync();
        var seen = new Signal();
        await hub.AddAgentAsync("kiln", app => app.Run(async context =>
        {
            await context.Response.WriteAsync("some");
            await context.Response.Body.FlushAsync();
            await seen.NextAsync();
            await context.Response.WriteAsync("more");
            context.Abort();
        }));
        using RawHttp raw = await hub.ConnectAsync();
        await raw.SendAsync("GET /agents/kiln/ HTTP/1.1\r\nHost: h\r\n\r\n");
        await raw.ReadUntilAsync("some\r\n");
        seen.Release();

        Assert.DoesNotContain("0\r\n\r\n", await raw.ReadToEndAsync() ?? "", StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Caller_that_leaves_cancels_the_call_at_the_agent(bool http2)
    {
        await using ForwardingHub hub = await ForwardingHub.StartAsync();
        var there = new Signal();
        var cancelled = new Signal();
        await hub.AddAgentAsync("kiln", app => app.Run(async context =>
        {
            if (context.Request.Path == "/begun")
            {
                await context.Response.StartAsync();
            }

            there.Release();
            await context.RequestAborted.CancelledAsync();
            cancelled.Release();
        }));
        foreach (string path in (string[])["before", "begun"])
        {
            using var cancel = new CancellationTokenSource();
            Task<string> call = (http2 ? hub.Client2 : hub.Client).GetStringAsync($"/agents/kiln/{path}", cancel.Token);
            await there.NextAsync();
            await cancel.CancelAsync();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => call);
            await cancelled.NextAsync();
        }

        Assert.Empty(hub.Log.Warnings);
    }

    [Fact]
    public async Task Caller_that_leaves_in_the_middle_of_its_upload_cancels_the_call_at_the_agent()
    {
        await using ForwardingHub hub = await ForwardingHub.StartAsync();
        var there = new Signal();
        var cancelled = new Signal();
        await hub.AddAgentAsync("kiln", app => app.Run(async context =>
        {
            await context.Request.Body.ReadExactlyAsync(new byte[4]);
            there.Release();
            try
            {
                await context.Request.Body.ReadExactlyAsync(new byte[4]);
            }
            catch (IOException)
            {
                await context.RequestAborted.CancelledAsync();
                cancelled.Release();
            }
        }));
        using RawHttp raw = await hub.ConnectAsync();
        await raw.SendAsync("POST /agents/kiln/ HTTP/1.1\r\nHost: h\r\nContent-Length: 8\r\n\r\nsome");
        await there.NextAsync();

        raw.Cut();

        await cancelled.NextAsync();
        Assert.Empty(hub.Log.Warnings);
    }

    [Fact]
    public async Task Body_above_the_servers_limit_is_413_unless_the_agent_is_to_decide()
    {
        const int Size = 40_000_000;
        foreach (bool lifted in (bool[])[false, true])
        {
            await using ForwardingHub hub = await ForwardingHub.StartAsync(options => options.AgentLimitsBodySize = lifted);
            await hub.AddAgentAsync(
                "kiln",
                app => app.Run(async context =>
                {
                    long count = 0;
                    var buffer = new byte[65_536];
                    for (int read; (read = await context.Request.Body.ReadAsync(buffer)) > 0; count += read)
                    {
                    }

                    await context.Response.WriteAsync($"{count}");
                }),
                build: builder => Microsoft.Extensions.DependencyInjection.OptionsServiceCollectionExtensions
                    .Configure<SocketRestServingOptions>(builder.Services, options => options.MaxRequestBodySize = null));
            using RawHttp raw = await hub.ConnectAsync();
            await raw.SendAsync($"POST /agents/kiln/ HTTP/1.1\r\nHost: h\r\nConnection: close\r\nExpect: 100-continue\r\nContent-Length: {Size}\r\n\r\n");
            string head = await raw.ReadHeadAsync();
            if (!lifted)
            {
                Assert.StartsWith("HTTP/1.1 413 ", head, StringComparison.Ordinal);
                continue;
            }

            Assert.StartsWith("HTTP/1.1 100 ", head, StringComparison.Ordinal);
            var piece = new string('x', 1_000_000);
            for (int sent = 0; sent < Size; sent += piece.Length)
            {
                await raw.SendAsync(piece);
            }

            Assert.EndsWith($"\r\n{Size}\r\n0\r\n\r\n", await raw.ReadToEndAsync(), StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Agent_that_answers_without_reading_the_body_leaves_nothing_behind()
    {
        await using ForwardingHub hub = await ForwardingHub.StartAsync();
        await hub.AddAgentAsync("kiln", app => app.Run(context => context.Response.WriteAsync("no")));
        for (int i = 0; i < 20; i++)
        {
            using RawHttp raw = await hub.ConnectAsync();
            await raw.SendAsync("POST /agents/kiln/ HTTP/1.1\r\nHost: h\r\nContent-Length: 100000\r\n\r\nsome");
            Assert.StartsWith("HTTP/1.1 200 ", await raw.ReadHeadAsync(), StringComparison.Ordinal);
            await raw.ReadUntilAsync("0\r\n\r\n");
        }

        await hub.Registry["kiln"].DrainAsync().InTime();
    }

    [Fact]
    public async Task Trailer_that_this_server_cannot_send_breaks_the_answer_off()
    {
        await using ForwardingHub hub = await ForwardingHub.StartAsync();
        await hub.AddAgentAsync("kiln", app => app.Run(async context =>
        {
            context.Response.AppendTrailer("x-sum", "\u00e9");
            await context.Response.WriteAsync("small");
        }));

        await Assert.ThrowsAsync<HttpRequestException>(() => hub.Client2.GetAsync("/agents/kiln/x").InTime());
    }

    [Fact]
    public async Task Head_that_this_server_cannot_send_is_502_with_the_fields_name()
    {
        await using ForwardingHub hub = await ForwardingHub.StartAsync();
        await hub.AddAgentAsync("kiln", app => app.Run(context =>
        {
            context.Response.Headers["X-Name"] = "Zoë";
            return context.Response.WriteAsync("hello");
        }));

        JsonElement problem = await ProblemAsync(await hub.Client.GetAsync("/agents/kiln/"), HttpStatusCode.BadGateway, "bad-answer");

        Assert.Contains("'X-Name'", problem.GetProperty("detail").GetString(), StringComparison.OrdinalIgnoreCase);
        Assert.Equal("executed", problem.GetProperty("outcome").GetString());
    }

    private static async Task<JsonElement> ProblemAsync(HttpResponseMessage response, HttpStatusCode status, string type)
    {
        string text = await response.Content.ReadAsStringAsync();
        Assert.True(status == response.StatusCode, $"{response.StatusCode}: {text}");
        Assert.Equal("application/problem+json", response.Content.Headers.ContentType?.MediaType);
        JsonElement problem = JsonDocument.Parse(text).RootElement;
        Assert.Equal($"urn:socketrest:{type}", problem.GetProperty("type").GetString());
        Assert.Equal((int)status, problem.GetProperty("status").GetInt32());
        Assert.NotEmpty(problem.GetProperty("title").GetString()!);
        return problem;
    }

    private static async Task NextEventAsync(ForwardingHub hub, SocketRestConnectionEventKind kind)
    {
        await foreach (SocketRestConnectionEvent one in hub.Registry.Events)
        {
            if (one.Kind == kind)
            {
                return;
            }
        }
    }
}
