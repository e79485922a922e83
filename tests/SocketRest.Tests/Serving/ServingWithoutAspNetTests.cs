using System.Net;
using System.Net.Http.Headers;
using System.Text;

namespace SocketRest.Tests.Serving;

/// <summary>The dialling side answers with a delegate over <see cref="HttpRequestMessage"/>: no ASP.NET anywhere.</summary>
public sealed class ServingWithoutAspNetTests : IAsyncLifetime
{
    private readonly Stack<IAsyncDisposable> _open = new();

    [Fact]
    public async Task Request_arrives_as_it_was_sent_and_the_answer_as_it_was_given()
    {
        HttpClient client = await ServeAsync(async (request, cancellationToken) => new HttpResponseMessage((HttpStatusCode)299)
        {
            Content = new StringContent(
                $"{request.Method} {request.RequestUri!.AbsoluteUri} {request.Headers.GetValues("X-One").Single()} "
                + $"{request.Content!.Headers.ContentType} {await request.Content.ReadAsStringAsync(cancellationToken)}"),
            Headers = { { "X-Answer", ["a", "b"] } },
        });
        using var request = new HttpRequestMessage(HttpMethod.Patch, "/a%2Fb/%C3%BC?q=1%202&q") { Content = new StringContent("text", Encoding.UTF8, "text/x-note") };
        request.Headers.Add("X-One", "1");

        using HttpResponseMessage response = await client.SendAsync(request);

        Assert.Equal(299, (int)response.StatusCode);
        Assert.Equal(["a", "b"], response.Headers.GetValues("X-Answer"));
        Assert.Equal("PATCH http://device/a%2Fb/%C3%BC?q=1%202&q 1 text/x-note; charset=utf-8 text", await response.Content.ReadAsStringAsync());
    }

    [Fact]
    public async Task Body_is_echoed_piece_by_piece_while_the_request_goes_on()
    {
        HttpClient client = await ServeAsync(async (request, cancellationToken) => new HttpResponseMessage
        {
            Content = new StreamContent(await request.Content!.ReadAsStreamAsync(cancellationToken)),
        });
        var push = new PushContent();
        using var request = new HttpRequestMessage(HttpMethod.Post, "/") { Content = push };
        Task<HttpResponseMessage> sending = client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        using HttpResponseMessage response = await sending.InTime();
        Stream body = await response.Content.ReadAsStreamAsync();

        var buffer = new byte[100];
        foreach (string piece in new[] { "one", "two", "three" })
        {
            await push.WriteAsync(Encoding.ASCII.GetBytes(piece));

            // What a handler's content writes leaves at once: nobody flushes for it.
            Assert.Equal(piece.Length, await body.ReadAtLeastAsync(buffer, piece.Length).InTime());
            Assert.Equal(piece, Encoding.ASCII.GetString(buffer, 0, piece.Length));
        }

        push.Complete();
        Assert.Equal(0, await body.ReadAsync(buffer).InTime());
    }

    [Fact]
    public async Task Megabytes_go_both_ways_at_once()
    {
        HttpClient client = await ServeAsync(async (request, cancellationToken) => new HttpResponseMessage
        {
            Content = new StreamContent(await request.Content!.ReadAsStreamAsync(cancellationToken)),
        });
        var bytes = new byte[3_000_000];
#pragma warning disable CA5394 // Repeatable, not secret.
        new Random(1).NextBytes(bytes);
#pragma warning restore CA5394

        using HttpResponseMessage response = await client.PostAsync("/", new ByteArrayContent(bytes)).InTime();

        Assert.Equal(bytes, await response.Content.ReadAsByteArrayAsync());
    }

    [Fact]
    public async Task Upgrade_is_refused_unless_the_client_serves_them()
    {
        HttpClient client = await ServeAsync((_, _) => Task.FromResult(new HttpResponseMessage()));

        var refused = await Assert.ThrowsAsync<HttpRequestException>(() => client.SendAsync(Connect()).InTime());

        Assert.Equal(SocketRestErrorCode.MalformedMessage, Assert.IsType<SocketRestException>(refused.InnerException).ErrorCode);
    }

