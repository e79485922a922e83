using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;

namespace SocketRest.Cli.Hub;

/// <summary>An answer that says why there is no other (RFC 9457).</summary>
internal static class Problem
{
    public static Task WriteAsync(HttpContext context, int status, string detail)
    {
        context.Response.StatusCode = status;
        context.Response.Headers.CacheControl = "no-store";
        return context.Response.WriteAsJsonAsync(
            new ProblemDetails { Status = status, Title = Microsoft.AspNetCore.WebUtilities.ReasonPhrases.GetReasonPhrase(status), Detail = detail },
            options: null,
            contentType: "application/problem+json",
            context.RequestAborted);
    }
}
