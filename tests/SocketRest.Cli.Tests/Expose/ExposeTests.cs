using System.IO.Pipelines;
using System.Net;
using System.Net.WebSockets;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using SocketRest.Cli.Configuration;
using SocketRest.Cli.Expose;
using SocketRest.Cli.Tests.Hub;

namespace SocketRest.Cli.Tests.Expose;

public sealed class ExposeTests : IAsyncLifetime
{
    private readonly Stack<IAsyncDisposable> _open = new();

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync()
    {
        while (_open.TryPop(out IAsyncDisposable? one))
            await one.DisposeAsync();
    }

    [Fact]
    public async Task Request_and_answer_pass_as_they_are()
    {
        ExposedService shop = await ExposeAsync();
        using var request = new HttpRequestMessage(HttpMethod.Patch, Raw("/seen/a%2Fb/%2e%2e/%C3%BC/?q=%20x&q"));
        request.Headers.TryAddWithoutValidation("X-One", "1, 2");

        using HttpResponseMessage response = await shop.Http.SendAsync(request);

        Assert.Equal(
            $"PATCH /seen/a%2Fb/%2e%2e/%C3%BC/?q=%20x&q HTTP/1.1 host={Service.Address.Authority} x-one=1, 2", await response.Content.ReadAsStringAsync());
        ExposedRequest seen = await shop.View.RequestAsync();
        Assert.Equal(("PATCH", "/seen/a%2Fb/%2e%2e/%C3%BC/?q=%20x&q", 200, null), (seen.Method, seen.Path, seen.Status, seen.Failure));
        Assert.Equal(response.Content.Headers.ContentLength, seen.BytesOut);
    }

