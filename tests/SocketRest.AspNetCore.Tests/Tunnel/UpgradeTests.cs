using System.Net.WebSockets;
using Microsoft.AspNetCore.Builder;
using SocketRest.AspNetCore.Tests.Conformance;

namespace SocketRest.AspNetCore.Tests.Tunnel;

/// <summary>A WebSocket of the application's own through the tunnel, opened by <see cref="ClientWebSocket"/> in either of its ways.</summary>
public sealed class UpgradeTests
{
    public static TheoryData<string> Versions => ["1.1", "2.0"];

    [Theory]
    [MemberData(nameof(Versions))]
    public async Task Big_messages_cross_both_ways_and_keep_their_bounds(string version)
    {
        await using TestHub hub = await TestHub.StartAsync(app => Map(app, EchoAsync));
        await using SocketRestClient tunnel = await hub.DialAsync();
        using ClientWebSocket socket = await ConnectAsync(tunnel.CreateHandler(), version);
        byte[][] messages = [Payload.Bytes(3_000_000), [], Payload.Bytes(1, 2), Payload.Bytes(65_536, 3)];

        Task sending = Task.Run(async () =>
        {
            foreach (byte[] message in messages)
            {
                await socket.SendAsync(message, WebSocketMessageType.Binary, endOfMessage: true, default);
            }
        });
        foreach (byte[] message in messages)
        {
            Assert.Equal(message, await ReceiveAsync(socket));
        }

        await sending.InTime();
        await socket.CloseAsync(WebSocketCloseStatus.NormalClosure, null, default).InTime();
    }

    [Theory]
    [MemberData(nameof(Versions))]
    public async Task Server_chooses_among_several_subprotocols(string version)
    {
        await using TestHub hub = await TestHub.StartAsync(app => Map(app, EchoAsync, "v1.chat"));
        await using SocketRestClient tunnel = await hub.DialAsync();

        using ClientWebSocket socket = await ConnectAsync(tunnel.CreateHandler(), version, "v2.chat", "v1.chat", "v0.chat");

        Assert.Equal("v1.chat", socket.SubProtocol);
        await socket.CloseAsync(WebSocketCloseStatus.NormalClosure, null, default).InTime();
    }

    [Theory]
    [MemberData(nameof(Versions))]
    public async Task Close_of_the_caller_is_answered_and_frees_the_stream(string version)
    {
        await using TestHub hub = await TestHub.StartAsync(app => Map(app, EchoAsync), options => options.MaxConcurrentStreams = 1);
        await using SocketRestClient tunnel = await hub.DialAsync();

        // One stream is all there is: each socket needs that of the one before.
        for (int i = 0; i < 3; i++)
        {
            using ClientWebSocket socket = await ConnectAsync(tunnel.CreateHandler(), version);
            await socket.CloseAsync(WebSocketCloseStatus.NormalClosure, "bye", default).InTime();
            Assert.Equal(WebSocketState.Closed, socket.State);
            Assert.Equal("bye", socket.CloseStatusDescription);
        }
    }

    [Theory]
    [MemberData(nameof(Versions))]
    public async Task Close_of_the_application_reaches_the_caller(string version)
    {
        await using TestHub hub = await TestHub.StartAsync(app => Map(
            app, socket => socket.CloseAsync(WebSocketCloseStatus.PolicyViolation, "not today", default)));
        await using SocketRestClient tunnel = await hub.DialAsync();
        using ClientWebSocket socket = await ConnectAsync(tunnel.CreateHandler(), version);

        WebSocketReceiveResult result = await socket.ReceiveAsync(new byte[10], default).InTime();

        Assert.Equal(WebSocketCloseStatus.PolicyViolation, result.CloseStatus);
        Assert.Equal("not today", result.CloseStatusDescription);
        await socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, null, default).InTime();
    }

    [Theory]
    [MemberData(nameof(Versions))]
    public async Task Caller_that_vanishes_ends_the_applications_socket(string version)
    {
        var ended = new Signal();
        await using TestHub hub = await TestHub.StartAsync(app => Map(app, async socket =>
        {
            await Assert.ThrowsAnyAsync<Exception>(async () => await socket.ReceiveAsync(new byte[10], default));
            ended.Release();
        }));
        await using SocketRestClient tunnel = await hub.DialAsync();
        using ClientWebSocket socket = await ConnectAsync(tunnel.CreateHandler(), version);

        socket.Abort();

        await ended.NextAsync();
    }

    [Theory]
    [MemberData(nameof(Versions))]
    public async Task Refused_upgrade_is_an_error_and_leaves_the_connection_working(string version)
    {
        await using TestHub hub = await TestHub.StartAsync(app => app.MapGet("/", () => "here"));
        await using SocketRestClient tunnel = await hub.DialAsync();
        using HttpClient client = tunnel.CreateClient();

        for (int i = 0; i < 3; i++)
        {
            await Assert.ThrowsAsync<WebSocketException>(() => ConnectAsync(tunnel.CreateHandler(), version));
        }

        Assert.Equal("here", await client.GetStringAsync("/").InTime());
        Assert.Equal(0, tunnel.Connection!.OpenStreams);
    }

    private static void Map(WebApplication app, Func<WebSocket, Task> use, string? subProtocol = null)
    {
        app.UseWebSockets();
        app.Map("/socket", async context =>
        {
            using WebSocket socket = await context.WebSockets.AcceptWebSocketAsync(subProtocol);
            await use(socket);
        });
    }

    private static async Task EchoAsync(WebSocket socket)
    {
        var buffer = new byte[16 * 1024];
        while (true)
        {
            WebSocketReceiveResult received = await socket.ReceiveAsync(buffer, default);
            if (received.MessageType == WebSocketMessageType.Close)
            {
                await socket.CloseAsync(received.CloseStatus!.Value, received.CloseStatusDescription, default);
                return;
            }

            await socket.SendAsync(buffer.AsMemory(0, received.Count), received.MessageType, received.EndOfMessage, default);
        }
    }

    private static async Task<ClientWebSocket> ConnectAsync(SocketRestHandler handler, string version, params string[] subProtocols)
    {
        var socket = new ClientWebSocket();
        socket.Options.HttpVersion = Version.Parse(version);
        socket.Options.HttpVersionPolicy = HttpVersionPolicy.RequestVersionExact;
        Array.ForEach(subProtocols, socket.Options.AddSubProtocol);
        using var invoker = new HttpMessageInvoker(handler);
        await socket.ConnectAsync(new Uri("ws://application.example/socket"), invoker, default).InTime();
        return socket;
    }

    private static async Task<byte[]> ReceiveAsync(ClientWebSocket socket)
    {
        using var message = new MemoryStream();
        var buffer = new byte[16 * 1024];
        while (true)
        {
            WebSocketReceiveResult received = await socket.ReceiveAsync(buffer, default).InTime();
            message.Write(buffer, 0, received.Count);
            if (received.EndOfMessage)
            {
                return message.ToArray();
            }
        }
    }
}
