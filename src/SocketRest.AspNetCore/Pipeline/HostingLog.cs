using System.Globalization;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace SocketRest.AspNetCore.Pipeline;

/// <summary>
/// The host's own entries for a request, with its event IDs and names of fields, in its category: filters and dashboards that know the one know
/// the other.
/// </summary>
internal static partial class HostingLog
{
    private const string Nothing = "-";

    public static void RequestStarting(this ILogger logger, HttpRequest request) => RequestStarting(
        logger, request.Protocol, request.Method, request.Scheme, request.Host.Value, request.PathBase.Value, request.Path.Value, request.QueryString.Value,
        request.ContentType ?? Nothing, Text(request.ContentLength));

    public static void RequestFinished(this ILogger logger, HttpContext context, TimeSpan elapsed)
    {
        HttpRequest request = context.Request;
        HttpResponse response = context.Response;
        RequestFinished(
            logger, request.Protocol, request.Method, request.Scheme, request.Host.Value, request.PathBase.Value, request.Path.Value, request.QueryString.Value,
            response.StatusCode, Text(response.ContentLength), response.ContentType ?? Nothing, elapsed.TotalMilliseconds);
    }

    public static void RequestUnhandled(this ILogger logger, HttpContext context)
    {
        HttpRequest request = context.Request;
        RequestUnhandled(logger, request.Method, request.Scheme, request.Host.Value, request.PathBase.Value, request.Path.Value, context.Response.StatusCode);
    }

    private static string Text(long? length) => length?.ToString(CultureInfo.InvariantCulture) ?? Nothing;

    [LoggerMessage(1, LogLevel.Information,
        "Request starting {Protocol} {Method} {Scheme}://{Host}{PathBase}{Path}{QueryString} - {ContentType} {ContentLength}",
        SkipEnabledCheck = true)]
    private static partial void RequestStarting(
        ILogger logger, string protocol, string method, string scheme, string? host, string? pathBase, string? path, string? queryString,
        string contentType, string contentLength);

    [LoggerMessage(2, LogLevel.Information,
        "Request finished {Protocol} {Method} {Scheme}://{Host}{PathBase}{Path}{QueryString} - {StatusCode} {ContentLength} {ContentType} {ElapsedMilliseconds:0.0000}ms",
        SkipEnabledCheck = true)]
    private static partial void RequestFinished(
        ILogger logger, string protocol, string method, string scheme, string? host, string? pathBase, string? path, string? queryString,
        int statusCode, string contentLength, string contentType, double elapsedMilliseconds);

    [LoggerMessage(16, LogLevel.Information,
        "Nothing in the pipeline handled the request {Method} {Scheme}://{Host}{PathBase}{Path}; the response status code is {StatusCode}.",
        SkipEnabledCheck = true)]
    private static partial void RequestUnhandled(
        ILogger logger, string method, string scheme, string? host, string? pathBase, string? path, int statusCode);
}