    [Fact]
    public async Task Upgrade_carries_both_directions_at_once_where_the_client_serves_them()
    {
        string? asked = null;
        HttpClient client = await ServeAsync(
            async (request, cancellationToken) =>
            {
                asked = $"{request.Method} {request.Headers.Protocol} {request.RequestUri!.PathAndQuery}";
                return new HttpResponseMessage { Content = new StreamContent(await request.Content!.ReadAsStreamAsync(cancellationToken)) };
            },
            options => options.ServeUpgrades = true);

        using HttpResponseMessage response = await client.SendAsync(Connect(), HttpCompletionOption.ResponseHeadersRead).InTime();
        Stream duplex = await response.Content.ReadAsStreamAsync();

        Assert.Equal("CONNECT echo /line?a=b", asked);
        var buffer = new byte[10];
        foreach (string word in new[] { "one", "three" })
        {
            await duplex.WriteAsync(Encoding.ASCII.GetBytes(word)).AsTask().InTime();
            Assert.Equal(word, Encoding.ASCII.GetString(buffer, 0, await duplex.ReadAtLeastAsync(buffer, word.Length).InTime()));
        }

        await duplex.DisposeAsync();
    }

    [Fact]
    public async Task Upgrade_that_the_handler_refuses_is_its_answer()
    {
        HttpClient client = await ServeAsync(
            (_, _) => Task.FromResult(new HttpResponseMessage(HttpStatusCode.Forbidden) { Content = new StringContent("not here") }), options => options.ServeUpgrades = true);

        using HttpResponseMessage response = await client.SendAsync(Connect()).InTime();

        Assert.Equal((HttpStatusCode.Forbidden, "not here"), (response.StatusCode, await response.Content.ReadAsStringAsync()));
    }

    [Fact]
    public async Task Exception_is_a_500_without_a_body()
    {
        HttpClient client = await ServeAsync((_, _) => throw new InvalidOperationException("secret"));

        using HttpResponseMessage response = await client.GetAsync("/");

        Assert.Equal(HttpStatusCode.InternalServerError, response.StatusCode);
        Assert.Empty(await response.Content.ReadAsByteArrayAsync());
    }

    [Fact]
    public async Task No_response_is_a_500()
    {
        HttpClient client = await ServeAsync((_, _) => Task.FromResult<HttpResponseMessage>(null!));

        using HttpResponseMessage response = await client.GetAsync("/");

        Assert.Equal(HttpStatusCode.InternalServerError, response.StatusCode);
    }

    [Theory]
    [InlineData(200, 70_000)]
    [InlineData(101, 10)]
    [InlineData(0, 10)]
    public async Task Answer_that_cannot_be_expressed_is_a_500(int status, int headerLength)
    {
        HttpClient client = await ServeAsync((_, _) =>
        {
            var response = new HttpResponseMessage((HttpStatusCode)status);
            response.Headers.TryAddWithoutValidation("X-Large", new string('x', headerLength));
            return Task.FromResult(response);
        });

        using HttpResponseMessage response = await client.GetAsync("/");

        Assert.Equal(HttpStatusCode.InternalServerError, response.StatusCode);
    }

    [Fact]
    public async Task Content_that_fails_half_way_is_an_error_of_the_body()
    {
        HttpClient client = await ServeAsync((_, _) =>
        {
            var push = new PushContent();
            _ = FailAsync(push);
            return Task.FromResult(new HttpResponseMessage { Content = push });
        });

        using HttpResponseMessage response = await client.GetAsync("/", HttpCompletionOption.ResponseHeadersRead).InTime();
        HttpIOException exception = await Assert.ThrowsAsync<HttpIOException>(async () =>
            await (await response.Content.ReadAsStreamAsync()).CopyToAsync(Stream.Null).InTime());

        var reason = Assert.IsType<SocketRestException>(exception.InnerException);
        Assert.Equal(SocketRestErrorCode.ApplicationAborted, reason.ErrorCode);
        Assert.Equal(RequestOutcome.Executed, reason.Outcome);

        static async Task FailAsync(PushContent push)
        {
            await push.WriteAsync("half"u8.ToArray());
            push.Fail(new IOException("The disk is gone."));
        }
    }

