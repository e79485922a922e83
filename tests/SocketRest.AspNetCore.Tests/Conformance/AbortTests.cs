using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace SocketRest.AspNetCore.Tests.Conformance;

/// <summary>The application gives up: <c>HttpContext.Abort</c> reaches the caller as an error.</summary>
public abstract class AbortTests<TTransport> : ConformanceTests<TTransport>
    where TTransport : ITransport, new()
{
    [FactIf(Capability.HttpExceptions | Capability.Direct)]
    public async Task Abort_before_the_start_fails_the_request()
    {
        var client = await ServeAsync(context =>
        {
            context.Abort();
            return Task.CompletedTask;
        });

        await Assert.ThrowsAsync<HttpRequestException>(() => client.GetAsync("/").InTime());
    }

    [FactIf(Capability.HttpExceptions | Capability.Direct)]
    public async Task Abort_after_the_start_fails_who_buffers()
    {
        var client = await ServeAsync(AbortAfterStartAsync);

        var exception = await Assert.ThrowsAsync<HttpRequestException>(() => client.GetStringAsync("/").InTime());

        Assert.IsAssignableFrom<IOException>(exception.InnerException);
    }

    [FactIf(Capability.HttpExceptions | Capability.Direct)]
    public async Task Abort_after_the_start_fails_who_streams()
    {
        var goOn = new Signal();
        var client = await ServeAsync(async context =>
        {
            await context.Response.WriteAsync("half");
            await context.Response.Body.FlushAsync();
            await goOn.NextAsync();
            context.Abort();
        });

        using var response = await client.GetAsync("/", HttpCompletionOption.ResponseHeadersRead);
        response.EnsureSuccessStatusCode();
        await using var stream = await response.Content.ReadAsStreamAsync();
        await stream.ReadExactlyAsync(new byte[4]).InTime();
        goOn.Release();

        var exception = await Assert.ThrowsAnyAsync<IOException>(() => stream.ReadAsync(new byte[1]).InTime());
        Assert.True(exception is HttpIOException || !Offers(Capability.HttpIOExceptions));
    }

    [FactIf(Capability.HttpExceptions | Capability.Direct)]
    public async Task Abort_with_a_declared_length_is_no_short_success()
    {
        var client = await ServeAsync(async context =>
        {
            context.Response.ContentLength = 10;
            await AbortAfterStartAsync(context);
        });

        await Assert.ThrowsAsync<HttpRequestException>(() => client.GetByteArrayAsync("/").InTime());
    }

    [FactIf(Capability.HttpExceptions | Capability.Direct)]
    public async Task Abort_during_an_upload_fails_the_request()
    {
        var client = await ServeAsync(async context =>
        {
            await context.Request.Body.ReadExactlyAsync(new byte[4]);
            context.Abort();
        });
        var body = new PushContent();

        var pending = client.PostAsync("/", body);
        await body.WriteAsync("half"u8.ToArray());
        if (!Offers(Capability.FullDuplex))
        {
            // The HTTP/1.1 client notices when it goes on writing or reading.
            body.Complete();
        }

        // Over HTTP/2 the reset stops the copying of the content, and now and then it is that cancellation which comes out first; of a tunnel never.
        var exception = await Record.ExceptionAsync(() => pending.InTime());
        Assert.True(exception is HttpRequestException || (exception is TaskCanceledException && !Offers(Capability.Tunnel)), $"{exception}");
    }

    [Fact]
    public async Task Abort_is_an_error_of_some_kind_everywhere()
    {
        var client = await ServeAsync(AbortAfterStartAsync);

        Assert.NotNull(await Record.ExceptionAsync(() => client.GetStringAsync("/").InTime()));
    }

    [Fact]
    public async Task Abort_fires_the_token_of_the_request()
    {
        var fired = new Signal();
        var client = await ServeAsync(async context =>
        {
            var aborted = context.RequestAborted.CancelledAsync();
            context.Abort();
            await aborted;
            fired.Release();
        });

        await Record.ExceptionAsync(() => client.GetAsync("/").InTime());

        await fired.NextAsync();
    }

    [Fact]
    public async Task Abort_shows_in_the_token_at_once()
    {
        var seen = new TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously);
        var client = await ServeAsync(context =>
        {
            context.Abort();
            seen.SetResult(context.RequestAborted.IsCancellationRequested);
            return Task.CompletedTask;
        });

        await Record.ExceptionAsync(() => client.GetAsync("/").InTime());

        Assert.True(await seen.Task.InTime());
    }

    [Fact]
    public async Task Abort_does_not_harm_the_next_request()
    {
        var client = await ServeAsync(context =>
        {
            if (context.Request.Path == "/abort")
            {
                context.Abort();
                return Task.CompletedTask;
            }

            return context.Response.WriteAsync("fine");
        });

        for (var i = 0; i < 10; i++)
        {
            await Record.ExceptionAsync(() => client.GetAsync("/abort").InTime());
            Assert.Equal("fine", await client.GetStringAsync("/"));
        }
    }

    [FactIf(Capability.Reset | Capability.Direct)]
    public async Task Reset_with_a_code_fails_the_request()
    {
        const int enhanceYourCalm = 0xB;
        var client = await ServeAsync(context =>
        {
            context.Features.GetRequiredFeature<IHttpResetFeature>().Reset(enhanceYourCalm);
            return Task.CompletedTask;
        });

        await Assert.ThrowsAsync<HttpRequestException>(() => client.GetAsync("/").InTime());
    }

    private static async Task AbortAfterStartAsync(HttpContext context)
    {
        await context.Response.WriteAsync("half");
        await context.Response.Body.FlushAsync();
        context.Abort();
    }
}
