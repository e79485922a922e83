using System.Buffers;
using System.IO.Pipelines;
using System.Net;
using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace SocketRest.AspNetCore.Tests.Conformance;

/// <summary>How an application reads a request body, or does not.</summary>
public abstract class RequestBodyTests<TTransport> : ConformanceTests<TTransport>
    where TTransport : ITransport, new()
{
    private static readonly byte[] Large = Payload.Bytes(1_000_000);

    [Fact]
    public async Task Unread_body_does_not_hold_the_response_back()
    {
        var client = await ServeAsync(context => context.Response.WriteAsync("not interested"));

        using var response = await client.PostAsync("/", new ByteArrayContent(Large));

        Assert.Equal("not interested", await response.Content.ReadAsStringAsync());
        Assert.Equal("not interested", await client.GetStringAsync("/"));
    }

    [Fact]
    public async Task Partly_read_body_does_not_hold_the_response_back()
    {
        var client = await ServeAsync(async context =>
        {
            await context.Request.Body.ReadExactlyAsync(new byte[10]);
            await context.Response.WriteAsync("ten will do");
        });

        using var response = await client.PostAsync("/", Payload.Streamed(Large));

        Assert.Equal("ten will do", await response.Content.ReadAsStringAsync());
        using var second = await client.PostAsync("/", new ByteArrayContent(Large));
        Assert.Equal("ten will do", await second.Content.ReadAsStringAsync());
    }

    [Fact]
    public async Task Body_is_read_twice_with_buffering()
    {
        var client = await ServeAsync(async context =>
        {
            context.Request.EnableBuffering();
            var first = await new StreamReader(context.Request.Body).ReadToEndAsync();
            context.Request.Body.Position = 0;
            var second = await new StreamReader(context.Request.Body).ReadToEndAsync();
            await context.Response.WriteAsync(first + "|" + second);
        });

        using var response = await client.PostAsync("/", new StringContent("again"));

        Assert.Equal("again|again", await response.Content.ReadAsStringAsync());
    }

    [Fact]
    public async Task Body_reader_examines_before_it_consumes()
    {
        var client = await ServeAsync(async context =>
        {
            var reader = context.Request.BodyReader;
            ReadResult result;
            do
            {
                result = await reader.ReadAsync();
                reader.AdvanceTo(result.Buffer.Start, result.Buffer.End);
            }
            while (!result.IsCompleted);

            result = await reader.ReadAsync();
            var length = result.Buffer.Length;
            reader.AdvanceTo(result.Buffer.End);
            await context.Response.WriteAsync($"{length}");
        });

        using var response = await client.PostAsync("/", Payload.Streamed(Payload.Bytes(20_000), pieceLength: 3_000));

        Assert.Equal("20000", await response.Content.ReadAsStringAsync());
    }

    [Fact]
    public async Task Body_reader_sees_more_than_any_window_before_it_consumes()
    {
        var client = await ServeAsync(async context =>
        {
            var reader = context.Request.BodyReader;
            var result = await reader.ReadAtLeastAsync(Large.Length);
            var same = result.Buffer.ToArray().AsSpan().SequenceEqual(Large);
            reader.AdvanceTo(result.Buffer.End);
            await context.Response.WriteAsync($"{same}");
        });

        using var response = await client.PostAsync("/", new ByteArrayContent(Large)).InTime();

        Assert.Equal("True", await response.Content.ReadAsStringAsync());
    }

    [Fact]
    public async Task Cancelled_read_shows_in_its_own_request_alone()
    {
        var client = await ServeAsync(async context =>
        {
            var reader = context.Request.BodyReader;
            if (context.Request.Path == "/next")
            {
                // The stream, where a cancelled read is an exception.
                using var text = new StreamReader(context.Request.Body);
                await context.Response.WriteAsync(await text.ReadToEndAsync());
                return;
            }

            if (context.Request.Path == "/after")
            {
                var first = await reader.ReadAsync();
                reader.AdvanceTo(first.Buffer.Start);
            }

            reader.CancelPendingRead();
            if (context.Request.Path == "/left")
            {
                return;
            }

            var cancelled = await reader.ReadAsync();
            reader.AdvanceTo(cancelled.Buffer.Start);
            var rest = await reader.ReadAtLeastAsync(4);
            await context.Response.WriteAsync($"{cancelled.IsCanceled} {Encoding.UTF8.GetString(rest.Buffer)}");
            reader.AdvanceTo(rest.Buffer.End);
        });

        // Bodies that arrive whole and in pieces.
        foreach (var body in (Func<HttpContent>[])[() => new StringContent("body"), () => Payload.Streamed("body"u8.ToArray(), pieceLength: 1)])
        {
            foreach (var (path, expected) in ((string, string)[])[("/", "True body"), ("/after", "True body"), ("/left", "")])
            {
                Assert.Equal($"{path} {expected}", $"{path} {await PostAsync(path, body())}");
                Assert.Equal("body", await PostAsync("/next", body()));
                Assert.Equal("in pieces", await PostAsync("/next", Payload.Streamed("in pieces"u8.ToArray(), pieceLength: 1)));
            }
        }

        async Task<string> PostAsync(string path, HttpContent content)
        {
            using var response = await client.PostAsync(path, content).InTime();
            return await response.EnsureSuccessStatusCode().Content.ReadAsStringAsync().InTime();
        }
    }

    [Fact]
    public async Task Length_is_visible_when_the_caller_knows_it()
    {
        var client = await ServeAsync(context => context.Response.WriteAsync($"{context.Request.ContentLength}"));

        using var known = await client.PostAsync("/", new ByteArrayContent(Large));
        using var streamed = await client.PostAsync("/", Payload.Streamed(Large));

        Assert.Equal("1000000", await known.Content.ReadAsStringAsync());
        Assert.Equal("", await streamed.Content.ReadAsStringAsync());
    }

    [Fact]
    public async Task Body_detection_tells_a_body_from_none()
    {
        var client = await ServeAsync(context =>
            context.Response.WriteAsync($"{context.Features.GetRequiredFeature<IHttpRequestBodyDetectionFeature>().CanHaveBody}"));

        using var with = await client.PostAsync("/", new StringContent("body"));
        using var streamed = await client.PostAsync("/", Payload.Streamed([1, 2, 3]));
        using var empty = await client.PostAsync("/", new StringContent(""));
        using var without = await client.GetAsync("/");

        Assert.Equal("True", await with.Content.ReadAsStringAsync());
        Assert.Equal("True", await streamed.Content.ReadAsStringAsync());
        Assert.Equal("False", await empty.Content.ReadAsStringAsync());
        Assert.Equal("False", await without.Content.ReadAsStringAsync());
    }

    [Fact]
    public async Task Reading_past_the_end_stays_at_the_end()
    {
        var client = await ServeAsync(async context =>
        {
            var buffer = new byte[100];
            var sizes = new List<int>();
            for (var i = 0; i < 3; i++)
            {
                sizes.Add(await context.Request.Body.ReadAtLeastAsync(buffer, buffer.Length, throwOnEndOfStream: false));
            }

            await context.Response.WriteAsync(string.Join(',', sizes));
        });

        using var response = await client.PostAsync("/", new StringContent("abc"));

        Assert.Equal("3,0,0", await response.Content.ReadAsStringAsync());
    }

    [Fact]
    public async Task Pieces_are_readable_as_they_come()
    {
        var received = new Signal();
        var client = await ServeAsync(async context =>
        {
            var buffer = new byte[100];
            for (int read; (read = await context.Request.Body.ReadAsync(buffer)) > 0;)
            {
                received.Release();
            }
        });
        var body = new PushContent();

        var request = client.PostAsync("/", body);
        for (var i = 0; i < 20; i++)
        {
            await body.WriteAsync("piece"u8.ToArray());
            await received.NextAsync();
        }

        body.Complete();
        using var response = await request.InTime();
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
    }

    [Fact]
    public async Task Form_fields_are_bound()
    {
        var client = await ServeAsync(async context =>
        {
            var form = await context.Request.ReadFormAsync();
            await context.Response.WriteAsync($"{form["name"]}|{form["tag"]}");
        });

        using var response = await client.PostAsync("/", new FormUrlEncodedContent(
            [new("name", "R&D = é"), new("tag", "a"), new("tag", "b")]));

        Assert.Equal("R&D = é|a,b", await response.Content.ReadAsStringAsync());
    }

    [Fact]
    public async Task Multipart_files_are_bound()
    {
        var client = await ServeAsync(async context =>
        {
            var form = await context.Request.ReadFormAsync();
            var file = form.Files.Single();
            using var reader = new StreamReader(file.OpenReadStream());
            var text = await reader.ReadToEndAsync();
            await context.Response.WriteAsync($"{form["note"]}|{file.Name}|{file.FileName}|{file.ContentType}|{text.Length}");
        });
        var file = new StringContent(new string('x', 100_000), Encoding.ASCII, "text/csv");

        using var response = await client.PostAsync("/", new MultipartFormDataContent
        {
            { new StringContent("hello"), "note" },
            { file, "upload", "data.csv" },
        });

        Assert.Equal("hello|upload|data.csv|text/csv; charset=us-ascii|100000", await response.Content.ReadAsStringAsync());
    }
}
