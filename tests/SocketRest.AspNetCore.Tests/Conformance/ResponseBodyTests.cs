using System.Net;
using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace SocketRest.AspNetCore.Tests.Conformance;

/// <summary>How an application writes a response body: each way reaches the caller, and each flush at once.</summary>
public abstract class ResponseBodyTests<TTransport> : ConformanceTests<TTransport>
    where TTransport : ITransport, new()
{
    [Theory]
    [InlineData("text/plain")]
    [InlineData("application/octet-stream")]
    [InlineData("application/json")]
    [InlineData("text/event-stream")]
    [InlineData("application/grpc")]
    [InlineData(null)]
    public async Task Each_flush_is_delivered_at_once(string? contentType)
    {
        var received = new Signal();
        var client = await ServeAsync(async context =>
        {
            context.Response.ContentType = contentType;
            for (var i = 0; i < 10; i++)
            {
                await context.Response.WriteAsync($"piece {i}");
                await context.Response.Body.FlushAsync();
                await received.NextAsync();
            }
        });

        using var response = await client.GetAsync("/", HttpCompletionOption.ResponseHeadersRead);
        await using var stream = await response.Content.ReadAsStreamAsync();
        var piece = new byte["piece 0".Length];
        for (var i = 0; i < 10; i++)
        {
            await stream.ReadExactlyAsync(piece).InTime();
            Assert.Equal($"piece {i}", Encoding.ASCII.GetString(piece));
            received.Release();
        }

        Assert.Equal(0, await stream.ReadAsync(piece).InTime());
    }

    [Fact]
    public async Task Flush_is_delivered_at_once_though_the_handler_keeps_its_thread()
    {
        using var received = new SemaphoreSlim(0);
        var client = await ServeAsync(async context =>
        {
            await context.Response.WriteAsync("first");
            await context.Response.Body.FlushAsync();
            Assert.True(received.Wait(Patience.Limit), "Nobody has seen the flush.");
            await context.Response.WriteAsync("second");
        });

        using var response = await client.GetAsync("/", HttpCompletionOption.ResponseHeadersRead).InTime();
        await using var stream = await response.Content.ReadAsStreamAsync();
        var first = new byte[5];
        await stream.ReadExactlyAsync(first).InTime();
        received.Release();
        using var rest = new StreamReader(stream);

        Assert.Equal("first", Encoding.ASCII.GetString(first));
        Assert.Equal("second", await rest.ReadToEndAsync().InTime());
    }

    [Fact]
    public async Task Flush_is_delivered_at_once_with_a_declared_length()
    {
        var received = new Signal();
        var client = await ServeAsync(async context =>
        {
            context.Response.ContentLength = 4;
            await context.Response.WriteAsync("ab");
            await context.Response.Body.FlushAsync();
            await received.NextAsync();
            await context.Response.WriteAsync("cd");
        });

        using var response = await client.GetAsync("/", HttpCompletionOption.ResponseHeadersRead);
        await using var stream = await response.Content.ReadAsStreamAsync();
        var piece = new byte[2];
        await stream.ReadExactlyAsync(piece).InTime();
        Assert.Equal("ab"u8.ToArray(), piece);
        received.Release();
        await stream.ReadExactlyAsync(piece).InTime();
        Assert.Equal("cd"u8.ToArray(), piece);
    }

    [Fact]
    public async Task Start_fixes_the_headers_and_a_flush_sends_them()
    {
        var headersSeen = new Signal();
        var client = await ServeAsync(async context =>
        {
            context.Response.Headers["X-Early"] = "yes";

            // On Kestrel starting only fixes the headers: it is the flush that is sure to send them.
            await context.Response.StartAsync();
            Assert.True(context.Response.HasStarted);
            Assert.Throws<InvalidOperationException>(() => context.Response.Headers["X-Late"] = "no");
            await context.Response.Body.FlushAsync();
            await headersSeen.NextAsync();
            await context.Response.WriteAsync("and the body");
        });

        using var response = await client.GetAsync("/", HttpCompletionOption.ResponseHeadersRead).InTime();
        Assert.Equal("yes", response.Headers.GetValues("X-Early").Single());
        Assert.False(response.Headers.Contains("X-Late"));
        headersSeen.Release();

        Assert.Equal("and the body", await response.Content.ReadAsStringAsync());
    }

    [Fact]
    public async Task Flush_of_nothing_sends_the_headers()
    {
        var headersSeen = new Signal();
        var client = await ServeAsync(async context =>
        {
            await context.Response.Body.FlushAsync();
            await headersSeen.NextAsync();
            await context.Response.WriteAsync("and the body");
        });

        using var response = await client.GetAsync("/", HttpCompletionOption.ResponseHeadersRead).InTime();
        headersSeen.Release();

        Assert.Equal("and the body", await response.Content.ReadAsStringAsync());
    }

    [FactIf(Capability.EarlyCompletion)]
    public async Task Complete_ends_the_response_while_the_handler_runs_on()
    {
        var answered = new Signal();
        var ranOn = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var client = await ServeAsync(async context =>
        {
            await context.Response.WriteAsync("done");
            await context.Response.CompleteAsync();
            await answered.NextAsync();
            ranOn.SetResult();
        });

        Assert.Equal("done", await client.GetStringAsync("/"));
        answered.Release();
        await ranOn.Task.InTime();
    }

    [FactIf(Capability.EarlyCompletion)]
    public async Task Completed_writer_ends_the_response_while_the_handler_runs_on()
    {
        var answered = new Signal();
        var refused = new TaskCompletionSource<Exception?>(TaskCreationOptions.RunContinuationsAsynchronously);
        var client = await ServeAsync(async context =>
        {
            await context.Response.WriteAsync("done");
            context.Response.BodyWriter.Complete();
            await answered.NextAsync();
            refused.SetResult(await Record.ExceptionAsync(() => context.Response.WriteAsync("more")));
        });

        Assert.Equal("done", await client.GetStringAsync("/"));
        answered.Release();
        Assert.IsType<InvalidOperationException>(await refused.Task.InTime());
    }

    [FactIf(Capability.HttpExceptions)]
    public async Task Writer_completed_with_an_error_before_the_start_is_a_500()
    {
        var refused = new TaskCompletionSource<Exception?>(TaskCreationOptions.RunContinuationsAsynchronously);
        var client = await ServeAsync(async context =>
        {
            context.Response.StatusCode = 201;
            context.Response.Headers["X-Set"] = "1";
            context.Response.BodyWriter.Complete(new InvalidOperationException("secret"));
            refused.SetResult(await Record.ExceptionAsync(() => context.Response.WriteAsync("more")));
        });

        using var response = await client.GetAsync("/");

        Assert.Equal(HttpStatusCode.InternalServerError, response.StatusCode);
        Assert.False(response.Headers.Contains("X-Set"));
        Assert.Empty(await response.Content.ReadAsByteArrayAsync());
        Assert.IsType<InvalidOperationException>(await refused.Task.InTime());
    }

    [FactIf(Capability.HttpExceptions)]
    public async Task Writer_completed_with_an_error_after_the_start_is_no_short_success()
    {
        var client = await ServeAsync(async context =>
        {
            await context.Response.WriteAsync("some");
            await context.Response.Body.FlushAsync();
            context.Response.BodyWriter.Complete(new InvalidOperationException("secret"));
        });

        await Assert.ThrowsAsync<HttpRequestException>(() => client.GetStringAsync("/").InTime());
    }

    [TheoryIf(Capability.HttpExceptions)]
    [InlineData("none", 5)]
    [InlineData("some", 100_000)]
    [InlineData("flushed", -1)]
    public async Task Claiming_bytes_of_memory_that_was_not_asked_for_harms_its_own_request_alone(string asked, int claimed)
    {
        var go = new Signal();
        var client = await ServeAsync(async context =>
        {
            if (context.Request.Path == "/waits")
            {
                await go.NextAsync();
                await context.Response.WriteAsync("waited");
                return;
            }

            if (asked != "none")
            {
                context.Response.BodyWriter.GetSpan(10);
            }

            if (asked == "flushed")
            {
                context.Response.BodyWriter.Advance(10);
                await context.Response.BodyWriter.FlushAsync();
            }

            context.Response.BodyWriter.Advance(claimed);
        });
        var other = client.GetStringAsync("/waits");

        if (asked == "flushed")
        {
            await Assert.ThrowsAsync<HttpRequestException>(() => client.GetStringAsync("/").InTime());
        }
        else
        {
            using var response = await client.GetAsync("/").InTime();
            Assert.Equal(HttpStatusCode.InternalServerError, response.StatusCode);
        }

        go.Release();
        Assert.Equal("waited", await other.InTime());
    }

    [TheoryIf(Capability.Reset)]
    [InlineData("throws")]
    [InlineData("aborts")]
    [InlineData("resets")]
    public async Task Complete_response_stays_whatever_its_handler_does_afterwards(string then)
    {
        var go = new Signal();
        var client = await ServeAsync(async context =>
        {
            if (context.Request.Path == "/waits")
            {
                await go.NextAsync();
                await context.Response.WriteAsync("waited");
                return;
            }

            await context.Response.WriteAsync("done");
            context.Response.AppendTrailer("X-Status", "0");
            await context.Response.CompleteAsync();
            switch (then)
            {
                case "throws":
                    throw new InvalidOperationException("After its response was complete.");
                case "aborts":
                    context.Abort();
                    break;
                default:
                    context.Features.GetRequiredFeature<IHttpResetFeature>().Reset(8);
                    break;
            }
        });
        var others = new Task<string>[4];
        for (var i = 0; i < others.Length; i++)
        {
            others[i] = client.GetStringAsync("/waits");
        }

        for (var i = 0; i < 8; i++)
        {
            using var response = await client.GetAsync("/");

            Assert.Equal("done", await response.Content.ReadAsStringAsync());
            Assert.Equal("0", response.TrailingHeaders.GetValues("X-Status").Single());
        }

        go.Release(others.Length);
        Assert.All(await Task.WhenAll(others), answer => Assert.Equal("waited", answer));
    }

    [Fact]
    public async Task Body_writer_is_delivered_by_its_flush()
    {
        var received = new Signal();
        var client = await ServeAsync(async context =>
        {
            var writer = context.Response.BodyWriter;
            "first"u8.CopyTo(writer.GetSpan(5));
            writer.Advance(5);
            await writer.FlushAsync();
            await received.NextAsync();
            "second"u8.CopyTo(writer.GetMemory(6).Span);
            writer.Advance(6);
        });

        using var response = await client.GetAsync("/", HttpCompletionOption.ResponseHeadersRead);
        await using var stream = await response.Content.ReadAsStreamAsync();
        var first = new byte[5];
        await stream.ReadExactlyAsync(first).InTime();
        received.Release();
        using var reader = new StreamReader(stream);

        Assert.Equal("first", Encoding.ASCII.GetString(first));
        Assert.Equal("second", await reader.ReadToEndAsync().InTime());
    }

    [Fact]
    public async Task Stream_and_writer_mix_in_order()
    {
        var client = await ServeAsync(async context =>
        {
            await context.Response.WriteAsync("a");
            await context.Response.BodyWriter.WriteAsync("b"u8.ToArray());
            await context.Response.Body.WriteAsync("c"u8.ToArray());
            await context.Response.WriteAsync("d");
        });

        Assert.Equal("abcd", await client.GetStringAsync("/"));
    }

    [Fact]
    public async Task Large_write_through_the_writer_is_whole()
    {
        var body = Payload.Bytes(300_000);
        var client = await ServeAsync(async context =>
        {
            var writer = context.Response.BodyWriter;
            body.CopyTo(writer.GetSpan(body.Length));
            writer.Advance(body.Length);
            await writer.FlushAsync();
        });

        Assert.Equal(body, await client.GetByteArrayAsync("/"));
    }

    [Fact]
    public async Task Empty_write_ends_nothing()
    {
        var client = await ServeAsync(async context =>
        {
            await context.Response.Body.WriteAsync(ReadOnlyMemory<byte>.Empty);
            await context.Response.WriteAsync("before ");
            await context.Response.Body.WriteAsync(ReadOnlyMemory<byte>.Empty);
            await context.Response.Body.FlushAsync();
            await context.Response.WriteAsync("after");
        });

        Assert.Equal("before after", await client.GetStringAsync("/"));
    }

    [Fact]
    public async Task Small_response_has_its_length_when_nothing_was_flushed()
    {
        var client = await ServeAsync(context => context.Response.WriteAsync("hello"));

        using var response = await client.GetAsync("/", HttpCompletionOption.ResponseContentRead);

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal(5, response.Content.Headers.ContentLength);
    }

    [Fact]
    public async Task Replaced_body_feature_sees_what_is_written()
    {
        var client = await ServeAsync(async context =>
        {
            var original = context.Features.GetRequiredFeature<IHttpResponseBodyFeature>();
            var buffer = new MemoryStream();
            context.Response.Body = buffer;
            await context.Response.WriteAsync("hello");
            context.Features.Set(original);
            await context.Response.WriteAsync(Encoding.UTF8.GetString(buffer.ToArray()).ToUpperInvariant());
        });

        Assert.Equal("HELLO", await client.GetStringAsync("/"));
    }
}
