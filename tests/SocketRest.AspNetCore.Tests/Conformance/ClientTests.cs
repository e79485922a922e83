using System.IO.Compression;
using System.Net;
using System.Net.Http.Json;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace SocketRest.AspNetCore.Tests.Conformance;

/// <summary>What callers of <see cref="HttpClient"/> are used to.</summary>
public abstract class ClientTests<TTransport> : ConformanceTests<TTransport>
    where TTransport : ITransport, new()
{
    [FactIf(Capability.SynchronousSend)]
    public async Task Synchronous_send_works()
    {
        var client = await ServeAsync(async context =>
        {
            using var reader = new StreamReader(context.Request.Body);
            await context.Response.WriteAsync("echo " + await reader.ReadToEndAsync());
        });

        var answer = await Task.Run(() =>
        {
            using var response = client.Send(new HttpRequestMessage(HttpMethod.Post, "/") { Content = new StringContent("sync") });
            using var reader = new StreamReader(response.Content.ReadAsStream());
            return reader.ReadToEnd();
        }).InTime();

        Assert.Equal("echo sync", answer);
    }

    [FactIf(Capability.SynchronousSend)]
    public async Task Synchronous_send_takes_content_that_can_only_be_written_synchronously()
    {
        var client = await ServeAsync(async context =>
        {
            using var body = new MemoryStream();
            await context.Request.Body.CopyToAsync(body);
            await context.Response.WriteAsync($"{body.Length}");
        });

        var answer = await Task.Run(() =>
        {
            using var response = client.Send(new HttpRequestMessage(HttpMethod.Post, "/") { Content = new SynchronousContent(500_000) });
            using var reader = new StreamReader(response.Content.ReadAsStream());
            return reader.ReadToEnd();
        }).InTime();

        Assert.Equal("500000", answer);
    }

    [FactIf(Capability.SynchronousSend)]
    public async Task Synchronous_send_streams()
    {
        var goOn = new Signal();
        var client = await ServeAsync(async context =>
        {
            await context.Response.WriteAsync("first");
            await context.Response.Body.FlushAsync();
            await goOn.NextAsync();
            await context.Response.WriteAsync("second");
        });

        var answer = await Task.Run(() =>
        {
            using var response = client.Send(new HttpRequestMessage(HttpMethod.Get, "/"), HttpCompletionOption.ResponseHeadersRead);
            using var stream = response.Content.ReadAsStream();
            var first = new byte[5];
            stream.ReadExactly(first);
            goOn.Release();
            using var reader = new StreamReader(stream);
            return Encoding.ASCII.GetString(first) + reader.ReadToEnd();
        }).InTime();

        Assert.Equal("firstsecond", answer);
    }

    [Fact]
    public async Task Response_knows_its_request()
    {
        var client = await ServeAsync(context => context.Response.WriteAsync("body"));
        var request = new HttpRequestMessage(HttpMethod.Get, "/path");

        using var response = await client.SendAsync(request);

        Assert.Same(request, response.RequestMessage);
        Assert.Equal("/path", response.RequestMessage!.RequestUri!.AbsolutePath);
    }

    [Fact]
    public async Task Charset_of_the_answer_is_heeded()
    {
        var client = await ServeAsync(context =>
        {
            context.Response.ContentType = "text/plain; charset=iso-8859-1";
            return context.Response.Body.WriteAsync(Encoding.Latin1.GetBytes("naïve")).AsTask();
        });

        Assert.Equal("naïve", await client.GetStringAsync("/"));
    }

    [Fact]
    public async Task Json_is_posted_and_read()
    {
        var client = await ServeAsync(async context =>
        {
            var numbers = await context.Request.ReadFromJsonAsync<int[]>();
            await context.Response.WriteAsJsonAsync(new { Sum = numbers!.Sum() });
        });

        using var response = await client.PostAsJsonAsync("/", new[] { 1, 2, 3 });

        Assert.Equal("{\"sum\":6}", await response.Content.ReadAsStringAsync());
        Assert.Equal("application/json; charset=utf-8", response.Content.Headers.ContentType?.ToString());
    }

    [Fact]
    public async Task Failure_status_is_an_exception_with_its_code_where_asked()
    {
        var client = await ServeAsync(context =>
        {
            context.Response.StatusCode = 404;
            return Task.CompletedTask;
        });

        var exception = await Assert.ThrowsAsync<HttpRequestException>(() => client.GetStringAsync("/"));

        Assert.Equal(HttpStatusCode.NotFound, exception.StatusCode);
    }

    [Fact]
    public async Task Buffer_limit_of_the_client_is_an_error()
    {
        var client = await ServeAsync(context => context.Response.WriteAsync(new string('x', 10_000)));
        client.MaxResponseContentBufferSize = 1_000;

        await Assert.ThrowsAsync<HttpRequestException>(() => client.GetStringAsync("/"));
    }

    [Fact]
    public async Task Disposed_client_refuses()
    {
        var host = await StartAsync(app => app.Run(context => context.Response.WriteAsync("fine")));
        var client = host.CreateClient();
        Assert.Equal("fine", await client.GetStringAsync("/"));
        client.Dispose();

        await Assert.ThrowsAsync<ObjectDisposedException>(() => client.GetStringAsync("/"));

        // The application serves on, whoever of its callers has left.
        Assert.Equal("fine", await CreateClient(host).GetStringAsync("/"));
    }

    [Fact]
    public async Task Content_that_went_by_is_read_no_second_time()
    {
        var client = await ServeAsync(context => context.Response.WriteAsync("body"));
        using var response = await client.GetAsync("/", HttpCompletionOption.ResponseHeadersRead);
        var read = new MemoryStream();
        await response.Content.CopyToAsync(read).InTime();

        // A short success would be worse than none.
        await Assert.ThrowsAsync<InvalidOperationException>(() => response.Content.CopyToAsync(Stream.Null).InTime());
        await Assert.ThrowsAsync<InvalidOperationException>(() => response.Content.ReadAsStringAsync().InTime());

        Assert.Equal("body"u8.ToArray(), read.ToArray());
    }

    [FactIf(Capability.HandlerSettings)]
    public async Task Content_is_read_as_a_stream_or_copied_and_not_both()
    {
        // TestServer's content gives its stream to whoever asks, read or not.
        var client = await ServeAsync(context => context.Response.WriteAsync("body"));
        using var streamed = await client.GetAsync("/", HttpCompletionOption.ResponseHeadersRead);
        using var copied = await client.GetAsync("/", HttpCompletionOption.ResponseHeadersRead);

        var stream = await streamed.Content.ReadAsStreamAsync();
        Assert.Same(stream, await streamed.Content.ReadAsStreamAsync());
        await Assert.ThrowsAsync<InvalidOperationException>(() => streamed.Content.CopyToAsync(Stream.Null).InTime());
        await copied.Content.CopyToAsync(Stream.Null).InTime();
        await Assert.ThrowsAsync<InvalidOperationException>(() => copied.Content.ReadAsStreamAsync().InTime());
    }

    [Fact]
    public async Task Content_that_was_buffered_is_read_as_often_as_one_likes()
    {
        var client = await ServeAsync(context => context.Response.WriteAsync("body"));
        using var response = await client.GetAsync("/", HttpCompletionOption.ResponseHeadersRead);
        await response.Content.LoadIntoBufferAsync().InTime();

        for (var i = 0; i < 2; i++)
        {
            Assert.Equal("body", await response.Content.ReadAsStringAsync().InTime());
        }
    }

    [TheoryIf(Capability.HandlerSettings)]
    [InlineData("gzip")]
    [InlineData("deflate")]
    [InlineData("br")]
    public async Task Compressed_answer_is_unpacked_where_asked(string encoding)
    {
        var host = await StartAsync(app => app.Run(context => CompressAsync(context, encoding)));
        var client = CreateClient(host, new HandlerSettings { AutomaticDecompression = DecompressionMethods.All });

        using var response = await client.GetAsync("/");

        Assert.Equal("gzip, deflate, br", await response.Content.ReadAsStringAsync());
        Assert.Empty(response.Content.Headers.ContentEncoding);
    }

    [Fact]
    public async Task Compressed_answer_is_left_alone_where_not_asked()
    {
        var host = await StartAsync(app => app.Run(context => CompressAsync(context, "gzip")));

        using var response = await CreateClient(host).GetAsync("/");

        Assert.Equal("gzip", response.Content.Headers.ContentEncoding.Single());
        using var reader = new StreamReader(new GZipStream(await response.Content.ReadAsStreamAsync(), CompressionMode.Decompress));
        Assert.Equal("", await reader.ReadToEndAsync());
    }

    [FactIf(Capability.HandlerSettings)]
    public async Task Decompression_asks_only_for_what_it_unpacks()
    {
        var host = await StartAsync(app => app.Run(context =>
            context.Response.WriteAsync(context.Request.Headers.AcceptEncoding.ToString())));
        var gzip = CreateClient(host, new HandlerSettings { AutomaticDecompression = DecompressionMethods.GZip });

        Assert.Equal("gzip", await gzip.GetStringAsync("/"));
        Assert.Equal("", await CreateClient(host).GetStringAsync("/"));
    }

    /// <summary>Answers with what the caller accepts, compressed.</summary>
    private static async Task CompressAsync(HttpContext context, string encoding)
    {
        context.Response.Headers.ContentEncoding = encoding;
        await using Stream stream = encoding switch
        {
            "gzip" => new GZipStream(context.Response.Body, CompressionLevel.Fastest, leaveOpen: true),
            "deflate" => new ZLibStream(context.Response.Body, CompressionLevel.Fastest, leaveOpen: true),
            _ => new BrotliStream(context.Response.Body, CompressionLevel.Fastest, leaveOpen: true),
        };
        await stream.WriteAsync(Encoding.ASCII.GetBytes(context.Request.Headers.AcceptEncoding.ToString()));
    }

    private sealed class SynchronousContent(int length) : HttpContent
    {
        protected override void SerializeToStream(Stream stream, TransportContext? context, CancellationToken cancellationToken)
        {
            for (int written = 0; written < length; written += 1_000)
            {
                stream.Write(new byte[1_000]);
            }
        }

        protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) => throw new NotSupportedException("Synchronously only.");

        protected override bool TryComputeLength(out long computed)
        {
            computed = length;
            return true;
        }
    }
}
