using System.Net;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http.Features;
using SocketRest.AspNetCore.Tests.Conformance;
using SocketRest.AspNetCore.Tests.Tunnel;

namespace SocketRest.AspNetCore.Tests.Forwarding;

/// <summary>One direction of an upgraded exchange ends before the other.</summary>
public sealed class ForwarderHalfCloseTests
{
    private const string Upgrade =
        "GET /agents/kiln/ HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n";

    [Fact]
    public async Task Agent_that_has_said_all_hears_the_caller_out_over_HTTP2_and_the_caller_knows()
    {
        await using ForwardingHub hub = await ForwardingHub.StartAsync();
        var heard = new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously);
        await AddAgentAsync(hub, async stream => heard.SetResult(await ReadAsync(stream, 6)));
        using var request = new HttpRequestMessage(HttpMethod.Connect, new Uri(hub.Http2, "/agents/kiln/"))
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Headers = { Protocol = "chat" },
        };
        using HttpResponseMessage response = await hub.Client2.SendAsync(request, HttpCompletionOption.ResponseHeadersRead).InTime();
        await using Stream stream = await response.Content.ReadAsStreamAsync();

        // To its end, before anything is answered.
        Assert.Equal("bye", await new StreamReader(stream).ReadToEndAsync().InTime());
        await stream.WriteAsync("one"u8.ToArray()).InTime();
        await stream.FlushAsync().InTime();
        await stream.WriteAsync("two"u8.ToArray()).InTime();
        await stream.FlushAsync().InTime();

        Assert.Equal("onetwo", await heard.Task.InTime());
    }

    [Fact]
    public async Task Agent_that_has_said_all_hears_the_caller_out_over_HTTP1()
    {
        await using ForwardingHub hub = await ForwardingHub.StartAsync();
        var heard = new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously);
        await AddAgentAsync(hub, async stream => heard.SetResult(await ReadAsync(stream, 6)));
        using RawHttp raw = await hub.ConnectAsync();
        await raw.SendAsync(Upgrade);
        await raw.ReadUntilAsync("bye");

        await raw.SendAsync("one");
        await raw.SendAsync("two");

        Assert.Equal("onetwo", await heard.Task.InTime());
        Assert.Equal("", await raw.ReadToEndAsync());
    }

    [Fact]
    public async Task Agent_that_is_done_with_both_directions_ends_the_connection_at_once()
    {
        // Its clock never gets anywhere.
        var time = new HeldTime();
        await using ForwardingHub hub = await ForwardingHub.StartAsync(server: options => options.TimeProvider = time);
        await AddAgentAsync(hub, _ => Task.CompletedTask);
        using RawHttp raw = await hub.ConnectAsync();

        await raw.SendAsync(Upgrade);

        await raw.ReadHeadAsync();
        Assert.Equal("bye", await raw.ReadToEndAsync());
    }

    [Fact]
    public async Task Caller_that_is_silent_for_too_long_after_the_agents_end_is_cut_off()
    {
        var time = new HeldTime();
        await using ForwardingHub hub = await ForwardingHub.StartAsync(server: options => options.TimeProvider = time);
        var over = new Signal();
        await AddAgentAsync(hub, async stream =>
        {
            await Record.ExceptionAsync(() => ReadAsync(stream, 1));
            over.Release();
        });
        using RawHttp raw = await hub.ConnectAsync();
        await raw.SendAsync(Upgrade);
        await raw.ReadUntilAsync("bye");

        (_, Action release) = await time.NextAsync(due => due == TimeSpan.FromSeconds(30));
        release();

        Assert.Equal("", await raw.ReadToEndAsync());
        await over.NextAsync();
    }

    [Fact]
    public async Task Caller_that_leaves_after_the_agents_end_is_gone_for_the_agent_too()
    {
        await using ForwardingHub hub = await ForwardingHub.StartAsync();
        var over = new Signal();
        await AddAgentAsync(hub, async stream =>
        {
            await Record.ExceptionAsync(() => ReadAsync(stream, 1));
            over.Release();
        });
        using RawHttp raw = await hub.ConnectAsync();
        await raw.SendAsync(Upgrade);
        await raw.ReadUntilAsync("bye");

        raw.Cut();

        await over.NextAsync();
    }

    /// <summary>Says all that it has to say, and then does something more with the stream.</summary>
    private static Task<TestAgent> AddAgentAsync(ForwardingHub hub, Func<Stream, Task> then) => hub.AddAgentAsync("kiln", app => app.Run(async context =>
    {
        Stream stream = await context.Features.GetRequiredFeature<IHttpExtendedConnectFeature>().AcceptAsync();
        await stream.WriteAsync("bye"u8.ToArray());
        await context.Response.CompleteAsync();
        await then(stream);
    }));

    private static async Task<string> ReadAsync(Stream stream, int count)
    {
        var buffer = new byte[count];
        await stream.ReadExactlyAsync(buffer).AsTask().InTime();
        return Encoding.ASCII.GetString(buffer);
    }
}