    [Fact]
    public async Task Content_shorter_than_its_declared_length_is_no_short_success()
    {
        HttpClient client = await ServeAsync((_, _) => Task.FromResult(new HttpResponseMessage
        {
            Content = new StreamContent(new MemoryStream(new byte[10])) { Headers = { ContentLength = 20 } },
        }));

        await Assert.ThrowsAnyAsync<Exception>(() => client.GetByteArrayAsync("/").InTime());
    }

    [Theory]
    [InlineData("HEAD", 200)]
    [InlineData("GET", 204)]
    [InlineData("GET", 304)]
    public async Task Trailers_follow_an_answer_that_has_no_body(string method, int status)
    {
        HttpClient client = await ServeAsync((_, _) => Task.FromResult(new HttpResponseMessage((HttpStatusCode)status) { TrailingHeaders = { { "X-Checksum", "17" } } }));

        using HttpResponseMessage response = await client.SendAsync(new HttpRequestMessage(new HttpMethod(method), "/")).InTime();

        Assert.Empty(await response.Content.ReadAsByteArrayAsync().InTime());
        Assert.Equal("17", response.TrailingHeaders.GetValues("X-Checksum").Single());
    }

    [Fact]
    public async Task Trailers_follow_the_body()
    {
        HttpClient client = await ServeAsync((_, _) => Task.FromResult(new HttpResponseMessage
        {
            Content = new StringContent("body"),
            TrailingHeaders = { { "X-Checksum", "17" } },
        }));

        using HttpResponseMessage response = await client.GetAsync("/");

        Assert.Equal("17", response.TrailingHeaders.GetValues("X-Checksum").Single());
    }

    [Fact]
    public async Task Head_has_the_length_and_no_body()
    {
        HttpClient client = await ServeAsync((request, _) =>
        {
            Assert.Equal(HttpMethod.Head, request.Method);
            return Task.FromResult(new HttpResponseMessage { Content = new StringContent("twelve bytes") });
        });

        using HttpResponseMessage response = await client.SendAsync(new HttpRequestMessage(HttpMethod.Head, "/"));

        Assert.Equal(12, response.Content.Headers.ContentLength);
        Assert.Empty(await response.Content.ReadAsByteArrayAsync());
    }

    [Fact]
    public async Task Content_headers_of_an_empty_body_arrive()
    {
        HttpClient client = await ServeAsync((request, _) => Task.FromResult(new HttpResponseMessage
        {
            Content = new StringContent($"{request.Content?.Headers.ContentType} {request.Content?.Headers.ContentLength}"),
        }));

        using HttpResponseMessage response = await client.PostAsync("/", new ByteArrayContent([])
        {
            Headers = { ContentType = new MediaTypeHeaderValue("application/x-nothing") },
        });

        Assert.Equal("application/x-nothing 0", await response.Content.ReadAsStringAsync());
    }

    [Fact]
    public async Task Cancellation_of_the_caller_fires_the_handlers_token()
    {
        var running = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var cancelled = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        HttpClient client = await ServeAsync(async (_, cancellationToken) =>
        {
            running.SetResult();
            try
            {
                await Task.Delay(Timeout.Infinite, cancellationToken);
            }
            finally
            {
                cancelled.SetResult();
            }

            return new HttpResponseMessage();
        });
        using var giveUp = new CancellationTokenSource();

        Task<HttpResponseMessage> call = client.GetAsync("/", giveUp.Token);
        await running.Task.InTime();
        await giveUp.CancelAsync();

        OperationCanceledException exception = await Assert.ThrowsAnyAsync<OperationCanceledException>(() => call.InTime());
        Assert.Equal(giveUp.Token, exception.CancellationToken);
        await cancelled.Task.InTime();
    }

    [Fact]
    public async Task End_of_the_connection_fires_the_handlers_token()
    {
        var running = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var cancelled = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        HttpClient client = await ServeAsync(async (_, cancellationToken) =>
        {
            await using (cancellationToken.Register(cancelled.SetResult))
            {
                running.SetResult();
                await cancelled.Task.InTime();
                return new HttpResponseMessage();
            }
        });

        Task<HttpResponseMessage> call = client.GetAsync("/");
        await running.Task.InTime();
        await _open.Peek().DisposeAsync();

        await cancelled.Task.InTime();
        var exception = await Assert.ThrowsAsync<HttpRequestException>(() => call.InTime());
        Assert.Equal(RequestOutcome.MaybeExecuted, Assert.IsType<SocketRestException>(exception.InnerException).Outcome);
    }

