using System.Globalization;
using System.Net;
using Microsoft.AspNetCore.Http;

namespace SocketRest.AspNetCore.Tests.Conformance;

/// <summary>A body that breaks its declared length is an error at both ends, never a short success.</summary>
public abstract class ContentLengthTests<TTransport> : ConformanceTests<TTransport>
    where TTransport : ITransport, new()
{
    [FactIf(Capability.EnforcesContentLength | Capability.Direct)]
    public async Task Too_few_bytes_are_an_error_at_the_caller()
    {
        var client = await ServeAsync(async context =>
        {
            context.Response.ContentLength = 10;
            await context.Response.WriteAsync("short");
        });

        var exception = await Assert.ThrowsAsync<HttpRequestException>(() => client.GetStringAsync("/"));

        Assert.IsAssignableFrom<IOException>(exception.InnerException);
    }

    [FactIf(Capability.EnforcesContentLength | Capability.Direct)]
    public async Task Too_few_bytes_are_an_error_to_who_streams()
    {
        var client = await ServeAsync(async context =>
        {
            context.Response.ContentLength = 10;
            await context.Response.WriteAsync("short");
        });

        using var response = await client.GetAsync("/", HttpCompletionOption.ResponseHeadersRead);
        await using var stream = await response.Content.ReadAsStreamAsync();

        var exception = await Assert.ThrowsAnyAsync<IOException>(() => stream.CopyToAsync(Stream.Null).InTime());
        Assert.True(exception is HttpIOException || !Offers(Capability.HttpIOExceptions));
    }

    [FactIf(Capability.EnforcesContentLength)]
    public async Task No_bytes_at_all_are_no_success()
    {
        var client = await ServeAsync(context =>
        {
            context.Response.ContentLength = 10;
            return Task.CompletedTask;
        });

        // Nothing was sent yet, so that there is still room for a 500.
        using var response = await client.GetAsync("/");

        Assert.Equal(HttpStatusCode.InternalServerError, response.StatusCode);
    }

    [FactIf(Capability.EnforcesContentLength)]
    public async Task Length_that_a_starting_callback_declares_is_held_to()
    {
        var client = await ServeAsync(context =>
        {
            context.Response.OnStarting(() =>
            {
                context.Response.ContentLength = 5;
                return Task.CompletedTask;
            });
            return Task.CompletedTask;
        });

        using var response = await client.GetAsync("/");

        Assert.Equal(HttpStatusCode.InternalServerError, response.StatusCode);
    }

    [FactIf(Capability.EnforcesContentLength | Capability.EarlyCompletion | Capability.Direct)]
    public async Task Completing_with_too_few_bytes_throws_in_the_handler()
    {
        var thrown = new TaskCompletionSource<Exception?>(TaskCreationOptions.RunContinuationsAsynchronously);
        var client = await ServeAsync(async context =>
        {
            context.Response.ContentLength = 10;
            await context.Response.WriteAsync("short");
            thrown.SetResult(await Record.ExceptionAsync(() => context.Response.CompleteAsync()));
        });

        await Assert.ThrowsAsync<HttpRequestException>(() => client.GetStringAsync("/"));

        Assert.IsType<InvalidOperationException>(await thrown.Task.InTime());
    }

    [TheoryIf(Capability.EnforcesContentLength)]
    [InlineData(204, 0L, null)]
    [InlineData(205, null, 0L)]
    public async Task Length_is_what_a_status_without_a_body_allows(int status, long? declared, long? expected)
    {
        var client = await ServeAsync(context =>
        {
            context.Response.StatusCode = status;
            context.Response.ContentLength = declared;
            return context.Response.StartAsync();
        });

        using var response = await client.GetAsync("/");

        Assert.Equal(status, (int)response.StatusCode);
        Assert.Equal(expected is not null, response.Content.Headers.NonValidated.TryGetValues("Content-Length", out var values));
        Assert.Equal(expected?.ToString(CultureInfo.InvariantCulture) ?? "", values.ToString());
    }

    [TheoryIf(Capability.EnforcesContentLength)]
    [InlineData(204)]
    [InlineData(205)]
    public async Task Length_with_a_status_that_has_no_body_is_the_handlers_mistake(int status)
    {
        var thrown = new TaskCompletionSource<Exception?>(TaskCreationOptions.RunContinuationsAsynchronously);
        var client = await ServeAsync(async context =>
        {
            context.Response.StatusCode = status;
            context.Response.ContentLength = 5;
            thrown.SetResult(await Record.ExceptionAsync(() => context.Response.StartAsync()));
        });

        using var response = await client.GetAsync("/");

        Assert.Equal(HttpStatusCode.InternalServerError, response.StatusCode);
        Assert.IsType<InvalidOperationException>(await thrown.Task.InTime());
    }

    [FactIf(Capability.EnforcesContentLength)]
    public async Task Too_many_bytes_throw_at_the_write_that_exceeds()
    {
        var thrown = new TaskCompletionSource<Exception?>(TaskCreationOptions.RunContinuationsAsynchronously);
        var client = await ServeAsync(async context =>
        {
            context.Response.ContentLength = 4;
            await context.Response.WriteAsync("1234");
            thrown.SetResult(await Record.ExceptionAsync(() => context.Response.WriteAsync("5")));
        });

        // Who catches the exception has answered what was declared.
        Assert.Equal("1234", await client.GetStringAsync("/"));
        Assert.IsType<InvalidOperationException>(await thrown.Task.InTime());
    }

    [FactIf(Capability.EnforcesContentLength)]
    public async Task Too_many_bytes_in_the_first_write_are_a_500()
    {
        var client = await ServeAsync(context =>
        {
            context.Response.ContentLength = 4;
            return context.Response.Body.WriteAsync("12345"u8.ToArray()).AsTask();
        });

        using var response = await client.GetAsync("/");

        Assert.Equal(HttpStatusCode.InternalServerError, response.StatusCode);
        Assert.Empty(await response.Content.ReadAsByteArrayAsync());
    }

    [FactIf(Capability.EnforcesContentLength | Capability.Direct)]
    public async Task Too_many_bytes_after_the_start_are_an_error_at_the_caller()
    {
        var client = await ServeAsync(async context =>
        {
            context.Response.ContentLength = 4;
            await context.Response.WriteAsync("12");
            await context.Response.Body.FlushAsync();
            await context.Response.WriteAsync("345");
        });

        await Assert.ThrowsAsync<HttpRequestException>(() => client.GetStringAsync("/"));
    }

    [Fact]
    public async Task Harmed_response_does_not_harm_the_next()
    {
        var client = await ServeAsync(async context =>
        {
            if (context.Request.Path == "/harmed")
            {
                context.Response.ContentLength = 10;
                await context.Response.WriteAsync("short");
                return;
            }

            await context.Response.WriteAsync("fine");
        });

        for (var i = 0; i < 5; i++)
        {
            await Record.ExceptionAsync(() => client.GetStringAsync("/harmed"));
            Assert.Equal("fine", await client.GetStringAsync("/fine"));
        }
    }

    [Fact]
    public async Task Content_shorter_than_its_declared_length_fails_the_request()
    {
        var client = await ServeAsync(async context =>
        {
            await context.Request.Body.CopyToAsync(Stream.Null);
            await context.Response.WriteAsync("took it all");
        });
        var content = new StreamContent(new MemoryStream(Payload.Bytes(5)));
        content.Headers.ContentLength = 10;

        if (Offers(Capability.EnforcesContentLength))
        {
            await Assert.ThrowsAsync<HttpRequestException>(() => client.PostAsync("/", content));
        }
        else
        {
            // Without a wire there is nobody to count.
            using var response = await client.PostAsync("/", content);
            Assert.Equal("took it all", await response.Content.ReadAsStringAsync());
        }
    }
}
