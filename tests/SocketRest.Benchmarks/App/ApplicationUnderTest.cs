using System.Globalization;
using System.IO.Pipelines;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace SocketRest.Benchmarks.App;

/// <summary>The application that every peer serves: the same endpoints, logging and metrics settings, whatever carries the calls.</summary>
internal static class ApplicationUnderTest
{
    public const string HelloPath = "/hello";
    public const string JsonPath = "/json";
    public const string DownloadPath = "/download";
    public const string UploadPath = "/upload";

    public static ReadOnlySpan<byte> Hello => "Hello, World!"u8;

    public static WebApplicationBuilder CreateBuilder()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.Services.ConfigureHttpJsonOptions(options => options.SerializerOptions.TypeInfoResolverChain.Insert(0, OrderJsonContext.Default));
        return builder;
    }

    public static void Map(WebApplication app)
    {
        app.MapGet(HelloPath, () => "Hello, World!");
        app.MapPost(JsonPath, (Order order) => order with { Total = order.Lines.Sum(line => line.Quantity * line.Price) });
        app.MapGet(DownloadPath, DownloadAsync);
        app.MapPost(UploadPath, UploadAsync).WithMetadata(new DisableRequestSizeLimitAttribute());
    }

    private static async Task DownloadAsync(HttpContext context, long bytes)
    {
        context.Response.ContentType = "application/octet-stream";
        context.Response.ContentLength = bytes;
        for (long offset = 0; offset < bytes;)
        {
            var chunk = Pattern.Chunk(offset, bytes - offset);
            await context.Response.Body.WriteAsync(chunk, context.RequestAborted);
            offset += chunk.Length;
        }
    }

    private static async Task UploadAsync(HttpContext context)
    {
        var count = await CountAsync(context.Request.BodyReader, context.RequestAborted);
        context.Response.StatusCode = count >= 0 ? StatusCodes.Status200OK : StatusCodes.Status422UnprocessableEntity;
        await context.Response.WriteAsync(count.ToString(CultureInfo.InvariantCulture));
    }

    // -1 where a sampled byte is not the pattern's.
    private static async Task<long> CountAsync(PipeReader reader, CancellationToken cancellationToken)
    {
        long count = 0;
        var intact = true;
        while (true)
        {
            var result = await reader.ReadAsync(cancellationToken);
            foreach (var segment in result.Buffer)
            {
                intact &= Pattern.Matches(segment.Span, count);
                count += segment.Length;
            }

            reader.AdvanceTo(result.Buffer.End);
            if (result.IsCompleted)
            {
                return intact ? count : -1;
            }
        }
    }
}