    [Fact]
    public async Task Upload_that_the_handler_does_not_read_harms_nobody()
    {
        HttpClient client = await ServeAsync((_, _) => Task.FromResult(new HttpResponseMessage(HttpStatusCode.RequestEntityTooLarge)));

        for (int i = 0; i < 20; i++)
        {
            using HttpResponseMessage response = await client.PostAsync("/", new ByteArrayContent(new byte[500_000])).InTime();
            Assert.Equal(HttpStatusCode.RequestEntityTooLarge, response.StatusCode);
        }
    }

    [Theory]
    [InlineData("reads", true)]
    [InlineData("refuses", false)]
    [InlineData("echoes", true)]
    public async Task Content_that_waits_until_it_is_asked_for_is_sent_when_the_handler_reads(string what, bool sent)
    {
        // The caller's clock stands still: no time limit sends the content.
        HttpClient client = await ServeAsync(
            async (request, cancellationToken) => what switch
            {
                "reads" => new HttpResponseMessage { Content = new StringContent(await request.Content!.ReadAsStringAsync(cancellationToken)) },
                "echoes" => new HttpResponseMessage { Content = new StreamContent(await request.Content!.ReadAsStreamAsync(cancellationToken)) },
                _ => new HttpResponseMessage(HttpStatusCode.ExpectationFailed),
            },
            time: new HeldTime());
        bool asked = false;
        using var request = new HttpRequestMessage(HttpMethod.Post, "/") { Content = new CallbackContent(() => asked = true), Headers = { ExpectContinue = true } };

        using HttpResponseMessage response = await client.SendAsync(request).InTime();

        Assert.Equal(sent ? "called" : "", await response.Content.ReadAsStringAsync());
        Assert.Equal(sent, asked);
    }

    [Fact]
    public async Task Invoker_hands_requests_on_through_a_second_tunnel()
    {
        await using var inner = new InMemoryListener((request, _) =>
            Task.FromResult(new HttpResponseMessage { Content = new StringContent($"inner {request.RequestUri!.PathAndQuery}") }));
        await using SocketRestClient second = await SocketRestClient.ConnectAsync(inner.Options());
        using var invoker = new HttpMessageInvoker(second.CreateHandler());
        HttpClient client = await ServeAsync(invoker.SendAsync);

        Assert.Equal("inner /a?b=c", await client.GetStringAsync("/a?b=c").InTime());
        using HttpResponseMessage posted = await client.PostAsync("/up", new ByteArrayContent(new byte[200_000])).InTime();
        Assert.Equal("inner /up", await posted.Content.ReadAsStringAsync());
    }

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync()
    {
        while (_open.TryPop(out IAsyncDisposable? one))
        {
            await one.DisposeAsync();
        }
    }

    private static HttpRequestMessage Connect() => new(HttpMethod.Connect, "/line?a=b") { Headers = { Protocol = "echo" } };

    /// <summary>A client at the accepting side whose calls the dialling side answers.</summary>
    private async Task<HttpClient> ServeAsync(
        Func<HttpRequestMessage, CancellationToken, Task<HttpResponseMessage>> handler,
        Action<SocketRestClientOptions>? configure = null,
        TimeProvider? time = null)
    {
        var listener = new InMemoryListener { Time = time ?? TimeProvider.System };
        _open.Push(listener);
        _open.Push(await SocketRestClient.ConnectAsync(listener.Options(options =>
        {
            options.RequestHandler = handler;
            configure?.Invoke(options);
        })).InTime());
        return new HttpClient((await listener.NextAsync()).CreateHandler()) { BaseAddress = new Uri("http://device/"), Timeout = Patience.Limit };
    }

    private sealed class CallbackContent(Action called) : HttpContent
    {
        protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context)
        {
            called();
            await stream.WriteAsync("called"u8.ToArray());
        }

        protected override bool TryComputeLength(out long length)
        {
            length = 0;
            return false;
        }
    }
}
