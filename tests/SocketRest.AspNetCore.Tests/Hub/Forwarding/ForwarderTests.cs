using System.Net;
using System.Net.Http.Headers;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Extensions;
using Microsoft.AspNetCore.Http.Features;
using SocketRest.AspNetCore.Tests.Conformance;

namespace SocketRest.AspNetCore.Tests.Forwarding;

/// <summary>Public requests that reach an agent, and what comes back.</summary>
public sealed class ForwarderTests
{
    [Theory]
    [InlineData("/agents/kiln-7/pets?name=a%20b", "/agents/kiln-7", "/pets", "?name=a%20b")]
    [InlineData("/agents/KILN-7/", "/agents/KILN-7", "/", "")]
    [InlineData("/agents/kiln-7", "/agents/kiln-7", "/", "")]
    [InlineData("/agents/kiln-7?a", "/agents/kiln-7", "/", "?a")]
    public async Task Request_by_path_reaches_the_agent_with_its_path_base(string target, string pathBase, string path, string query)
    {
        await using ForwardingHub hub = await ForwardingHub.StartAsync();
        await hub.AddAgentAsync("kiln-7", app => app.Run(context =>
            context.Response.WriteAsync($"{context.Request.PathBase}|{context.Request.Path}|{context.Request.QueryString}|{context.Request.GetEncodedUrl()}")));

        string answer = await hub.Client.GetStringAsync(target);

        string url = path == "/" && !target.EndsWith('/') ? target.Insert(pathBase.Length, "/") : target;
        Assert.Equal($"{pathBase}|{path}|{query}|http://{hub.Http1.Authority}{url}", answer);
    }

    [Fact]
    public async Task Request_by_host_name_reaches_the_agent_whatever_the_hub_has_at_that_path()
    {
        await using ForwardingHub hub = await ForwardingHub.StartAsync(map: app => app.MapGet("/own", () => "hub"));
        await hub.AddAgentAsync("kiln-7", app => app.Run(context =>
            context.Response.WriteAsync($"{context.Request.Host}|{context.Request.PathBase}|{context.Request.Path}")));
        foreach (string path in (string[])["/own", "/tunnel", "/agents/other/x", "/"])
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, path) { Headers = { Host = "kiln-7.hub.test:8080" } };
            using HttpResponseMessage response = await hub.Client.SendAsync(request);

