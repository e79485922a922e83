using System.Net;
using System.Net.Sockets;
using System.Net.WebSockets;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using SocketRest.AspNetCore.Tests.Conformance;
using SocketRest.AspNetCore.Tests.Conformance.Transports;

namespace SocketRest.AspNetCore.Tests.Tunnel;

/// <summary>What answers is no tunnel: each case is a <see cref="SocketRestException"/> that names its cause, in bounded time, and nothing was sent.</summary>
public sealed class WrongPeerTests
{
    [Theory]
    [InlineData(200, "200")]
    [InlineData(401, "credentials")]
    [InlineData(403, "not allow")]
    [InlineData(404, "no tunnel endpoint")]
    [InlineData(500, "500")]
    public async Task Http_answer_in_place_of_the_upgrade_is_named(int status, string named)
    {
        await using WebApplication app = await ServeAsync(context =>
        {
            context.Response.StatusCode = status;
            return context.Response.WriteAsync("no tunnel here");
        });

        SocketRestException exception = await FailureAsync(new Uri(app.Urls.Single()));

        Assert.Equal(status is 401 or 403 ? SocketRestErrorCode.Unauthorized : SocketRestErrorCode.ConnectFailed, exception.ErrorCode);
        Assert.Contains(named, exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Busy_server_says_when_to_come_again()
    {
        await using WebApplication app = await ServeAsync(context =>
        {
            context.Response.StatusCode = 503;
            context.Response.Headers.RetryAfter = "7";
            return Task.CompletedTask;
        });

        Assert.Equal(TimeSpan.FromSeconds(7), (await FailureAsync(new Uri(app.Urls.Single()))).RetryAfter);
    }

    [Theory]
    [InlineData("Wed, 21 Oct 2015 07:28:00 GMT", 25)]
    [InlineData("Wed, 21 Oct 2015 07:27:00 GMT", 0)]
    public async Task Busy_server_may_say_it_as_a_time_of_its_own_clock(string when, int seconds)
    {
        await using WebApplication app = await ServeAsync(context =>
        {
            context.Response.StatusCode = 503;
            context.Response.Headers.RetryAfter = when;
            context.Response.Headers.Date = "Wed, 21 Oct 2015 07:27:35 GMT";
            return Task.CompletedTask;
        });

        Assert.Equal(TimeSpan.FromSeconds(seconds), (await FailureAsync(new Uri(app.Urls.Single()))).RetryAfter);
    }

    [Theory]
    [InlineData("echo")]
    [InlineData("text")]
    [InlineData("close")]
    [InlineData("junk")]
    public async Task Plain_WebSocket_is_recognized(string kind)
    {
        await using WebApplication app = await ServeAsync(async context =>
        {
            using WebSocket socket = await context.WebSockets.AcceptWebSocketAsync();
            var buffer = new byte[4096];
            WebSocketReceiveResult received = await socket.ReceiveAsync(buffer, default);
            switch (kind)
            {
                case "echo":
                    await socket.SendAsync(buffer.AsMemory(0, received.Count), received.MessageType, true, default);
                    break;
                case "text":
                    await socket.SendAsync("Welcome to the chat!"u8.ToArray(), WebSocketMessageType.Text, true, default);
                    break;
                case "junk":
                    await socket.SendAsync("\0\u0001\u0002 something else"u8.ToArray(), WebSocketMessageType.Binary, true, default);
                    break;
            }

            await socket.CloseAsync(WebSocketCloseStatus.NormalClosure, "done", default);
        });

        SocketRestException exception = await FailureAsync(new Uri(app.Urls.Single()));

        Assert.Equal(kind == "close" ? SocketRestErrorCode.HandshakeRefused : SocketRestErrorCode.NotSocketRest, exception.ErrorCode);
    }

    [Fact]
    public async Task WebSocket_that_says_nothing_ends_with_the_handshake_timeout()
    {
        await using WebApplication app = await ServeAsync(async context =>
        {
            using WebSocket socket = await context.WebSockets.AcceptWebSocketAsync();
            var buffer = new byte[4096];
            try
            {
                while (!(await socket.ReceiveAsync(buffer, default)).CloseStatus.HasValue)
                {
                }
            }
            catch (WebSocketException)
            {
                // Cut by the dialling side.
            }
        });

        SocketRestException exception = await FailureAsync(
            new Uri(app.Urls.Single()), options => options.HandshakeTimeout = TimeSpan.FromMilliseconds(100));

        Assert.Equal(SocketRestErrorCode.HandshakeTimeout, exception.ErrorCode);
        Assert.Contains("may not speak SocketRest", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Port_that_nobody_listens_on_is_named()
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        var address = new Uri($"ws://127.0.0.1:{((IPEndPoint)socket.LocalEndPoint!).Port}/tunnel");

        SocketRestException exception = await FailureAsync(address);

        Assert.Equal(SocketRestErrorCode.ConnectFailed, exception.ErrorCode);
        Assert.Contains(address.ToString(), exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Port_that_accepts_and_says_nothing_ends_with_the_connect_timeout()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();

        SocketRestException exception = await FailureAsync(
            new Uri($"ws://127.0.0.1:{((IPEndPoint)listener.LocalEndpoint).Port}/tunnel"),
            options => options.ConnectTimeout = TimeSpan.FromMilliseconds(100));

        Assert.Equal(SocketRestErrorCode.ConnectFailed, exception.ErrorCode);
        Assert.Contains("within 00:00:00.1", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Handler_over_a_wrong_peer_fails_each_call_not_sent()
    {
        await using WebApplication app = await ServeAsync(context => context.Response.WriteAsync("hello"));
        await using var tunnel = new SocketRestClient(new SocketRestClientOptions { Uri = new Uri(app.Urls.Single()), FailFastWhileDisconnected = true });
        using HttpClient client = tunnel.CreateClient();

        for (int i = 0; i < 3; i++)
        {
            SocketRestException exception = await TunnelClient.FailureAsync(client.GetAsync("/").InTime());
            Assert.Equal(SocketRestErrorCode.ConnectFailed, exception.ErrorCode);
            Assert.Equal(RequestOutcome.NotSent, exception.Outcome);
        }
    }

    private static async Task<SocketRestException> FailureAsync(Uri uri, Action<SocketRestClientOptions>? configure = null)
    {
        SocketRestException exception = await Assert.ThrowsAsync<SocketRestException>(
            () => SocketRestClient.ConnectAsync(uri, configure).InTime());
        Assert.Equal(RequestOutcome.NotSent, exception.Outcome);
        return exception;
    }

    private static async Task<WebApplication> ServeAsync(RequestDelegate handler)
    {
        WebApplicationBuilder builder = TestApplication.CreateBuilder();
        builder.WebHost.UseKestrelCore().ConfigureKestrel(options => options.Listen(IPAddress.Loopback, 0));
        WebApplication app = builder.Build();
        app.UseWebSockets();
        app.Run(handler);
        await app.StartAsync().InTime();
        return app;
    }
}
