using System.Net.WebSockets;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace SocketRest.AspNetCore.Tests.Conformance;

/// <summary>A WebSocket of the application's own: an upgrade over HTTP/1.1, extended CONNECT (RFC 8441) over HTTP/2.</summary>
public abstract class WebSocketTests<TTransport> : ConformanceTests<TTransport>
    where TTransport : ITransport, new()
{
    [FactIf(Capability.WebSockets)]
    public async Task Messages_are_echoed_with_their_kind()
    {
        using var socket = await ConnectAsync(EchoAsync);

        foreach (var kind in new[] { WebSocketMessageType.Text, WebSocketMessageType.Binary })
        {
            await socket.SendAsync("hello"u8.ToArray(), kind, endOfMessage: true, default).InTime();
            var (type, bytes) = await ReceiveAsync(socket);
            Assert.Equal(kind, type);
            Assert.Equal("hello", Encoding.UTF8.GetString(bytes));
        }
    }

    [FactIf(Capability.WebSockets)]
    public async Task Large_message_is_whole()
    {
        var message = Payload.Bytes(1_000_000);
        using var socket = await ConnectAsync(EchoAsync);

        var receive = ReceiveAsync(socket);
        await socket.SendAsync(message, WebSocketMessageType.Binary, endOfMessage: true, default).InTime();

        Assert.Equal(message, (await receive).Bytes);
    }

    [FactIf(Capability.WebSockets)]
    public async Task Many_small_messages_keep_their_order()
    {
        using var socket = await ConnectAsync(EchoAsync);

        var sending = Task.Run(async () =>
        {
            for (var i = 0; i < 500; i++)
            {
                await socket.SendAsync(Encoding.UTF8.GetBytes($"{i}"), WebSocketMessageType.Text, endOfMessage: true, default);
            }
        });
        for (var i = 0; i < 500; i++)
        {
            Assert.Equal($"{i}", Encoding.UTF8.GetString((await ReceiveAsync(socket)).Bytes));
        }

        await sending.InTime();
    }

    [FactIf(Capability.WebSockets)]
    public async Task Subprotocol_is_agreed()
    {
        using var socket = await ConnectAsync(EchoAsync, options =>
        {
            options.AddSubProtocol("v2.chat");
            options.AddSubProtocol("v1.chat");
        });

        Assert.Equal("v1.chat", socket.SubProtocol);
    }

    [FactIf(Capability.WebSockets)]
    public async Task Path_query_and_headers_reach_the_application()
    {
        using var socket = await ConnectAsync(
            async (context, socket) => await socket.SendAsync(
                Encoding.UTF8.GetBytes($"{context.Request.Path}{context.Request.QueryString} {context.Request.Headers["X-Ticket"]}"),
                WebSocketMessageType.Text,
                endOfMessage: true,
                default),
            options => options.SetRequestHeader("X-Ticket", "42"));

        Assert.Equal("/socket?room=1 42", Encoding.UTF8.GetString((await ReceiveAsync(socket)).Bytes));
    }

    [FactIf(Capability.WebSockets)]
    public async Task Close_of_the_caller_is_answered()
    {
        using var socket = await ConnectAsync(EchoAsync);

        await socket.CloseAsync(WebSocketCloseStatus.NormalClosure, "bye", default).InTime();

        Assert.Equal(WebSocketState.Closed, socket.State);
        Assert.Equal(WebSocketCloseStatus.NormalClosure, socket.CloseStatus);
        Assert.Equal("bye", socket.CloseStatusDescription);
    }

    [FactIf(Capability.WebSockets)]
    public async Task Close_of_the_application_reaches_the_caller()
    {
        using var socket = await ConnectAsync(
            (_, socket) => socket.CloseAsync(WebSocketCloseStatus.PolicyViolation, "not today", default));

        var result = await socket.ReceiveAsync(new byte[10], default).InTime();

        Assert.Equal(WebSocketMessageType.Close, result.MessageType);
        Assert.Equal(WebSocketCloseStatus.PolicyViolation, result.CloseStatus);
        Assert.Equal("not today", result.CloseStatusDescription);
        await socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, null, default).InTime();
    }

    [FactIf(Capability.WebSockets)]
    public async Task Refused_upgrade_fails_to_connect()
    {
        var host = await StartAsync(app =>
        {
            app.UseWebSockets();
            app.Run(context =>
            {
                context.Response.StatusCode = 403;
                return Task.CompletedTask;
            });
        });

        await Assert.ThrowsAsync<WebSocketException>(() => ConnectAsync(host, _ => { }));

        using var response = await CreateClient(host).GetAsync("/");
        Assert.Equal(403, (int)response.StatusCode);
    }

    [FactIf(Capability.WebSockets)]
    public async Task Abort_of_the_application_is_an_error_at_the_caller()
    {
        using var socket = await ConnectAsync(async (context, socket) =>
        {
            await socket.ReceiveAsync(new byte[10], default);
            context.Abort();
        });

        await socket.SendAsync("go on"u8.ToArray(), WebSocketMessageType.Text, endOfMessage: true, default).InTime();

        await Assert.ThrowsAsync<WebSocketException>(() => socket.ReceiveAsync(new byte[10], default).InTime());
    }

    [FactIf(Capability.WebSockets)]
    public async Task Abort_of_the_caller_ends_the_receive_of_the_application()
    {
        var outcome = new TaskCompletionSource<Exception?>(TaskCreationOptions.RunContinuationsAsynchronously);
        using var socket = await ConnectAsync(async (_, socket) =>
            outcome.SetResult(await Record.ExceptionAsync(() => socket.ReceiveAsync(new byte[10], default))));

        socket.Abort();

        Assert.NotNull(await outcome.Task.InTime());
    }

    [FactIf(Capability.WebSockets)]
    public async Task Sockets_and_requests_share_a_handler()
    {
        var host = await StartAsync(app =>
        {
            app.UseWebSockets();
            app.Run(context => context.WebSockets.IsWebSocketRequest
                ? AcceptAsync(context, EchoAsync)
                : context.Response.WriteAsync("http"));
        });
        using var invoker = new HttpMessageInvoker(host.CreateHandler(new HandlerSettings()));
        var client = new HttpClient(new InvokerHandler(invoker)) { BaseAddress = host.BaseAddress, Timeout = Patience.Limit };
        var sockets = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => ConnectAsync(host, _ => { }, invoker)));
        for (var i = 0; i < sockets.Length; i++)
        {
            var message = Encoding.UTF8.GetBytes($"socket {i}");
            await sockets[i].SendAsync(message, WebSocketMessageType.Text, endOfMessage: true, default).InTime();
            Assert.Equal("http", await client.GetStringAsync("/"));
        }

        for (var i = 0; i < sockets.Length; i++)
        {
            Assert.Equal($"socket {i}", Encoding.UTF8.GetString((await ReceiveAsync(sockets[i])).Bytes));
            sockets[i].Dispose();
        }
    }

    private async Task<ClientWebSocket> ConnectAsync(
        Func<HttpContext, WebSocket, Task> serve, Action<ClientWebSocketOptions>? configure = null)
    {
        var host = await StartAsync(app =>
        {
            app.UseWebSockets();
            app.Run(context => AcceptAsync(context, serve));
        });
        return await ConnectAsync(host, configure ?? (_ => { }));
    }

    private async Task<ClientWebSocket> ConnectAsync(
        TransportHost host, Action<ClientWebSocketOptions> configure, HttpMessageInvoker? invoker = null)
    {
        var socket = new ClientWebSocket();
        socket.Options.HttpVersion = Transport.ResponseVersion;
        socket.Options.HttpVersionPolicy = HttpVersionPolicy.RequestVersionExact;
        configure(socket.Options);
        var address = new UriBuilder(new Uri(host.BaseAddress, "/socket?room=1")) { Scheme = "ws" };
        invoker ??= new HttpMessageInvoker(host.CreateHandler(new HandlerSettings()));
        await socket.ConnectAsync(address.Uri, invoker, default).InTime();
        return socket;
    }

    private static async Task AcceptAsync(HttpContext context, Func<HttpContext, WebSocket, Task> serve)
    {
        using var socket = await context.WebSockets.AcceptWebSocketAsync(context.WebSockets.WebSocketRequestedProtocols.LastOrDefault());
        await serve(context, socket);
    }

    private static async Task EchoAsync(HttpContext context, WebSocket socket)
    {
        var buffer = new byte[16_384];
        while (true)
        {
            var result = await socket.ReceiveAsync(buffer, context.RequestAborted);
            if (result.MessageType == WebSocketMessageType.Close)
            {
                await socket.CloseAsync(result.CloseStatus!.Value, result.CloseStatusDescription, default);
                return;
            }

            await socket.SendAsync(buffer.AsMemory(0, result.Count), result.MessageType, result.EndOfMessage, default);
        }
    }

    private static async Task<(WebSocketMessageType Type, byte[] Bytes)> ReceiveAsync(WebSocket socket)
    {
        var message = new MemoryStream();
        var buffer = new byte[16_384];
        while (true)
        {
            var result = await socket.ReceiveAsync(buffer, default).InTime();
            message.Write(buffer, 0, result.Count);
            if (result.EndOfMessage)
            {
                return (result.MessageType, message.ToArray());
            }
        }
    }

    /// <summary>Lets an <see cref="HttpClient"/> and a WebSocket use the same handler.</summary>
    private sealed class InvokerHandler(HttpMessageInvoker invoker) : HttpMessageHandler
    {
        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken) =>
            invoker.SendAsync(request, cancellationToken);
    }
}
