using System.IO.Compression;
using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Threading.RateLimiting;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.ResponseCompression;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace SocketRest.AspNetCore.Tests.Conformance;

/// <summary>The middleware that ASP.NET Core brings along.</summary>
public abstract class MiddlewareTests<TTransport> : ConformanceTests<TTransport>
    where TTransport : ITransport, new()
{
    private static readonly string Text = string.Concat(Enumerable.Repeat("compress me, ", 5_000));

    [Theory]
    [InlineData("gzip")]
    [InlineData("br")]
    public async Task Response_compression_compresses(string encoding)
    {
        var client = await ServeAsync(
            app =>
            {
                app.UseResponseCompression();
                app.MapGet("/", () => Text);
            },
            builder => builder.Services.AddResponseCompression());
        client.DefaultRequestHeaders.AcceptEncoding.Add(new StringWithQualityHeaderValue(encoding));

        using var response = await client.GetAsync("/");
        var compressed = await response.Content.ReadAsByteArrayAsync();

        Assert.Equal(encoding, response.Content.Headers.ContentEncoding.Single());
        Assert.InRange(compressed.Length, 1, Text.Length / 10);
        await using Stream stream = encoding == "br"
            ? new BrotliStream(new MemoryStream(compressed), CompressionMode.Decompress)
            : new GZipStream(new MemoryStream(compressed), CompressionMode.Decompress);
        Assert.Equal(Text, await new StreamReader(stream).ReadToEndAsync());
    }

    [Fact]
    public async Task Response_compression_keeps_each_flush()
    {
        var received = new Signal();
        var client = await ServeAsync(
            app =>
            {
                app.UseResponseCompression();
                app.Run(async context =>
                {
                    context.Response.ContentType = "text/plain";
                    for (var i = 0; i < 5; i++)
                    {
                        await context.Response.WriteAsync($"piece {i}");
                        await context.Response.Body.FlushAsync();
                        await received.NextAsync();
                    }
                });
            },
            builder => builder.Services.AddResponseCompression(options => options.Providers.Add<GzipCompressionProvider>()));
        client.DefaultRequestHeaders.AcceptEncoding.Add(new StringWithQualityHeaderValue("gzip"));

        using var response = await client.GetAsync("/", HttpCompletionOption.ResponseHeadersRead);
        await using var stream = new GZipStream(await response.Content.ReadAsStreamAsync(), CompressionMode.Decompress);
        var piece = new byte[7];
        for (var i = 0; i < 5; i++)
        {
            await stream.ReadExactlyAsync(piece).InTime();
            Assert.Equal($"piece {i}", Encoding.ASCII.GetString(piece));
            received.Release();
        }
    }

    [Fact]
    public async Task Request_decompression_unpacks()
    {
        var client = await ServeAsync(
            app =>
            {
                app.UseRequestDecompression();
                app.Run(async context => await context.Response.WriteAsync(await new StreamReader(context.Request.Body).ReadToEndAsync()));
            },
            builder => builder.Services.AddRequestDecompression());
        var compressed = new MemoryStream();
        await using (var gzip = new GZipStream(compressed, CompressionLevel.Fastest, leaveOpen: true))
        {
            await gzip.WriteAsync(Encoding.ASCII.GetBytes(Text));
        }

        var content = new ByteArrayContent(compressed.ToArray());
        content.Headers.ContentEncoding.Add("gzip");
        using var response = await client.PostAsync("/", content);

        Assert.Equal(Text, await response.Content.ReadAsStringAsync());
    }

    [Fact]
    public async Task Output_cache_answers_the_second_time()
    {
        var runs = 0;
        var client = await ServeAsync(
            app =>
            {
                app.UseOutputCache();
                app.MapGet("/cached", () => $"run {Interlocked.Increment(ref runs)}").CacheOutput();
                app.MapGet("/large", () => Results.Bytes(Payload.Bytes(100_000, Interlocked.Increment(ref runs)))).CacheOutput();
            },
            builder => builder.Services.AddOutputCache());

        Assert.Equal("run 1", await client.GetStringAsync("/cached"));
        using var second = await client.GetAsync("/cached");
        Assert.Equal("run 1", await second.Content.ReadAsStringAsync());
        Assert.NotNull(second.Headers.Age);
        Assert.Equal("run 2", await client.GetStringAsync("/cached?other"));
        var large = await client.GetByteArrayAsync("/large");
        Assert.Equal(large, await client.GetByteArrayAsync("/large"));
    }

    [Fact]
    public async Task Rate_limiter_refuses_with_its_status()
    {
        var client = await ServeAsync(
            app =>
            {
                app.UseRateLimiter();
                app.MapGet("/", () => "fine");
            },
            builder => builder.Services.AddRateLimiter(options =>
            {
                options.RejectionStatusCode = StatusCodes.Status429TooManyRequests;
                options.OnRejected = (context, _) =>
                {
                    context.HttpContext.Response.Headers.RetryAfter = "60";
                    return ValueTask.CompletedTask;
                };
                options.GlobalLimiter = PartitionedRateLimiter.Create<HttpContext, string>(_ => RateLimitPartition.GetFixedWindowLimiter(
                    "all", _ => new FixedWindowRateLimiterOptions { PermitLimit = 2, Window = TimeSpan.FromHours(1) }));
            }));

        Assert.Equal("fine", await client.GetStringAsync("/"));
        Assert.Equal("fine", await client.GetStringAsync("/"));
        using var refused = await client.GetAsync("/");

        Assert.Equal(HttpStatusCode.TooManyRequests, refused.StatusCode);
        Assert.Equal(TimeSpan.FromMinutes(1), refused.Headers.RetryAfter?.Delta);
    }

    [Fact]
    public async Task Health_checks_report()
    {
        var client = await ServeAsync(
            app => app.MapHealthChecks("/health/{**rest}"),
            builder => builder.Services.AddHealthChecks().AddCheck("disk", () => HealthCheckResult.Degraded("nearly full")));

        using var response = await client.GetAsync("/health");

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal("Degraded", await response.Content.ReadAsStringAsync());
        Assert.True(response.Headers.CacheControl?.NoStore);
    }

    [FactIf(Capability.HandlerSettings)]
    public async Task Session_survives_between_requests()
    {
        var client = await ServeAsync(
            app =>
            {
                app.UseSession();
                app.Run(context =>
                {
                    var visits = context.Session.GetInt32("visits") ?? 0;
                    context.Session.SetInt32("visits", visits + 1);
                    return context.Response.WriteAsync($"{visits}");
                });
            },
            builder =>
            {
                builder.Services.AddDistributedMemoryCache();
                builder.Services.AddDataProtection().UseEphemeralDataProtectionProvider();
                builder.Services.AddSession();
            });

        Assert.Equal("0", await client.GetStringAsync("/"));
        Assert.Equal("1", await client.GetStringAsync("/"));
    }

    [Fact]
    public async Task Status_code_pages_write_into_empty_answers()
    {
        var client = await ServeAsync(app =>
        {
            app.UseStatusCodePages("text/plain", "status {0}");
            app.MapGet("/", () => "fine");
        });

        using var response = await client.GetAsync("/nothing");

        Assert.Equal(HttpStatusCode.NotFound, response.StatusCode);
        Assert.Equal("status 404", await response.Content.ReadAsStringAsync());
    }

    [Fact]
    public async Task Mapped_branch_moves_the_base_path()
    {
        var client = await ServeAsync(app => app.Map("/branch", branch => branch.Run(context =>
            context.Response.WriteAsync($"{context.Request.PathBase}|{context.Request.Path}"))));

        Assert.Equal("/branch|/deep/path", await client.GetStringAsync("/branch/deep/path"));
    }

    [Fact]
    public async Task Method_override_and_rewriting_middleware_see_a_writable_request()
    {
        var client = await ServeAsync(app =>
        {
            app.UseHttpMethodOverride();
            app.Use((context, next) =>
            {
                context.Request.Path = "/rewritten" + context.Request.Path;
                context.Request.QueryString = context.Request.QueryString.Add("added", "1");
                context.Request.Headers["X-Added"] = "yes";
                return next(context);
            });
            app.Run(context => context.Response.WriteAsync(
                $"{context.Request.Method} {context.Request.Path}{context.Request.QueryString} {context.Request.Headers["X-Added"]}"));
        });
        var request = new HttpRequestMessage(HttpMethod.Post, "/path?a=b") { Headers = { { "X-Http-Method-Override", "DELETE" } } };

        using var response = await client.SendAsync(request);

        Assert.Equal("DELETE /rewritten/path?a=b&added=1 yes", await response.Content.ReadAsStringAsync());
    }

    [Fact]
    public async Task Request_body_replaced_by_middleware_is_what_the_handler_reads()
    {
        var client = await ServeAsync(app =>
        {
            app.Use((context, next) =>
            {
                context.Request.Body = new MemoryStream("replaced"u8.ToArray());
                return next(context);
            });
            app.Run(async context =>
            {
                var result = await context.Request.BodyReader.ReadAsync();
                await context.Response.WriteAsync(Encoding.UTF8.GetString(result.Buffer));
            });
        });

        using var response = await client.PostAsync("/", new StringContent("original"));

        Assert.Equal("replaced", await response.Content.ReadAsStringAsync());
    }
}
