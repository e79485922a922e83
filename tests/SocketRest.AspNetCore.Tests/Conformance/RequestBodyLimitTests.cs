using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Mvc;

namespace SocketRest.AspNetCore.Tests.Conformance;

/// <summary>The limit on the size of a request body. TestServer has none.</summary>
public abstract class RequestBodyLimitTests<TTransport> : ConformanceTests<TTransport>
    where TTransport : ITransport, new()
{
    private static async Task Count(HttpContext context)
    {
        var count = 0L;
        var buffer = new byte[65_536];
        for (int read; (read = await context.Request.Body.ReadAsync(buffer)) > 0;)
        {
            count += read;
        }

        await context.Response.WriteAsync($"{count}");
    }

    [FactIf(Capability.LimitsRequestBody)]
    public async Task Limit_is_thirty_million_bytes_unless_set()
    {
        var client = await ServeAsync(context => context.Response.WriteAsync(
            $"{context.Features.GetRequiredFeature<IHttpMaxRequestBodySizeFeature>().MaxRequestBodySize}"));

        Assert.Equal("30000000", await client.GetStringAsync("/"));
    }

    [FactIf(Capability.LimitsRequestBody)]
    public async Task Body_declared_over_the_limit_is_a_413()
    {
        var client = await ServeAsync(context =>
        {
            Limit(context).MaxRequestBodySize = 1_000;
            return Count(context);
        });

        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, await PostAsync(client, new ByteArrayContent(Payload.Bytes(1_001))));
        Assert.Equal(HttpStatusCode.OK, await PostAsync(client, new ByteArrayContent(Payload.Bytes(1_000))));
    }

    [FactIf(Capability.LimitsRequestBody)]
    public async Task Streamed_body_over_the_limit_is_a_413()
    {
        var client = await ServeAsync(context =>
        {
            Limit(context).MaxRequestBodySize = 10_000;
            return Count(context);
        });

        await RefusedAsync(client, Payload.Streamed(Payload.Bytes(10_001), 1_000));

        // HTTP/1.1 counts the framing of the chunks too, so that the limit itself would be over it.
        Assert.Equal(HttpStatusCode.OK, await PostAsync(client, Payload.Streamed(Payload.Bytes(9_900), 1_000)));
    }

    [FactIf(Capability.LimitsRequestBody)]
    public async Task Handler_sees_the_limit_as_a_bad_request_exception()
    {
        var seen = new TaskCompletionSource<Exception?>(TaskCreationOptions.RunContinuationsAsynchronously);
        var client = await ServeAsync(async context =>
        {
            Limit(context).MaxRequestBodySize = 100;
            seen.SetResult(await Record.ExceptionAsync(() => Count(context)));
        });

        await Record.ExceptionAsync(() => PostAsync(client, Payload.Streamed(Payload.Bytes(1_000))));

        var exception = Assert.IsAssignableFrom<BadHttpRequestException>(await seen.Task.InTime());
        Assert.Equal(StatusCodes.Status413PayloadTooLarge, exception.StatusCode);
    }

    [FactIf(Capability.LimitsRequestBody)]
    public async Task Limit_is_lifted_by_its_feature()
    {
        var client = await ServeAsync(context =>
        {
            Limit(context).MaxRequestBodySize = null;
            return Count(context);
        });

        using var response = await client.PostAsync("/", new ByteArrayContent(new byte[30_000_001]));

        Assert.Equal("30000001", await response.Content.ReadAsStringAsync());
    }

    [FactIf(Capability.LimitsRequestBody)]
    public async Task Limit_is_set_by_the_metadata_of_an_endpoint()
    {
        var client = await ServeAsync(app =>
        {
            app.MapPost("/small", Count).WithMetadata(new RequestSizeLimitAttribute(10));
            app.MapPost("/any", Count).WithMetadata(new DisableRequestSizeLimitAttribute());
        });

        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, await PostAsync(client, new ByteArrayContent(new byte[11]), "/small"));
        Assert.Equal(HttpStatusCode.OK, await PostAsync(client, new ByteArrayContent(new byte[10]), "/small"));
        Assert.Equal(HttpStatusCode.OK, await PostAsync(client, new ByteArrayContent(new byte[30_000_001]), "/any"));
    }

    [FactIf(Capability.LimitsRequestBody)]
    public async Task Limit_is_fixed_once_the_body_is_being_read()
    {
        var client = await ServeAsync(async context =>
        {
            var limit = Limit(context);
            Assert.False(limit.IsReadOnly);
            _ = await context.Request.Body.ReadAsync(new byte[1]);
            Assert.True(limit.IsReadOnly);
            Assert.Throws<InvalidOperationException>(() => limit.MaxRequestBodySize = 5);
        });

        Assert.Equal(HttpStatusCode.OK, await PostAsync(client, new StringContent("body")));
    }

    [FactIf(Capability.LimitsRequestBody)]
    public async Task Refused_body_does_not_harm_the_next_request()
    {
        var client = await ServeAsync(context =>
        {
            Limit(context).MaxRequestBodySize = 100_000;
            return Count(context);
        });

        for (var i = 0; i < 5; i++)
        {
            await RefusedAsync(client, Payload.Streamed(Payload.Bytes(200_000)));
            Assert.Equal(HttpStatusCode.OK, await PostAsync(client, new ByteArrayContent(Payload.Bytes(100_000))));
        }
    }

    private static IHttpMaxRequestBodySizeFeature Limit(HttpContext context) =>
        context.Features.GetRequiredFeature<IHttpMaxRequestBodySizeFeature>();

    private async Task RefusedAsync(HttpClient client, HttpContent content)
    {
        try
        {
            Assert.Equal(HttpStatusCode.RequestEntityTooLarge, await PostAsync(client, content));
        }
        catch (HttpRequestException) when (!Offers(Capability.AnswersMidUpload))
        {
        }
    }

    private static async Task<HttpStatusCode> PostAsync(HttpClient client, HttpContent content, string path = "/")
    {
        using var response = await client.PostAsync(path, content);
        return response.StatusCode;
    }
}
