using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace SocketRest.AspNetCore.Tests.Conformance;

/// <summary>The application throws: a 500 while nothing was sent, an error at the caller afterwards.</summary>
public abstract class ExceptionTests<TTransport> : ConformanceTests<TTransport>
    where TTransport : ITransport, new()
{
    [TheoryIf(Capability.HttpExceptions)]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Exception_before_the_start_is_a_500_without_a_body(bool synchronous)
    {
        var client = await ServeAsync(async context =>
        {
            context.Response.StatusCode = 201;
            context.Response.Headers["X-Half"] = "done";
            if (!synchronous)
            {
                await Task.Yield();
            }

            throw new InvalidOperationException("secret");
        });

        using var response = await client.GetAsync("/");

        Assert.Equal(HttpStatusCode.InternalServerError, response.StatusCode);
        Assert.Equal(0, response.Content.Headers.ContentLength);
        Assert.Empty(await response.Content.ReadAsByteArrayAsync());
        Assert.False(response.Headers.Contains("X-Half"));
    }

    [Fact]
    public async Task Exception_handler_of_the_application_makes_the_answer()
    {
        var client = await ServeAsync(app =>
        {
            app.UseExceptionHandler(new ExceptionHandlerOptions
            {
                ExceptionHandler = context =>
                {
                    context.Response.StatusCode = 503;
                    return context.Response.WriteAsync("sorry");
                },
            });
            app.Run(_ => throw new InvalidOperationException("secret"));
        });

        using var response = await client.GetAsync("/");

        Assert.Equal(HttpStatusCode.ServiceUnavailable, response.StatusCode);
        Assert.Equal("sorry", await response.Content.ReadAsStringAsync());
    }

    [FactIf(Capability.HttpExceptions | Capability.Direct)]
    public async Task Exception_after_the_start_fails_who_buffers()
    {
        var client = await ServeAsync(ThrowAfterStartAsync);

        var exception = await Assert.ThrowsAsync<HttpRequestException>(() => client.GetStringAsync("/").InTime());

        Assert.IsAssignableFrom<IOException>(exception.InnerException);
    }

    [FactIf(Capability.HttpExceptions | Capability.Direct)]
    public async Task Exception_after_the_start_fails_who_streams()
    {
        var client = await ServeAsync(ThrowAfterStartAsync);

        using var response = await client.GetAsync("/", HttpCompletionOption.ResponseHeadersRead);
        await using var stream = await response.Content.ReadAsStreamAsync();

        var exception = await Assert.ThrowsAnyAsync<IOException>(() => stream.CopyToAsync(Stream.Null).InTime());
        Assert.True(exception is HttpIOException || !Offers(Capability.HttpIOExceptions));
    }

    [FactIf(Capability.HttpExceptions | Capability.Direct)]
    public async Task Exception_after_the_start_fails_in_spite_of_an_exception_handler()
    {
        var client = await ServeAsync(app =>
        {
            app.UseExceptionHandler(new ExceptionHandlerOptions { ExceptionHandler = context => context.Response.WriteAsync("too late") });
            app.Run(ThrowAfterStartAsync);
        });

        await Assert.ThrowsAsync<HttpRequestException>(() => client.GetStringAsync("/").InTime());
    }

    [Fact]
    public async Task Exception_after_the_start_is_an_error_of_some_kind_everywhere()
    {
        var client = await ServeAsync(ThrowAfterStartAsync);

        Assert.NotNull(await Record.ExceptionAsync(() => client.GetStringAsync("/").InTime()));
    }

    [FactIf(Capability.HttpExceptions)]
    public async Task Bad_request_exception_sets_its_own_status()
    {
        var client = await ServeAsync(_ => throw new BadHttpRequestException("no tea", StatusCodes.Status418ImATeapot));

        using var response = await client.GetAsync("/");

        Assert.Equal(418, (int)response.StatusCode);
        Assert.Empty(await response.Content.ReadAsByteArrayAsync());
    }

    [FactIf(Capability.HttpExceptions)]
    public async Task Cancellation_that_nobody_asked_for_is_a_500()
    {
        var client = await ServeAsync(_ => throw new OperationCanceledException("of the application's own"));

        using var response = await client.GetAsync("/");

        Assert.Equal(HttpStatusCode.InternalServerError, response.StatusCode);
    }

    [FactIf(Capability.HttpExceptions)]
    public async Task Exception_in_a_starting_callback_is_a_500()
    {
        var client = await ServeAsync(context =>
        {
            context.Response.OnStarting(() => throw new InvalidOperationException("secret"));
            return Task.CompletedTask;
        });

        using var response = await client.GetAsync("/");

        Assert.Equal(HttpStatusCode.InternalServerError, response.StatusCode);
    }

    [TheoryIf(Capability.HttpExceptions)]
    [InlineData("writes")]
    [InlineData("starts")]
    [InlineData("completes")]
    public async Task Exception_in_a_starting_callback_is_a_500_whatever_its_handler_makes_of_it(string handler)
    {
        var client = await ServeAsync(async context =>
        {
            context.Response.OnStarting(() => throw new InvalidOperationException("secret"));
            for (var i = 0; i < 2; i++)
            {
                await Record.ExceptionAsync(() => handler switch
                {
                    "writes" => context.Response.WriteAsync("fine"),
                    "starts" => context.Response.StartAsync(),
                    _ => context.Response.CompleteAsync(),
                });
            }
        });

        using var response = await client.GetAsync("/");

        Assert.Equal(HttpStatusCode.InternalServerError, response.StatusCode);
        Assert.Empty(await response.Content.ReadAsByteArrayAsync());
    }

    [FactIf(Capability.HttpExceptions)]
    public async Task Reader_completed_with_an_error_is_a_500()
    {
        var client = await ServeAsync(context =>
        {
            context.Request.BodyReader.Complete(new InvalidOperationException("secret"));
            return Task.CompletedTask;
        });

        using var response = await client.PostAsync("/", new StringContent("body"));

        Assert.Equal(HttpStatusCode.InternalServerError, response.StatusCode);
    }

    [FactIf(Capability.HttpExceptions)]
    public async Task Exception_in_a_completed_callback_harms_no_answer()
    {
        var ran = new Signal();
        var client = await ServeAsync(context =>
        {
            context.Response.OnCompleted(() =>
            {
                ran.Release();
                return Task.CompletedTask;
            });
            context.Response.OnCompleted(() => throw new InvalidOperationException("secret"));
            return context.Response.WriteAsync("fine");
        });

        Assert.Equal("fine", await client.GetStringAsync("/"));
        await ran.NextAsync();
        Assert.Equal("fine", await client.GetStringAsync("/"));
    }

    [FactIf(Capability.HttpExceptions)]
    public async Task Exception_with_an_unread_upload_is_a_500()
    {
        var client = await ServeAsync(_ => throw new InvalidOperationException("secret"));

        using var response = await client.PostAsync("/", new ByteArrayContent(Payload.Bytes(500_000)));

        Assert.Equal(HttpStatusCode.InternalServerError, response.StatusCode);
    }

    [Fact]
    public async Task Exception_does_not_harm_the_next_request()
    {
        var client = await ServeAsync(context => context.Request.Path.Value switch
        {
            "/throw" => throw new InvalidOperationException("secret"),
            "/late" => ThrowAfterStartAsync(context),
            _ => context.Response.WriteAsync("fine"),
        });

        for (var i = 0; i < 10; i++)
        {
            await Record.ExceptionAsync(() => client.GetStringAsync("/throw").InTime());
            await Record.ExceptionAsync(() => client.GetStringAsync("/late").InTime());
            Assert.Equal("fine", await client.GetStringAsync("/"));
        }
    }

    private static async Task ThrowAfterStartAsync(HttpContext context)
    {
        await context.Response.WriteAsync("half");
        await context.Response.Body.FlushAsync();
        throw new InvalidOperationException("secret");
    }
}