    [Fact]
    public async Task Callers_host_is_passed_on_where_it_is_wanted()
    {
        ExposedService shop = await ExposeAsync(upstream => upstream with { PreserveHost = true });

        Assert.Contains("host=shop.example:81", await shop.Http.GetStringAsync("/seen/"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Service_is_a_step_of_the_callers_trace()
    {
        ExposedService shop = await ExposeAsync();
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(shop.Hub.Address, "/agents/shop/trace"));
        request.Headers.Add("traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01");
        request.Headers.Add("tracestate", "vendor=1");
        request.Headers.Add("baggage", "user=7");

        using HttpResponseMessage response = await shop.Hub.Http.SendAsync(request);

        string[] seen = (await response.Content.ReadAsStringAsync()).Split(' ');
        Assert.Equal(("0af7651916cd43dd8448eb211c80319c", "vendor=1", "user=7"), (seen[0].Split('-')[1], seen[1], seen[2]));
    }

    [Fact]
    public async Task Path_of_the_service_is_put_in_front()
    {
        ExposedService shop = await ExposeAsync(upstream => upstream with { Address = new Uri(upstream.Address, "/seen/api/") });

        Assert.StartsWith("GET /seen/api/pets?a=b ", await shop.Http.GetStringAsync("/pets?a=b"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Certificate_of_the_services_own_making_is_taken_where_that_is_wanted()
    {
        ExposedService strict = await ExposeAsync(protocols: HttpProtocols.Http1AndHttp2, https: true);
        using HttpResponseMessage refused = await strict.Http.GetAsync("/seen/");
        Assert.Equal(HttpStatusCode.BadGateway, refused.StatusCode);
        Assert.Contains("--insecure", await refused.Content.ReadAsStringAsync(), StringComparison.Ordinal);

        ExposedService shop = await ExposeAsync(upstream => upstream with { Insecure = true }, HttpProtocols.Http1AndHttp2, https: true);
        Assert.StartsWith("GET /seen/ HTTP/2 ", await shop.Http.GetStringAsync("/seen/"), StringComparison.Ordinal);
        using var socket = new ClientWebSocket();
        await socket.ConnectAsync(new Uri("ws://shop/socket"), shop.Invoker, CancellationToken.None).InTime();
        await socket.CloseAsync(WebSocketCloseStatus.NormalClosure, "", CancellationToken.None).InTime();
    }

    [Fact]
    public async Task Redirects_cookies_and_codings_are_the_callers_business()
    {
        ExposedService shop = await ExposeAsync();

        using HttpResponseMessage redirect = await shop.Http.GetAsync("/redirect");
        Assert.Equal((HttpStatusCode.Found, "/seen/elsewhere"), (redirect.StatusCode, redirect.Headers.Location!.OriginalString));
        using HttpResponseMessage cookie = await shop.Http.GetAsync("/cookie");
        Assert.Equal("a=b", cookie.Headers.GetValues("Set-Cookie").Single());
        Assert.Equal("had ''", await shop.Http.GetStringAsync("/cookie"));
        Assert.Equal("not gzip at all", await shop.Http.GetStringAsync("/coded"));
    }

    [Fact]
    public async Task Fields_of_the_connection_to_the_service_stay_there()
    {
        ExposedService shop = await ExposeAsync();

        using HttpResponseMessage response = await shop.Http.GetAsync("/hop");

        Assert.False(response.Headers.Contains("X-Hop"));
        Assert.True(response.Headers.Contains("X-End"));
    }

    [Fact]
    public async Task Connection_may_name_whatever_it_likes()
    {
        ExposedService shop = await ExposeAsync();

        using HttpResponseMessage response = await shop.Http.GetAsync("/odd-hop").InTime();

        Assert.Equal((HttpStatusCode.OK, "odd"), (response.StatusCode, await response.Content.ReadAsStringAsync()));
        Assert.False(response.Headers.Contains("X-Hop"));
        Assert.Null((await shop.View.RequestAsync()).Failure);
    }

    [Fact]
    public async Task Fields_pass_in_UTF_8_from_the_caller_to_the_service_and_back()
    {
        ExposedService shop = await ExposeAsync();
        using var handler = new SocketsHttpHandler
        {
            RequestHeaderEncodingSelector = (_, _) => Encoding.UTF8,
            ResponseHeaderEncodingSelector = (_, _) => Encoding.UTF8,
        };
        using var http = new HttpMessageInvoker(handler);
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(shop.Hub.Address, "/agents/shop/file"));
        request.Headers.TryAddWithoutValidation("X-Name", "Brennöfen");

        using HttpResponseMessage response = await http.SendAsync(request, CancellationToken.None).InTime();

        Assert.Equal("asked for Brennöfen", await response.Content.ReadAsStringAsync().InTime());
        Assert.Equal("attachment; filename=\"Öfen.csv\"", response.Content.Headers.NonValidated["Content-Disposition"].ToString());
    }

    [Fact]
    public async Task Answer_passes_piece_by_piece()
    {
        ExposedService shop = await ExposeAsync();

        using HttpResponseMessage response = await shop.Http.GetAsync("/wait", HttpCompletionOption.ResponseHeadersRead);
        using var body = new StreamReader(await response.Content.ReadAsStreamAsync());
        var first = new char["waits, ".Length];
        Assert.Equal(first.Length, await body.ReadBlockAsync(first).InTime());
        Service.GoOn.SetResult();

        Assert.Equal("went on", await body.ReadToEndAsync().InTime());
    }

    [Fact]
    public async Task Bodies_pass_piece_by_piece_both_ways_at_once()
    {
        ExposedService shop = await ExposeAsync(protocols: HttpProtocols.Http2);
        var push = new Pipe();
        using var request = new HttpRequestMessage(HttpMethod.Post, "/echo") { Content = new FlushedContent(push.Reader) };
        using HttpResponseMessage response = await shop.Http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        Assert.True(response.IsSuccessStatusCode, $"{response}");
        Stream body = await response.Content.ReadAsStreamAsync();

        var buffer = new byte[100];
        foreach (string piece in new[] { "one", "two", "three" })
        {
            await push.Writer.WriteAsync(Encoding.ASCII.GetBytes(piece));
            Assert.Equal(piece.Length, await body.ReadAtLeastAsync(buffer, piece.Length).InTime());
            Assert.Equal(piece, Encoding.ASCII.GetString(buffer, 0, piece.Length));
        }

        await push.Writer.CompleteAsync();
        Assert.Equal(0, await body.ReadAsync(buffer).InTime());
        ExposedRequest seen = await shop.View.RequestAsync();
        Assert.Equal((11, 11), (seen.BytesIn, seen.BytesOut));
    }

    [Theory]
    [InlineData(HttpProtocols.Http1)]
    [InlineData(HttpProtocols.Http2)]
    public async Task Megabytes_arrive_whole(HttpProtocols protocols)
    {
        ExposedService shop = await ExposeAsync(protocols: protocols);
        byte[] bytes = [.. Enumerable.Range(0, 3_000_000).Select(i => (byte)(i * 31 >> 4))];

        using HttpResponseMessage response = await shop.Http.PostAsync("/echo", new ByteArrayContent(bytes));

        Assert.Equal(bytes, await response.Content.ReadAsByteArrayAsync());
    }

    [Fact]
    public async Task Trailers_follow_the_body()
    {
        ExposedService shop = await ExposeAsync(protocols: HttpProtocols.Http2);

        using HttpResponseMessage response = await shop.Http.GetAsync("/trailers");

        Assert.Equal("body", await response.Content.ReadAsStringAsync());
        Assert.Equal("0", response.TrailingHeaders.GetValues("grpc-status").Single());
    }

    [Fact]
    public async Task Service_that_speaks_HTTP2_only_is_spoken_to_in_HTTP2()
    {
        ExposedService shop = await ExposeAsync(protocols: HttpProtocols.Http2);

        Assert.StartsWith("GET /seen/a%2Fb HTTP/2 ", await shop.Http.GetStringAsync("/seen/a%2Fb"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(HttpProtocols.Http1)]
    [InlineData(HttpProtocols.Http2)]
    public async Task WebSocket_passes_with_its_subprotocol_and_its_end(HttpProtocols protocols)
    {
        ExposedService shop = await ExposeAsync(protocols: protocols);
        using var socket = new ClientWebSocket();
        socket.Options.AddSubProtocol("chat");
        await socket.ConnectAsync(new Uri("ws://shop/socket"), shop.Invoker, CancellationToken.None).InTime();

        Assert.Equal("chat", socket.SubProtocol);
        var buffer = new byte[100];
        foreach (string word in new[] { "one", "three" })
        {
            await socket.SendAsync(Encoding.ASCII.GetBytes(word), WebSocketMessageType.Text, endOfMessage: true, CancellationToken.None).InTime();
            WebSocketReceiveResult received = await socket.ReceiveAsync(buffer, CancellationToken.None).InTime();
            Assert.Equal(word, Encoding.ASCII.GetString(buffer, 0, received.Count));
        }

        await socket.CloseAsync(WebSocketCloseStatus.NormalClosure, "", CancellationToken.None).InTime();
        Assert.Equal("bye", socket.CloseStatusDescription);
        ExposedRequest seen = await shop.View.RequestAsync();
        Assert.Equal(("websocket", "/socket", 101, null), (seen.Method, seen.Path, seen.Status, seen.Failure));
        Assert.True(seen is { BytesIn: > 8, BytesOut: > 8 });
    }

    [Theory]
    [InlineData(HttpProtocols.Http1)]
    [InlineData(HttpProtocols.Http2)]
    public async Task WebSocket_passes_through_hub_and_agent_to_the_service(HttpProtocols protocols)
    {
        ExposedService shop = await ExposeAsync(protocols: protocols);
        using var socket = new ClientWebSocket();
        await socket.ConnectAsync(new Uri($"ws://{shop.Hub.Address.Authority}/agents/shop/socket"), CancellationToken.None).InTime();

        var sent = new byte[200_000];
        Array.Fill(sent, (byte)'x');
        Task sending = socket.SendAsync(sent, WebSocketMessageType.Binary, endOfMessage: true, CancellationToken.None);
        using var received = new MemoryStream();
        var buffer = new byte[10_000];
        WebSocketReceiveResult piece;
        do
        {
            piece = await socket.ReceiveAsync(buffer, CancellationToken.None).InTime();
            received.Write(buffer, 0, piece.Count);
        }
        while (!piece.EndOfMessage);
        await sending.InTime();

        Assert.Equal(sent, received.ToArray());
        await socket.CloseAsync(WebSocketCloseStatus.NormalClosure, "", CancellationToken.None).InTime();
        Assert.Equal("bye", socket.CloseStatusDescription);
    }

    [Fact]
    public async Task Body_beyond_Kestrels_limit_passes_through_the_hub()
    {
        ExposedService shop = await ExposeAsync();

        using HttpResponseMessage response = await shop.Hub.Http.PostAsync("/agents/shop/count", new ByteArrayContent(new byte[31_000_000])).InTime();

        Assert.Equal("31000000", await response.Content.ReadAsStringAsync());
    }

    [Theory]
    [InlineData(HttpProtocols.Http1)]
    [InlineData(HttpProtocols.Http2)]
    public async Task WebSocket_that_the_service_refuses_is_refused(HttpProtocols protocols)
    {
        ExposedService shop = await ExposeAsync(protocols: protocols);
        using var socket = new ClientWebSocket { Options = { CollectHttpResponseDetails = true } };

        await Assert.ThrowsAsync<WebSocketException>(() => socket.ConnectAsync(new Uri("ws://shop/none"), shop.Invoker, CancellationToken.None).InTime());

        Assert.Equal(HttpStatusCode.NotFound, socket.HttpStatusCode);
    }

    [Fact]
    public async Task Caller_who_leaves_a_WebSocket_without_a_word_leaves_the_service()
    {
        ExposedService shop = await ExposeAsync();
        using (var socket = new ClientWebSocket())
        {
            await socket.ConnectAsync(new Uri("ws://shop/socket"), shop.Invoker, CancellationToken.None).InTime();
            socket.Abort();
        }

        Assert.Equal(101, (await shop.View.RequestAsync()).Status);
    }

    [Fact]
    public async Task Service_that_is_not_there_is_a_502_with_the_reason()
    {
        ExposedService shop = await ExposeAsync();
        await Service.DisposeAsync();

        using HttpResponseMessage response = await shop.Http.PostAsync("/echo", new StringContent("body"));

        Assert.Equal(HttpStatusCode.BadGateway, response.StatusCode);
        Assert.Equal("application/problem+json", response.Content.Headers.ContentType!.MediaType);
        JsonElement problem = JsonDocument.Parse(await response.Content.ReadAsStringAsync()).RootElement;
        Assert.Contains("Connection refused", problem.GetProperty("detail").GetString(), StringComparison.Ordinal);
        ExposedRequest seen = await shop.View.RequestAsync();
        Assert.Equal(502, seen.Status);
        Assert.Contains("Connection refused", seen.Failure, StringComparison.Ordinal);

        using var socket = new ClientWebSocket { Options = { CollectHttpResponseDetails = true } };
        await Assert.ThrowsAsync<WebSocketException>(() => socket.ConnectAsync(new Uri("ws://shop/socket"), shop.Invoker, CancellationToken.None).InTime());
        Assert.Equal(HttpStatusCode.BadGateway, socket.HttpStatusCode);
    }

    [Fact]
    public async Task Answer_that_breaks_off_is_no_short_success()
    {
        ExposedService shop = await ExposeAsync();

        await Assert.ThrowsAsync<HttpRequestException>(() => shop.Http.GetStringAsync("/broken"));

        Assert.NotNull((await shop.View.RequestAsync()).Failure);
    }

    [Fact]
    public async Task Caller_who_gives_up_is_felt_by_the_service()
    {
        ExposedService shop = await ExposeAsync();
        using var giveUp = new CancellationTokenSource();
        Task<HttpResponseMessage> call = shop.Http.GetAsync("/wait", giveUp.Token);
        await Service.Waiting.Task.InTime();

        await giveUp.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => call);
        await Service.Gone.Task.InTime();
        Assert.Equal((200, "the caller gave up"), await shop.View.RequestAsync() is { } seen ? (seen.Status, seen.Failure) : default);
    }

    [Fact]
    public async Task Head_has_no_body_and_is_seen_all_the_same()
    {
        ExposedService shop = await ExposeAsync();

        using HttpResponseMessage response = await shop.Http.SendAsync(new HttpRequestMessage(HttpMethod.Head, "/seen/"));

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal(("HEAD", 0), await shop.View.RequestAsync() is { } seen ? (seen.Method, seen.BytesOut) : default);
    }

    [Fact]
    public async Task Interruption_lets_running_requests_finish()
    {
        ExposedService shop = await ExposeAsync();
        Task<string> call = shop.Http.GetStringAsync("/wait");
        await Service.Waiting.Task.InTime();

        await shop.InterruptAsync();
        Assert.Contains("1 request still runs", await shop.View.OfflineAsync("draining"), StringComparison.Ordinal);
        Service.GoOn.SetResult();

        Assert.Equal("waits, went on", await call.InTime());
        await shop.Running.InTime();
        await shop.View.OfflineAsync("ended");
    }

    [Fact]
    public async Task Addresses_are_those_that_the_hub_says()
    {
        ExposedService shop = await ExposeAsync(hub: new SocketRest.Cli.Hub.HubOptions { PublicHosts = ["hub.localhost"] });

        Assert.Equal([new Uri($"http://shop.hub.localhost:{shop.Hub.Address.Port}/"), new Uri(shop.Hub.Address, "/agents/shop/")], shop.Addresses);
    }

    [Fact]
    public async Task Name_that_is_not_for_the_key_ends_the_command_with_the_hubs_reason()
    {
        using var folder = new TemporaryFolder();
        string key = await RunningHub.AddKeyAsync(folder.File("hub.keys"), SocketRest.Cli.Keys.KeyKind.Agent, "till");
        await using RunningHub hub = await RunningHub.StartAsync(new SocketRest.Cli.Hub.HubOptions { KeysFile = folder.File("hub.keys") });

        var run = new CommandRun { Variables = { ["SOCKETREST_KEY"] = key } };
        await run.InvokeAsync("expose", "3000", "--hub", hub.Address.ToString(), "--name", "shop");

        Assert.Equal((int)ExitCode.Refused, run.ExitCode);
        Assert.Contains("it is for till", run.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--name", "expose", "3000", "--hub", "ws://127.0.0.1:1")]
    [InlineData("--hub", "expose", "3000", "--name", "shop")]
    [InlineData("ftp://hub", "expose", "3000", "--name", "shop", "--hub", "ftp://hub")]
    [InlineData("a_b", "expose", "3000", "--name", "a_b", "--hub", "ws://127.0.0.1:1")]
    [InlineData("localhost:3000", "expose", "localhost:3000", "--name", "shop", "--hub", "ws://127.0.0.1:1")]
    [InlineData("site", "expose", "3000", "--name", "shop", "--hub", "ws://127.0.0.1:1", "--metadata", "site")]
    [InlineData("--key", "expose", "3000", "--name", "shop", "--hub", "ws://127.0.0.1:1", "--key", "two words")]
    [InlineData("--key", "expose", "3000", "--name", "shop", "--hub", "ws://127.0.0.1:1", "--key", "")]
    [InlineData("--hub", "expose", "3000", "--name", "shop", "--hub", "")]
    [InlineData("--name", "expose", "3000", "--name", "", "--hub", "ws://127.0.0.1:1")]
    [InlineData("--name", "expose", "3000", "--name", "a", "--name", "b", "--hub", "ws://127.0.0.1:1")]
    [InlineData("--metadata", "expose", "3000", "--name", "shop", "--hub", "ws://127.0.0.1:1", "--metadata", "")]
    [InlineData("a=2", "expose", "3000", "--name", "shop", "--hub", "ws://127.0.0.1:1", "--metadata", "a=1", "--metadata", "a=2")]
    [InlineData("'0'", "expose", "0", "--name", "shop", "--hub", "ws://127.0.0.1:1")]
    [InlineData("''", "expose", "", "--name", "shop", "--hub", "ws://127.0.0.1:1")]
    [InlineData("nah", "expose", "3000", "--name", "shop", "--hub", "ws://127.0.0.1:1", "--h2c", "nah")]
    public async Task What_is_wrong_is_named(string what, params string[] arguments)
    {
        CommandRun run = await CommandRun.RunAsync(arguments);

        Assert.Equal((int)ExitCode.Usage, run.ExitCode);
        Assert.Contains(what, run.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("two words", run.Error, StringComparison.Ordinal);
    }

    private LocalService Service { get; set; } = null!;

    private static Uri Raw(string target) => new("http://shop.example:81" + target, new UriCreationOptions { DangerousDisablePathAndQueryCanonicalization = true });

    private async Task<ExposedService> ExposeAsync(
        Func<UpstreamOptions, UpstreamOptions>? change = null, HttpProtocols protocols = HttpProtocols.Http1, SocketRest.Cli.Hub.HubOptions? hub = null, bool https = false)
    {
        _open.Push(Service = await LocalService.StartAsync(protocols, https));
        var upstream = new UpstreamOptions { Address = Service.Address, Http2 = protocols == HttpProtocols.Http2 };
        ExposedService exposed = await ExposedService.StartAsync(change?.Invoke(upstream) ?? upstream, options: hub);
        _open.Push(exposed);
        return exposed;
    }

    /// <summary>Sends each piece when it is there.</summary>
    private sealed class FlushedContent(PipeReader from) : HttpContent
    {
        protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context)
        {
            while (await from.ReadAsync() is { Buffer: { IsEmpty: false } buffer })
            {
                foreach (ReadOnlyMemory<byte> piece in buffer)
                    await stream.WriteAsync(piece);
                from.AdvanceTo(buffer.End);
                await stream.FlushAsync();
            }
        }

        protected override bool TryComputeLength(out long length)
        {
            length = 0;
            return false;
        }
    }
}