            Assert.Equal($"kiln-7.hub.test:8080||{path}", await response.Content.ReadAsStringAsync());
        }

        Assert.Equal("hub", await hub.Client.GetStringAsync("/own"));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Bodies_of_any_size_pass_both_ways(bool http2)
    {
        await using ForwardingHub hub = await ForwardingHub.StartAsync();
        await hub.AddAgentAsync("echo", app => app.MapPost("/", async context =>
        {
            // Not before all of it is there: a client that does not read while it sends could hold up both.
            using var body = new MemoryStream();
            await context.Request.Body.CopyToAsync(body);
            context.Response.ContentLength = context.Request.ContentLength;
            context.Response.ContentType = context.Request.ContentType;
            await context.Response.Body.WriteAsync(body.GetBuffer().AsMemory(0, (int)body.Length));
        }));
        HttpClient client = http2 ? hub.Client2 : hub.Client;
        foreach (int size in (int[])[0, 1, 1000, 4096, 20_000, 65_536, 1_048_577])
        {
            byte[] sent = Payload.Bytes(size);
            foreach (HttpContent content in (HttpContent[])[new ByteArrayContent(sent), Payload.Streamed(sent)])
            {
                content.Headers.ContentType = new("application/x-test");
                using HttpResponseMessage response = await client.PostAsync("/agents/echo/", content);

                Assert.Equal(sent, await response.Content.ReadAsByteArrayAsync());
                Assert.Equal("application/x-test", response.Content.Headers.ContentType?.MediaType);
                Assert.Equal(size, response.Content.Headers.ContentLength);
            }
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Every_flush_of_the_agent_reaches_the_caller_at_once(bool http2)
    {
        await using ForwardingHub hub = await ForwardingHub.StartAsync();
        var next = new Signal();
        await hub.AddAgentAsync("sse", app => app.MapGet("/", async context =>
        {
            context.Response.ContentType = "text/event-stream";
            await context.Response.StartAsync();
            for (int i = 0; i < 3; i++)
            {
                await next.NextAsync();
                await context.Response.WriteAsync($"data: {i}\n\n");
                await context.Response.Body.FlushAsync();
            }
        }));

        using HttpResponseMessage response = await (http2 ? hub.Client2 : hub.Client)
            .GetAsync("/agents/sse/", HttpCompletionOption.ResponseHeadersRead).InTime();
        using var reader = new StreamReader(await response.Content.ReadAsStreamAsync());
        for (int i = 0; i < 3; i++)
        {
            next.Release();
            Assert.Equal($"data: {i}", await reader.ReadLineAsync().InTime());
            Assert.Equal("", await reader.ReadLineAsync().InTime());
        }

        Assert.Null(await reader.ReadLineAsync().InTime());
    }

    [Fact]
    public async Task Streams_both_ways_at_once_with_trailers_both_ways_as_grpc_does()
    {
        await using ForwardingHub hub = await ForwardingHub.StartAsync();
        await hub.AddAgentAsync("grpc", app => app.MapPost("/pets.Store/Watch", async context =>
        {
            Assert.Equal("trailers", context.Request.Headers.TE);
            context.Response.ContentType = "application/grpc";
            await context.Response.StartAsync();
            var buffer = new byte[100];
            int count;
            while ((count = await context.Request.Body.ReadAsync(buffer)) > 0)
            {
                await context.Response.Body.WriteAsync(buffer.AsMemory(0, count));
                await context.Response.Body.FlushAsync();
            }

            context.Response.AppendTrailer("grpc-status", "0");
            context.Response.AppendTrailer("grpc-message", "fine");
        }));

        var body = new PushContent();
        using var request = new HttpRequestMessage(HttpMethod.Post, "/agents/grpc/pets.Store/Watch")
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Content = body,
            Headers = { TE = { new TransferCodingWithQualityHeaderValue("trailers") } },
        };
        using HttpResponseMessage response = await hub.Client2.SendAsync(request, HttpCompletionOption.ResponseHeadersRead).InTime();
        Stream answer = await response.Content.ReadAsStreamAsync();
        var buffer = new byte[100];
        foreach (string word in (string[])["one", "two", "three"])
        {
            await body.WriteAsync(System.Text.Encoding.UTF8.GetBytes(word));
            int count = await answer.ReadAsync(buffer).InTime();
            Assert.Equal(word, System.Text.Encoding.UTF8.GetString(buffer, 0, count));
        }

        body.Complete();
        Assert.Equal(0, await answer.ReadAsync(buffer).InTime());
        Assert.Equal("0", Assert.Single(response.TrailingHeaders.GetValues("grpc-status")));
        Assert.Equal("fine", Assert.Single(response.TrailingHeaders.GetValues("grpc-message")));
    }

    [Fact]
    public async Task Trailers_of_a_chunked_request_reach_the_agent()
    {
        await using ForwardingHub hub = await ForwardingHub.StartAsync();
        await hub.AddAgentAsync("t", app => app.MapPost("/", async context =>
        {
            await context.Request.Body.CopyToAsync(Stream.Null);
            IHeaderDictionary trailers = context.Features.GetRequiredFeature<IHttpRequestTrailersFeature>().Trailers;
            await context.Response.WriteAsync(
                string.Join(';', trailers.OrderBy(one => one.Key).Select(one => $"{one.Key.ToLowerInvariant()}={one.Value}")));
        }));
        using RawHttp raw = await hub.ConnectAsync();

        await raw.SendAsync("POST /agents/t/ HTTP/1.1\r\nHost: h\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n"
            + "3\r\nabc\r\n0\r\nDigest: x\r\nX-Forwarded-For: 6.6.6.6\r\nX-Sum: 3\r\n\r\n");

        Assert.Contains("digest=x;x-sum=3", await raw.ReadToEndAsync(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("HEAD", 200, "Content-Length: 5", "")]
    [InlineData("GET", 204, null, "")]
    [InlineData("GET", 304, "ETag: \"1\"", "")]
    [InlineData("GET", 302, "Location: http://elsewhere.test/", "")]
    [InlineData("GET", 418, null, "tea")]
    public async Task Statuses_and_bodies_that_must_not_be_there_pass_as_they_are(string method, int status, string? field, string body)
    {
        await using ForwardingHub hub = await ForwardingHub.StartAsync();
        await hub.AddAgentAsync("s", app => app.Run(context =>
        {
            context.Response.StatusCode = status;
            if (field is not null)
            {
                string[] parts = field.Split(": ", 2);
                context.Response.Headers[parts[0]] = parts[1];
            }

            return body.Length > 0 ? context.Response.WriteAsync(body) : Task.CompletedTask;
        }));
        using RawHttp raw = await hub.ConnectAsync();

        // Two on one connection: what the first one leaves behind would be in front of the second.
        for (int i = 0; i < 2; i++)
        {
            await raw.SendAsync($"{method} /agents/s/ HTTP/1.1\r\nHost: h\r\n\r\n");
            string head = await raw.ReadHeadAsync();
            Assert.StartsWith($"HTTP/1.1 {status} ", head, StringComparison.Ordinal);
            Assert.Contains(field ?? "", head, StringComparison.Ordinal);
            if (body.Length > 0)
            {
                await raw.ReadUntilAsync("0\r\n\r\n");
            }
        }
    }

    [Fact]
    public async Task Caller_that_speaks_HTTP_1_0_gets_its_answer()
    {
        await using ForwardingHub hub = await ForwardingHub.StartAsync();
        await hub.AddAgentAsync("old", app => app.Run(context => context.Response.WriteAsync($"[{context.Request.Host}] {context.Request.Headers.Via}")));
        using RawHttp raw = await hub.ConnectAsync();

        await raw.SendAsync("GET /agents/old/ HTTP/1.0\r\n\r\n");

        Assert.Contains("\r\n\r\n[] 1.0 socketrest-", await raw.ReadToEndAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Answer_that_is_complete_before_the_request_is_leaves_nothing_behind()
    {
        await using ForwardingHub hub = await ForwardingHub.StartAsync();
        await hub.AddAgentAsync("early", app => app.Run(async context =>
        {
            await context.Response.WriteAsync("early");
            await context.Response.CompleteAsync();
            await context.RequestAborted.CancelledAsync();
        }));
        for (int i = 0; i < 10; i++)
        {
            var body = new PushContent();
            using var request = new HttpRequestMessage(HttpMethod.Post, "/agents/early/")
            {
                Version = HttpVersion.Version20,
                VersionPolicy = HttpVersionPolicy.RequestVersionExact,
                Content = body,
            };
            using HttpResponseMessage response = await hub.Client2.SendAsync(request, HttpCompletionOption.ResponseHeadersRead).InTime();
            Assert.Equal("early", await response.Content.ReadAsStringAsync().InTime());
            body.Complete();
        }

        await hub.Registry["early"].DrainAsync().InTime();
    }

    [Fact]
    public async Task Cookies_codings_and_repeated_fields_pass_untouched()
    {
        await using ForwardingHub hub = await ForwardingHub.StartAsync();
        await hub.AddAgentAsync("c", app => app.Run(context =>
        {
            context.Response.Headers.SetCookie = new(["a=1; path=/", "b=2"]);
            context.Response.Headers.ContentEncoding = "gzip";
            context.Response.Headers.Date = "Sun, 06 Nov 1994 08:49:37 GMT";
            return context.Response.WriteAsync($"{context.Request.Headers.Cookie}|{context.Request.Headers.AcceptEncoding}|{context.Request.Headers["X-Two"].Count}");
        }));
        using var request = new HttpRequestMessage(HttpMethod.Get, "/agents/c/");
        request.Headers.TryAddWithoutValidation("Cookie", "x=1; y=2");
        request.Headers.TryAddWithoutValidation("Accept-Encoding", "br");

        using HttpResponseMessage response = await hub.Client.SendAsync(request);

        Assert.Equal(["a=1; path=/", "b=2"], response.Headers.GetValues("Set-Cookie"));
        Assert.Equal("gzip", Assert.Single(response.Content.Headers.ContentEncoding));
        Assert.Equal("Sun, 06 Nov 1994 08:49:37 GMT", Assert.Single(response.Headers.GetValues("Date")));
        Assert.Equal("x=1; y=2|br|0", await response.Content.ReadAsStringAsync());
    }

    [Fact]
    public async Task Body_is_held_back_until_the_agent_asks_for_it()
    {
        await using ForwardingHub hub = await ForwardingHub.StartAsync();
        await hub.AddAgentAsync("e", app =>
        {
            app.MapPost("/refuses", context =>
            {
                context.Response.StatusCode = 403;
                return Task.CompletedTask;
            });
            app.MapPost("/takes", async context => await context.Response.WriteAsync(await new StreamReader(context.Request.Body).ReadToEndAsync()));
        });
        using (RawHttp raw = await hub.ConnectAsync())
        {
            await raw.SendAsync("POST /agents/e/refuses HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n");
            Assert.StartsWith("HTTP/1.1 403 ", await raw.ReadHeadAsync(), StringComparison.Ordinal);
        }

        using (RawHttp raw = await hub.ConnectAsync())
        {
            await raw.SendAsync("POST /agents/e/takes HTTP/1.1\r\nHost: h\r\nConnection: close\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n");
            Assert.Equal("HTTP/1.1 100 Continue\r\n\r\n", await raw.ReadHeadAsync());
            await raw.SendAsync("abc");
            string? answer = await raw.ReadToEndAsync();
            Assert.StartsWith("HTTP/1.1 200 ", answer, StringComparison.Ordinal);
            Assert.Contains("abc", answer, StringComparison.Ordinal);
        }
    }
}
