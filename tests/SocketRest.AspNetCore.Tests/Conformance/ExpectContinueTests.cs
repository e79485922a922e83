using System.Net;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace SocketRest.AspNetCore.Tests.Conformance;

/// <summary><c>Expect: 100-continue</c>: the body is sent when the application asks for it, or not at all.</summary>
public abstract class ExpectContinueTests<TTransport> : ConformanceTests<TTransport>
    where TTransport : ITransport, new()
{
    [FactIf(Capability.ExpectContinue)]
    public async Task Body_is_sent_when_the_handler_reads()
    {
        var running = new Signal();
        var read = new Signal();
        var client = await ServeAsync(async context =>
        {
            running.Release();
            await read.NextAsync();
            using var reader = new StreamReader(context.Request.Body);
            await context.Response.WriteAsync(await reader.ReadToEndAsync());
        });
        var body = new PushContent();

        var pending = SendAsync(client, body);
        await running.NextAsync();
        Assert.False(body.Asked.IsCompleted);
        read.Release();
        await body.WriteAsync("wanted"u8.ToArray());
        body.Complete();
        using var response = await pending;

        Assert.Equal("wanted", await response.Content.ReadAsStringAsync());
    }

    [TheoryIf(Capability.ExpectContinue)]
    [InlineData(417)]
    [InlineData(401)]
    [InlineData(500)]
    public async Task Body_is_not_sent_when_the_handler_refuses(int status)
    {
        var client = await ServeAsync(context =>
        {
            context.Response.StatusCode = status;
            return context.Response.WriteAsync("no");
        });
        var body = new PushContent();

        using var response = await SendAsync(client, body);

        Assert.Equal(status, (int)response.StatusCode);
        Assert.Equal("no", await response.Content.ReadAsStringAsync().InTime());
        Assert.False(body.Asked.IsCompleted);
    }

    [FactIf(Capability.ExpectContinue | Capability.LimitsRequestBody)]
    public async Task Body_over_the_limit_is_not_sent()
    {
        var client = await ServeAsync(context =>
        {
            context.Features.GetRequiredFeature<IHttpMaxRequestBodySizeFeature>().MaxRequestBodySize = 1_500;
            return context.Request.Body.CopyToAsync(Stream.Null);
        });

        // The HTTP/1.1 client sends a body of up to 1,024 bytes in spite of a refusal: that is cheaper than a new connection.
        var body = new PushContent(length: 2_000);

        using var response = await SendAsync(client, body);

        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, response.StatusCode);
        Assert.False(body.Asked.IsCompleted);
    }

    [Fact]
    public async Task Handler_that_answers_without_reading_is_no_problem()
    {
        var client = await ServeAsync(context => context.Response.WriteAsync("fine"));

        using var response = await SendAsync(client, new StringContent("unread"));

        Assert.Equal("fine", await response.Content.ReadAsStringAsync());
        Assert.Equal("fine", await client.GetStringAsync("/"));
    }

    [Fact]
    public async Task Header_is_visible_to_the_application()
    {
        var client = await ServeAsync(async context =>
        {
            await context.Request.Body.CopyToAsync(Stream.Null);
            await context.Response.WriteAsync(context.Request.Headers.Expect.ToString());
        });

        using var response = await SendAsync(client, new StringContent("body"));

        Assert.Equal("100-continue", await response.Content.ReadAsStringAsync());
    }

    [FactIf(Capability.ExpectContinue)]
    public async Task Refusal_does_not_harm_the_next_request()
    {
        var client = await ServeAsync(async context =>
        {
            if (context.Request.Path == "/refuse")
            {
                context.Response.StatusCode = StatusCodes.Status417ExpectationFailed;
                return;
            }

            using var reader = new StreamReader(context.Request.Body);
            await context.Response.WriteAsync(await reader.ReadToEndAsync());
        });

        for (var i = 0; i < 5; i++)
        {
            using var refused = await SendAsync(client, new StringContent("refused"), "/refuse");
            using var accepted = await SendAsync(client, new StringContent("accepted"), "/accept");
            Assert.Equal(HttpStatusCode.ExpectationFailed, refused.StatusCode);
            Assert.Equal("accepted", await accepted.Content.ReadAsStringAsync());
        }
    }

    private static Task<HttpResponseMessage> SendAsync(HttpClient client, HttpContent body, string path = "/")
    {
        var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = body };
        request.Headers.ExpectContinue = true;
        return client.SendAsync(request).InTime();
    }
}
