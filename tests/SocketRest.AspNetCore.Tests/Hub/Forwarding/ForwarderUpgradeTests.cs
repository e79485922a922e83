using System.Net;
using System.Net.Sockets;
using System.Net.WebSockets;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using SocketRest.AspNetCore.Tests.Conformance;

namespace SocketRest.AspNetCore.Tests.Forwarding;

/// <summary>WebSockets and other protocols that take the place of HTTP, from the edge to the agent.</summary>
public sealed class ForwarderUpgradeTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task WebSocket_passes_with_its_subprotocol_and_closes_in_good_order(bool http2)
    {
        await using ForwardingHub hub = await ForwardingHub.StartAsync();
        var closed = new Signal();
        await hub.AddAgentAsync("kiln", app =>
        {
            app.UseWebSockets();
            app.Run(async context =>
            {
                using WebSocket socket = await context.WebSockets.AcceptWebSocketAsync("two");
                var buffer = new byte[70_000];
                while (true)
                {
                    (int count, WebSocketMessageType type) = await ReceiveAsync(socket, buffer);
                    if (type == WebSocketMessageType.Close)
                    {
                        await socket.CloseAsync(WebSocketCloseStatus.NormalClosure, $"{context.Request.PathBase}{context.Request.Path}", default);
                        closed.Release();
                        return;
                    }

                    await socket.SendAsync(buffer.AsMemory(0, count), type, endOfMessage: true, default);
                }
            });
        });

        using ClientWebSocket socket = await OpenAsync(hub, "/agents/kiln/ws?x=1", http2, "one", "two");
        Assert.Equal("two", socket.SubProtocol);
        var buffer = new byte[70_000];
        foreach (int size in (int[])[0, 1, 125, 4096, 65_537])
        {
            byte[] sent = Payload.Bytes(size);
            await socket.SendAsync(sent, WebSocketMessageType.Binary, endOfMessage: true, default).InTime();
            (int count, _) = await ReceiveAsync(socket, buffer).InTime();
            Assert.Equal(sent, buffer[..count]);
        }

        await socket.CloseAsync(WebSocketCloseStatus.NormalClosure, "", default).InTime();
        Assert.Equal("/agents/kiln/ws", socket.CloseStatusDescription);
        await closed.NextAsync();
        await hub.Registry["kiln"].DrainAsync().InTime();
        Assert.Empty(hub.Log.Warnings);
    }

    [Fact]
    public async Task WebSocket_of_a_caller_that_says_that_its_request_is_empty_carries_messages()
    {
        await using ForwardingHub hub = await ForwardingHub.StartAsync();
        await hub.AddAgentAsync("kiln", app =>
        {
            app.UseWebSockets();
            app.Run(async context =>
            {
                using WebSocket accepted = await context.WebSockets.AcceptWebSocketAsync();
                var buffer = new byte[100];
                (int count, WebSocketMessageType type) = await ReceiveAsync(accepted, buffer);
                await accepted.SendAsync(buffer.AsMemory(0, count), type, endOfMessage: true, default);
                await accepted.CloseAsync(WebSocketCloseStatus.NormalClosure, null, default);
            });
        });
        using var client = new TcpClient();
        await client.ConnectAsync(hub.Http1.Host, hub.Http1.Port).InTime();
        NetworkStream stream = client.GetStream();
        await stream.WriteAsync("GET /agents/kiln/ws HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nContent-Length: 0\r\n\r\n"u8.ToArray());
        var head = new StringBuilder();
        var one = new byte[1];
        while (!head.ToString().EndsWith("\r\n\r\n", StringComparison.Ordinal))
        {
            await stream.ReadExactlyAsync(one).AsTask().InTime();
            head.Append((char)one[0]);
        }

        Assert.StartsWith("HTTP/1.1 101 ", head.ToString(), StringComparison.Ordinal);
        using var socket = WebSocket.CreateFromStream(stream, new WebSocketCreationOptions());
        await socket.SendAsync("here"u8.ToArray(), WebSocketMessageType.Text, endOfMessage: true, default).InTime();

        var buffer = new byte[100];
        (int count, _) = await ReceiveAsync(socket, buffer).InTime();
        Assert.Equal("here", Encoding.UTF8.GetString(buffer, 0, count));
        await socket.CloseAsync(WebSocketCloseStatus.NormalClosure, null, default).InTime();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Refusal_of_a_WebSocket_reaches_the_caller(bool http2)
    {
        await using ForwardingHub hub = await ForwardingHub.StartAsync();
        await hub.AddAgentAsync("kiln", app => app.Run(context =>
        {
            context.Response.StatusCode = 403;
            return context.Response.WriteAsync("no");
        }));
        using var socket = new ClientWebSocket();
        socket.Options.CollectHttpResponseDetails = true;

        await Assert.ThrowsAsync<WebSocketException>(() => OpenAsync(hub, "/agents/kiln/ws", http2, socket));

        Assert.Equal(HttpStatusCode.Forbidden, socket.HttpStatusCode);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Caller_that_is_gone_ends_the_WebSocket_at_the_agent(bool http2)
    {
        await using ForwardingHub hub = await ForwardingHub.StartAsync();
        var over = new Signal();
        await hub.AddAgentAsync("kiln", app =>
        {
            app.UseWebSockets();
            app.Run(async context =>
            {
                using WebSocket socket = await context.WebSockets.AcceptWebSocketAsync();
                await EndAsync(socket);
                await context.RequestAborted.CancelledAsync();
                over.Release();
            });
        });
        ClientWebSocket socket = await OpenAsync(hub, "/agents/kiln/ws", http2);

        socket.Abort();
        socket.Dispose();

        await over.NextAsync();
        Assert.Empty(hub.Log.Warnings);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Agent_that_is_lost_ends_the_WebSocket_at_the_caller(bool http2)
    {
        await using ForwardingHub hub = await ForwardingHub.StartAsync();
        await hub.AddAgentAsync("kiln", app =>
        {
            app.UseWebSockets();
            app.Run(async context =>
            {
                using WebSocket socket = await context.WebSockets.AcceptWebSocketAsync();
                await EndAsync(socket);
            });
        });
        using ClientWebSocket socket = await OpenAsync(hub, "/agents/kiln/ws", http2);

        await hub.Registry["kiln"].CloseAsync();

        await Assert.ThrowsAsync<WebSocketException>(() => socket.ReceiveAsync(new byte[1], default).InTime());
    }

    [Fact]
    public async Task Any_protocol_of_an_extended_CONNECT_passes()
    {
        await using ForwardingHub hub = await ForwardingHub.StartAsync();
        await hub.AddAgentAsync("kiln", app => app.Run(async context =>
        {
            IHttpExtendedConnectFeature connect = context.Features.GetRequiredFeature<IHttpExtendedConnectFeature>();
            Stream stream = await connect.AcceptAsync();
            await stream.WriteAsync(Encoding.UTF8.GetBytes(connect.Protocol!));
            await stream.CopyToAsync(stream);
        }));
        using var request = new HttpRequestMessage(HttpMethod.Connect, new Uri(hub.Http2, "/agents/kiln/"))
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Headers = { Protocol = "chat" },
        };

        using HttpResponseMessage response = await hub.Client2.SendAsync(request, HttpCompletionOption.ResponseHeadersRead).InTime();
        await using Stream stream = await response.Content.ReadAsStreamAsync();
        var buffer = new byte[4];
        await stream.ReadExactlyAsync(buffer).InTime();
        Assert.Equal("chat"u8, buffer);
        await stream.WriteAsync("ping"u8.ToArray()).InTime();
        await stream.FlushAsync().InTime();
        await stream.ReadExactlyAsync(buffer).InTime();
        Assert.Equal("ping"u8, buffer);
    }

    [Theory]
    [InlineData("h2c")]
    [InlineData("TLS/1.3")]
    [InlineData("chat, h2c")]
    [InlineData("HTTP/2.0")]
    public async Task Extended_CONNECT_for_what_is_about_the_connection_itself_does_not_pass(string protocol)
    {
        await using ForwardingHub hub = await ForwardingHub.StartAsync();
        await hub.AddAgentAsync("kiln", app => app.Run(async context =>
            await context.Features.GetRequiredFeature<IHttpExtendedConnectFeature>().AcceptAsync()));
        using var request = new HttpRequestMessage(HttpMethod.Connect, new Uri(hub.Http2, "/agents/kiln/"))
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Headers = { Protocol = protocol },
        };

        using HttpResponseMessage response = await hub.Client2.SendAsync(request, HttpCompletionOption.ResponseHeadersRead).InTime();

        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
    }

    [Fact]
    public async Task End_of_what_a_caller_says_leaves_the_answer_of_an_extended_CONNECT_alone()
    {
        await using ForwardingHub hub = await ForwardingHub.StartAsync();
        await hub.AddAgentAsync("kiln", app => app.Run(async context =>
        {
            Stream stream = await context.Features.GetRequiredFeature<IHttpExtendedConnectFeature>().AcceptAsync();
            string said = await new StreamReader(stream).ReadToEndAsync();
            await stream.WriteAsync(Encoding.UTF8.GetBytes($"{said} to the end"));
        }));
        using var invoker = new HttpMessageInvoker(hub.Registry["kiln"].CreateHandler());
        for (int i = 0; i < 3; i++)
        {
            // As the forwarder does when the caller's side ends.
            using var request = new HttpRequestMessage(HttpMethod.Connect, "http://h/") { Headers = { Protocol = "chat" } };
            using HttpResponseMessage response = await invoker.SendAsync(request, default).InTime();
            var stream = Assert.IsType<SocketRest.Http.DuplexStream>(await response.Content.ReadAsStreamAsync());
            await stream.WriteAsync("heard"u8.ToArray()).InTime();
            stream.EndWriting();

            Assert.Equal("heard to the end", await new StreamReader(stream).ReadToEndAsync().InTime());
        }

        await hub.Registry["kiln"].DrainAsync().InTime();
    }

    [Fact]
    public async Task Any_protocol_that_is_offered_passes_with_whatever_follows()
    {
        await using ForwardingHub hub = await ForwardingHub.StartAsync();
        await hub.AddAgentAsync("kiln", app => app.Run(async context =>
        {
            IHttpUpgradeFeature upgrade = context.Features.GetRequiredFeature<IHttpUpgradeFeature>();
            context.Response.Headers.Upgrade = "chat/2";
            context.Response.Headers["X-Seen"] = $"{context.Request.Method} {context.Request.PathBase}{context.Request.Path} {context.Request.Headers.Upgrade}";
            await using Stream stream = await upgrade.UpgradeAsync();
            await stream.CopyToAsync(stream);
        }));
        using RawHttp raw = await hub.ConnectAsync();

        // What a caller says before it is asked to is the other protocol's first word all the same.
        await raw.SendAsync("POST /agents/kiln/line HTTP/1.1\r\nHost: h\r\nConnection: keep-alive, upgrade\r\nUpgrade: h2c, chat/2, other\r\nContent-Length: 0\r\n\r\nfirst");

        string head = await raw.ReadHeadAsync();
        Assert.StartsWith("HTTP/1.1 101 ", head, StringComparison.Ordinal);
        Assert.Contains("\r\nUpgrade: chat/2\r\n", head, StringComparison.OrdinalIgnoreCase);
        Assert.Contains("\r\nX-Seen: POST /agents/kiln/line chat/2\r\n", head, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("socketrest-offer", head, StringComparison.OrdinalIgnoreCase);
        await raw.ReadUntilAsync("first");
        foreach (string said in (string[])["\0\u00ff", "GET / HTTP/1.1\r\n\r\n", new string('x', 70_000)])
        {
            await raw.SendAsync(said);
            Assert.Equal(said, await raw.ReadUntilAsync(said));
        }
    }

    [Fact]
    public async Task Offer_that_the_agent_leaves_is_an_ordinary_request_and_the_connection_goes_on()
    {
        await using ForwardingHub hub = await ForwardingHub.StartAsync();
        await hub.AddAgentAsync("kiln", app => app.Run(context => context.Response.WriteAsync($"{context.Request.Method} {context.Request.Path}.")));
        using RawHttp raw = await hub.ConnectAsync();
        for (int i = 0; i < 3; i++)
        {
            await raw.SendAsync($"GET /agents/kiln/{i} HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: chat\r\n\r\n");

            string head = await raw.ReadHeadAsync();
            Assert.StartsWith("HTTP/1.1 200", head, StringComparison.Ordinal);
            Assert.DoesNotContain("socketrest-offer", head, StringComparison.OrdinalIgnoreCase);
            await raw.ReadUntilAsync($"GET /{i}.\r\n0\r\n\r\n");
        }

        await hub.Registry["kiln"].DrainAsync().InTime();
    }

    [Theory]
    [InlineData("GET", "1.1", "Upgrade: h2c\r\nHTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA\r\n")]
    [InlineData("GET", "1.1", "Upgrade: H2C\r\n")]
    [InlineData("GET", "1.1", "Upgrade: HTTP/2.0\r\n")]
    [InlineData("GET", "1.1", "Upgrade: TLS/1.0, HTTP/1.1\r\n")]
    [InlineData("GET", "1.1", "Upgrade: no token\r\n")]
    [InlineData("GET", "1.1", "")]
    [InlineData("HEAD", "1.1", "Upgrade: chat\r\n")]
    [InlineData("GET", "1.0", "Upgrade: chat\r\n")]
    public async Task Upgrade_that_does_not_travel_is_an_ordinary_request(string method, string version, string fields)
    {
        await using ForwardingHub hub = await ForwardingHub.StartAsync();
        await hub.AddAgentAsync("kiln", app => app.Run(context =>
        {
            context.Response.Headers["X-Seen"] =
                $"{context.Request.Method} {context.Request.Headers.Upgrade}{context.Request.Headers.Connection}{context.Request.Headers["HTTP2-Settings"]} {context.Features.Get<IHttpUpgradeFeature>() is null}";
            return Task.CompletedTask;
        }));
        using RawHttp raw = await hub.ConnectAsync();

        await raw.SendAsync($"{method} /agents/kiln/ HTTP/{version}\r\nHost: h\r\nConnection: Upgrade, HTTP2-Settings\r\n{fields}\r\n");

        string head = await raw.ReadHeadAsync();
        Assert.StartsWith("HTTP/1.1 200", head, StringComparison.Ordinal);
        Assert.Contains($"X-Seen: {method}  True\r\n", head, StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public async Task Nobody_but_a_tunnels_end_makes_an_offer_of_a_CONNECT()
    {
        await using ForwardingHub hub = await ForwardingHub.StartAsync();
        await hub.AddAgentAsync("kiln", app => app.Run(async context =>
        {
            string seen = $"{context.Request.Method} {context.Request.Headers["socketrest-offer"]}.";
            context.Response.Headers["socketrest-offer"] = "declined";
            Stream stream = await context.Features.GetRequiredFeature<IHttpExtendedConnectFeature>().AcceptAsync();
            await stream.WriteAsync(Encoding.UTF8.GetBytes(seen));
        }));
        using var request = new HttpRequestMessage(HttpMethod.Connect, new Uri(hub.Http2, "/agents/kiln/"))
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Headers = { Protocol = "chat" },
        };
        request.Headers.Add("socketrest-offer", "DELETE");

        using HttpResponseMessage response = await hub.Client2.SendAsync(request, HttpCompletionOption.ResponseHeadersRead).InTime();

        Assert.False(response.Headers.Contains("socketrest-offer"));
        Assert.Equal("CONNECT .", await response.Content.ReadAsStringAsync().InTime());
    }

    [Theory]
    [InlineData("GET", "")]
    [InlineData("POST", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n")]
    public async Task Upgrade_to_a_WebSocket_that_is_none_is_refused(string method, string key)
    {
        await using ForwardingHub hub = await ForwardingHub.StartAsync();
        await hub.AddAgentAsync("kiln", app => app.Run(context => context.Response.WriteAsync("agent")));
        using RawHttp raw = await hub.ConnectAsync();

        await raw.SendAsync($"{method} /agents/kiln/ HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n{key}\r\n");

        Assert.StartsWith("HTTP/1.1 400", await raw.ReadHeadAsync(), StringComparison.Ordinal);
    }

    private static async Task<ClientWebSocket> OpenAsync(ForwardingHub hub, string path, bool http2, params string[] subProtocols)
    {
        var socket = new ClientWebSocket();
        foreach (string one in subProtocols)
        {
            socket.Options.AddSubProtocol(one);
        }

        await OpenAsync(hub, path, http2, socket);
        return socket;
    }

    private static async Task OpenAsync(ForwardingHub hub, string path, bool http2, ClientWebSocket socket)
    {
        socket.Options.HttpVersion = http2 ? HttpVersion.Version20 : HttpVersion.Version11;
        socket.Options.HttpVersionPolicy = HttpVersionPolicy.RequestVersionExact;
        using var invoker = new HttpMessageInvoker(new SocketsHttpHandler(), disposeHandler: false);
        await socket.ConnectAsync(new UriBuilder(new Uri(http2 ? hub.Http2 : hub.Http1, path)) { Scheme = "ws" }.Uri, invoker, default).InTime();
    }

    /// <summary>Waits until the WebSocket breaks off.</summary>
    private static async Task EndAsync(WebSocket socket) =>
        await Assert.ThrowsAnyAsync<Exception>(async () => await socket.ReceiveAsync(new byte[1], default).InTime());

    private static async Task<(int Count, WebSocketMessageType Type)> ReceiveAsync(WebSocket socket, byte[] buffer)
    {
        int count = 0;
        while (true)
        {
            ValueWebSocketReceiveResult result = await socket.ReceiveAsync(buffer.AsMemory(count), default);
            count += result.Count;
            if (result.EndOfMessage)
            {
                return (count, result.MessageType);
            }
        }
    }
}
