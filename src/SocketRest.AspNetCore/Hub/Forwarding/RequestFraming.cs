using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Primitives;

namespace SocketRest.AspNetCore.Hub.Forwarding;

/// <summary>
/// How a request's body is delimited. The tunnel has a framing of its own, so that nothing of the caller's is ever taken for another request; what two readers
/// could understand in two ways is refused all the same.
/// </summary>
internal static class RequestFraming
{
    /// <summary>Where Kestrel puts a Content-Length beside a Transfer-Encoding.</summary>
    private const string OverriddenLength = "X-Content-Length";

    public static ForwarderProblem? Check(HttpRequest request)
    {
        StringValues coding = request.Headers.TransferEncoding;
        if (coding.Count == 0)
        {
            return null;
        }

        // RFC 9112 section 6.1: other codings would have to be undone here, and both fields at once are what smuggling is made of.
        string? fault = !coding.ToString().Equals("chunked", StringComparison.OrdinalIgnoreCase)
            ? "The only transfer coding that is passed on is chunked."
            : request.ContentLength is not null || request.Headers.ContainsKey(OverriddenLength)
                ? "A request with a Transfer-Encoding has no Content-Length."
                : null;
        return fault is null ? null : ForwarderProblem.BadFraming(fault);
    }

    /// <summary>Whether there is a body to pass on, be it an empty one that is only known to be so at its end.</summary>
    public static bool HasBody(HttpContext context)
    {
        // What follows the head of such a request is not HTTP, whether the upgrade is wanted or not.
        if (context.Features.Get<IHttpUpgradeFeature>() is { IsUpgradableRequest: true })
        {
            return false;
        }

        return context.Features.Get<IHttpRequestBodyDetectionFeature>()?.CanHaveBody
            ?? (context.Request.ContentLength > 0 || context.Request.Headers.TransferEncoding.Count > 0);
    }
}
