using System.Net;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace SocketRest.AspNetCore.Tests.Conformance;

/// <summary>Methods, status codes, and what each of them says about the body.</summary>
public abstract class MethodsTests<TTransport> : ConformanceTests<TTransport>
    where TTransport : ITransport, new()
{
    [Theory]
    [InlineData("GET")]
    [InlineData("POST")]
    [InlineData("PUT")]
    [InlineData("PATCH")]
    [InlineData("DELETE")]
    [InlineData("OPTIONS")]
    [InlineData("TRACE")]
    [InlineData("PROPFIND")]
    [InlineData("M-SEARCH")]
    public async Task Method_reaches_the_application(string method)
    {
        var client = await ServeAsync(context => context.Response.WriteAsync(context.Request.Method));

        using var response = await client.SendAsync(new HttpRequestMessage(new HttpMethod(method), "/"));

        Assert.Equal(method, await response.Content.ReadAsStringAsync());
    }

    [Theory]
    [InlineData("GET")]
    [InlineData("POST")]
    [InlineData("PUT")]
    [InlineData("PATCH")]
    [InlineData("DELETE")]
    [InlineData("OPTIONS")]
    [InlineData("PROPFIND")]
    public async Task Method_may_carry_a_body(string method)
    {
        var client = await ServeAsync(async context =>
        {
            using var reader = new StreamReader(context.Request.Body);
            await context.Response.WriteAsync(await reader.ReadToEndAsync());
        });

        var request = new HttpRequestMessage(new HttpMethod(method), "/") { Content = new StringContent("body") };
        using var response = await client.SendAsync(request);

        Assert.Equal("body", await response.Content.ReadAsStringAsync());
    }

    [Fact]
    public async Task Protocol_and_version_are_those_of_the_transport()
    {
        var client = await ServeAsync(context => context.Response.WriteAsync(context.Request.Protocol));

        using var response = await client.GetAsync("/");

        Assert.Equal(Transport.RequestProtocol, await response.Content.ReadAsStringAsync());
        Assert.Equal(Transport.ResponseVersion, response.Version);
    }

    [Fact]
    public async Task Head_answers_with_the_length_and_without_the_body()
    {
        var client = await ServeAsync(context =>
        {
            context.Response.ContentLength = 5;
            context.Response.ContentType = "text/plain";
            return Task.CompletedTask;
        });

        using var response = await client.SendAsync(new HttpRequestMessage(HttpMethod.Head, "/"));

        Assert.Equal(5, response.Content.Headers.ContentLength);
        Assert.Equal("text/plain", response.Content.Headers.ContentType?.ToString());
        Assert.Empty(await response.Content.ReadAsByteArrayAsync());
    }

    [FactIf(Capability.HeadDropsBody)]
    public async Task Method_that_the_application_changes_changes_nothing_for_the_caller()
    {
        var client = await ServeAsync(context =>
        {
            context.Request.Method = HttpMethods.IsHead(context.Request.Method) ? HttpMethods.Get : HttpMethods.Head;
            return context.Response.WriteAsync("hello");
        });

        for (var i = 0; i < 2; i++)
        {
            using var head = await client.SendAsync(new HttpRequestMessage(HttpMethod.Head, "/"));
            Assert.Equal(HttpStatusCode.OK, head.StatusCode);
            Assert.Empty(await head.Content.ReadAsByteArrayAsync());
            Assert.Equal("hello", await client.GetStringAsync("/"));
        }
    }

    [FactIf(Capability.HeadDropsBody)]
    public async Task Head_ignores_what_the_handler_writes()
    {
        var client = await ServeAsync(async context =>
        {
            context.Response.ContentLength = 5;
            await context.Response.WriteAsync("hello");
        });

        using var response = await client.SendAsync(new HttpRequestMessage(HttpMethod.Head, "/"));

        Assert.Equal(5, response.Content.Headers.ContentLength);
        Assert.Empty(await response.Content.ReadAsByteArrayAsync());
    }

    [FactIf(Capability.HeadDropsBody)]
    public async Task Head_ignores_a_streamed_body_and_the_next_request_is_whole()
    {
        var client = await ServeAsync(async context =>
        {
            for (var i = 0; i < 10; i++)
            {
                await context.Response.WriteAsync("hello ");
                await context.Response.Body.FlushAsync();
            }
        });

        using var head = await client.SendAsync(new HttpRequestMessage(HttpMethod.Head, "/"));

        Assert.Equal(HttpStatusCode.OK, head.StatusCode);
        Assert.Empty(await head.Content.ReadAsByteArrayAsync());
        Assert.Equal(60, (await client.GetStringAsync("/")).Length);
    }

    [TheoryIf(Capability.HeadDropsBody)]
    [InlineData(100)]
    [InlineData(10_000)]
    public async Task Head_drops_what_begins_the_response_and_harms_no_other_call(int size)
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

            await context.Response.Body.WriteAsync(new byte[size]);
        });
        var others = new Task<string>[4];
        for (var i = 0; i < others.Length; i++)
        {
            others[i] = client.GetStringAsync("/waits");
        }

        for (var i = 0; i < 4; i++)
        {
            using var response = await client.SendAsync(new HttpRequestMessage(HttpMethod.Head, "/"));

            Assert.Equal(HttpStatusCode.OK, response.StatusCode);
            Assert.Empty(await response.Content.ReadAsByteArrayAsync());
        }

        go.Release(others.Length);
        Assert.All(await Task.WhenAll(others), answer => Assert.Equal("waited", answer));
    }

    [TheoryIf(Capability.HeadDropsBody)]
    [InlineData(204)]
    [InlineData(205)]
    [InlineData(304)]
    public async Task Body_of_a_status_that_has_none_throws_where_it_is_written(int status)
    {
        var client = await ServeAsync(async context =>
        {
            if (context.Request.Path == "/next")
            {
                await context.Response.WriteAsync("next");
                return;
            }

            context.Response.StatusCode = status;
            foreach (var size in new[] { 5, 10_000 })
            {
                await Assert.ThrowsAsync<InvalidOperationException>(() => context.Response.Body.WriteAsync(new byte[size]).AsTask());
            }
        });

        using var response = await client.GetAsync("/");

        Assert.Equal(status, (int)response.StatusCode);
        Assert.Empty(await response.Content.ReadAsByteArrayAsync());
        Assert.Equal("next", await client.GetStringAsync("/next"));
    }

    [Theory]
    [InlineData(204)]
    [InlineData(205)]
    [InlineData(304)]
    public async Task Status_without_a_body_has_none(int status)
    {
        var client = await ServeAsync(context =>
        {
            context.Response.StatusCode = status;
            context.Response.Headers.ETag = "\"1\"";
            return Task.CompletedTask;
        });

        using var response = await client.GetAsync("/");

        Assert.Equal(status, (int)response.StatusCode);
        Assert.Equal("\"1\"", response.Headers.ETag?.Tag);
        Assert.Empty(await response.Content.ReadAsByteArrayAsync());
    }

    [Theory]
    [InlineData(200)]
    [InlineData(201)]
    [InlineData(202)]
    [InlineData(206)]
    [InlineData(299)]
    [InlineData(300)]
    [InlineData(400)]
    [InlineData(404)]
    [InlineData(409)]
    [InlineData(418)]
    [InlineData(422)]
    [InlineData(451)]
    [InlineData(500)]
    [InlineData(503)]
    [InlineData(599)]
    public async Task Status_reaches_the_caller_with_its_body(int status)
    {
        var client = await ServeAsync(context =>
        {
            context.Response.StatusCode = status;
            return context.Response.WriteAsync($"this is {status}");
        });

        using var response = await client.GetAsync("/");

        Assert.Equal(status, (int)response.StatusCode);
        Assert.Equal($"this is {status}", await response.Content.ReadAsStringAsync());
    }

    [Fact]
    public async Task Reason_phrase_travels_only_where_the_protocol_has_one()
    {
        var client = await ServeAsync(context =>
        {
            context.Features.GetRequiredFeature<IHttpResponseFeature>().ReasonPhrase = "As you like it";
            return Task.CompletedTask;
        });

        using var response = await client.GetAsync("/");

        Assert.Equal(Offers(Capability.ReasonPhrase) ? "As you like it" : "OK", response.ReasonPhrase);
    }

    [Fact]
    public async Task Post_without_content_has_an_empty_body()
    {
        var client = await ServeAsync(async context =>
            await context.Response.WriteAsync($"{context.Request.ContentLength ?? 0} {await context.Request.Body.ReadAsync(new byte[1])}"));

        using var response = await client.PostAsync("/", content: null);

        Assert.Equal("0 0", await response.Content.ReadAsStringAsync());
    }
}
