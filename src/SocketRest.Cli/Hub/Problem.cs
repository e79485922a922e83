using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.WebUtilities;

namespace SocketRest.Cli.Hub;

/// <summary>An answer of the hub's own that says why there is no other (RFC 9457).</summary>
internal static class Problem
{
    /// <summary>With what the type of every answer begins that is the hub's own, and no agent's.</summary>
    public const string TypePrefix = "urn:socketrest:";

    public static Task WriteAsync(HttpContext context, int status, string type, string detail)
    {
        context.Response.StatusCode = status;
        context.Response.Headers.CacheControl = "no-store";
        return context.Response.WriteAsJsonAsync(
            new ProblemDetails { Type = TypePrefix + type, Status = status, Title = ReasonPhrases.GetReasonPhrase(status), Detail = detail },
            options: null,
            contentType: "application/problem+json",
            context.RequestAborted);
    }
}
