using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace SocketRest.AspNetCore.Tests.Conformance;

/// <summary>The caller gives up: it gets its own cancellation back, and the handler's <c>RequestAborted</c> fires.</summary>
public abstract class CancellationTests<TTransport> : ConformanceTests<TTransport>
    where TTransport : ITransport, new()
{
    private readonly Signal _running = new();
    private readonly Signal _aborted = new();

    [Fact]
    public async Task Cancelling_before_the_headers_aborts_the_request()
    {
        var client = await ServeAsync(WaitForAbortAsync);
        using var cancellation = new CancellationTokenSource();

        var pending = client.GetAsync("/", cancellation.Token);
        await _running.NextAsync();
        await cancellation.CancelAsync();

        var exception = await Assert.ThrowsAnyAsync<OperationCanceledException>(() => pending.InTime());
        Assert.Equal(cancellation.Token, exception.CancellationToken);
        await _aborted.NextAsync();
    }

    [Fact]
    public async Task Cancelled_read_of_the_body_frees_its_caller_who_then_disposes()
    {
        var client = await ServeAsync(StartThenWaitForAbortAsync);
        using var cancellation = new CancellationTokenSource();
        using var response = await client.GetAsync("/", HttpCompletionOption.ResponseHeadersRead);
        await using var stream = await response.Content.ReadAsStreamAsync();
        await stream.ReadExactlyAsync(new byte[5]).InTime();

        var read = stream.ReadAsync(new byte[1], cancellation.Token).AsTask();
        await cancellation.CancelAsync();

        var exception = await Assert.ThrowsAnyAsync<OperationCanceledException>(() => read.InTime());
        Assert.Equal(cancellation.Token, exception.CancellationToken);

        // Over HTTP/2 a cancelled read ends only itself (over HTTP/1.1 it ends the connection): it is disposing that aborts.
        response.Dispose();
        await _aborted.NextAsync();
    }

    [Fact]
    public async Task Cancelling_while_the_body_is_buffered_aborts_the_request()
    {
        var client = await ServeAsync(StartThenWaitForAbortAsync);
        using var cancellation = new CancellationTokenSource();

        var pending = client.GetStringAsync("/", cancellation.Token);
        await _running.NextAsync();
        await cancellation.CancelAsync();

        var exception = await Assert.ThrowsAnyAsync<OperationCanceledException>(() => pending.InTime());
        Assert.Equal(cancellation.Token, exception.CancellationToken);
        await _aborted.NextAsync();
    }

    [Fact]
    public async Task Disposing_an_unfinished_response_aborts_the_request()
    {
        var client = await ServeAsync(StartThenWaitForAbortAsync);

        var response = await client.GetAsync("/", HttpCompletionOption.ResponseHeadersRead);
        response.Dispose();

        await _aborted.NextAsync();
    }

    [Fact]
    public async Task Disposing_a_response_ends_a_handler_that_cannot_write_on()
    {
        var client = await ServeAsync(async context =>
        {
            var piece = new byte[65_536];
            while (!context.RequestAborted.IsCancellationRequested)
            {
                try
                {
                    await context.Response.Body.WriteAsync(piece, context.RequestAborted);
                }
                catch (Exception e) when (e is OperationCanceledException or IOException)
                {
                    break;
                }
            }

            _aborted.Release();
        });

        var response = await client.GetAsync("/", HttpCompletionOption.ResponseHeadersRead);
        await using var stream = await response.Content.ReadAsStreamAsync();
        await stream.ReadExactlyAsync(new byte[65_536]).InTime();
        response.Dispose();

        await _aborted.NextAsync();
    }

    [Fact]
    public async Task Handler_that_writes_for_as_long_as_somebody_listens_ends_with_its_caller()
    {
        var client = await ServeAsync(async context =>
        {
            var piece = new byte[1_000];
            try
            {
                while (true)
                {
                    await context.Response.Body.WriteAsync(piece, context.RequestAborted);
                }
            }
            finally
            {
                _aborted.Release();
            }
        });

        var response = await client.GetAsync("/", HttpCompletionOption.ResponseHeadersRead);
        response.Dispose();

        await _aborted.NextAsync();
    }

    [FactIf(Capability.RawTarget)]
    public async Task Cancelled_token_stops_what_the_handler_does_with_the_bodies_before_it_begins()
    {
        var outcome = new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously);
        var client = await ServeAsync(async context =>
        {
            var token = new CancellationToken(canceled: true);
            List<Func<Task>> calls =
            [
                async () => await context.Request.Body.ReadExactlyAsync(new byte[1], token),
                async () => await context.Request.BodyReader.ReadAsync(token),
                async () => await context.Response.WriteAsync("text", token),
                async () => await context.Response.Body.WriteAsync(new byte[1], token),
                async () => await context.Response.Body.WriteAsync(new byte[100_000], token),
                async () => await context.Response.Body.FlushAsync(token),
                async () => await context.Response.BodyWriter.WriteAsync(new byte[1], token),
                async () => await context.Response.BodyWriter.FlushAsync(token),
                async () => await context.Response.StartAsync(token),
            ];
            var ended = 0;
            foreach (var call in calls)
            {
                try
                {
                    await call();
                }
                catch (OperationCanceledException)
                {
                    ended++;
                }
            }

            outcome.SetResult($"{ended} of {calls.Count} {context.Response.HasStarted}");
        });

        using var response = await client.PostAsync("/", new StringContent("body"));

        Assert.Equal("9 of 9 False", await outcome.Task.InTime());
    }

    [Fact]
    public async Task Cancelling_an_upload_is_an_error_to_who_reads_it()
    {
        var outcome = new TaskCompletionSource<Exception?>(TaskCreationOptions.RunContinuationsAsynchronously);
        var client = await ServeAsync(async context =>
        {
            _running.Release();
            outcome.SetResult(await Record.ExceptionAsync(() => context.Request.Body.CopyToAsync(Stream.Null)));
        });
        using var cancellation = new CancellationTokenSource();
        var body = new PushContent();

        var pending = client.PostAsync("/", body, cancellation.Token);
        await body.WriteAsync("half"u8.ToArray());
        await _running.NextAsync();
        await cancellation.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => pending.InTime());
        Assert.NotNull(await outcome.Task.InTime());
    }

    [FactIf(Capability.StrictCancellation)]
    public async Task Cancelled_token_never_reaches_the_application()
    {
        var reached = 0;
        var client = await ServeAsync(context =>
        {
            Interlocked.Increment(ref reached);
            return Task.CompletedTask;
        });

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => client.GetAsync("/", new CancellationToken(canceled: true)).InTime());

        await client.GetAsync("/");
        Assert.Equal(1, reached);
    }

    [Fact]
    public async Task Cancelling_one_request_leaves_the_others_alone()
    {
        var goOn = new Signal();
        var client = await ServeAsync(async context =>
        {
            if (context.Request.Path == "/cancelled")
            {
                await WaitForAbortAsync(context);
                return;
            }

            _running.Release();
            await goOn.NextAsync();
            await context.Response.WriteAsync($"{context.Request.Path} {context.RequestAborted.IsCancellationRequested}");
        });
        using var cancellation = new CancellationTokenSource();

        var others = Enumerable.Range(0, 4).Select(i => client.GetStringAsync($"/{i}")).ToArray();
        var cancelled = client.GetAsync("/cancelled", cancellation.Token);
        for (var i = 0; i < 5; i++)
        {
            await _running.NextAsync();
        }

        await cancellation.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => cancelled.InTime());
        await _aborted.NextAsync();
        goOn.Release(4);

        Assert.Equal(["/0 False", "/1 False", "/2 False", "/3 False"], await Task.WhenAll(others).InTime());
    }

    [FactIf(Capability.StrictCancellation)]
    public async Task Timeout_of_the_client_is_told_from_a_cancellation()
    {
        var host = await StartAsync(app => app.Run(WaitForAbortAsync));
        var client = CreateClient(host);
        client.Timeout = TimeSpan.FromMilliseconds(200);

        // On a busy machine the time may be up before the handler runs: whether that is aborted, the other cases ask.
        var exception = await Assert.ThrowsAsync<TaskCanceledException>(() => client.GetAsync("/").InTime());

        Assert.IsType<TimeoutException>(exception.InnerException);
    }

    [Fact]
    public async Task Cancelling_what_is_pending_aborts_it()
    {
        var client = await ServeAsync(WaitForAbortAsync);

        var pending = client.GetAsync("/");
        await _running.NextAsync();
        client.CancelPendingRequests();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => pending.InTime());
        await _aborted.NextAsync();
    }

    [Fact]
    public async Task Finished_request_was_never_aborted()
    {
        var aborted = new TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously);
        var client = await ServeAsync(context =>
        {
            var token = context.RequestAborted;
            context.Response.OnCompleted(() =>
            {
                aborted.SetResult(token.IsCancellationRequested);
                return Task.CompletedTask;
            });
            return context.Response.WriteAsync("done");
        });

        using (var response = await client.GetAsync("/"))
        {
            Assert.Equal("done", await response.Content.ReadAsStringAsync());
        }

        Assert.False(await aborted.Task.InTime());
    }

    [Fact]
    public async Task Answer_that_comes_after_the_cancellation_harms_nobody()
    {
        var client = await ServeAsync(async context =>
        {
            if (context.Request.Path == "/late")
            {
                await WaitForAbortAsync(context);
                await context.Response.WriteAsync(new string('!', 10_000));
                return;
            }

            await context.Response.WriteAsync("right");
        });

        for (var i = 0; i < 20; i++)
        {
            using var cancellation = new CancellationTokenSource();
            var late = client.GetAsync("/late", cancellation.Token);
            await _running.NextAsync();
            var right = client.GetStringAsync("/");
            await cancellation.CancelAsync();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => late.InTime());
            Assert.Equal("right", await right.InTime());
            Assert.Equal("right", await client.GetStringAsync("/"));
            await _aborted.NextAsync();
        }
    }

    private async Task WaitForAbortAsync(HttpContext context)
    {
        var aborted = context.RequestAborted.CancelledAsync();
        _running.Release();
        await aborted;
        _aborted.Release();
    }

    private async Task StartThenWaitForAbortAsync(HttpContext context)
    {
        await context.Response.WriteAsync("start");
        await context.Response.Body.FlushAsync();
        await WaitForAbortAsync(context);
    }
}
