using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;

namespace SocketRest.Cli.Hub.SignIn;

/// <summary>
/// Whether the browser says that a page of the very origin asks that the request goes to, or the person who typed the address. A cookie alone does not: a browser sends it
/// whoever makes it ask, pages of other agents included, which are of the same site and often of the same machine.
/// </summary>
internal static class OwnPage
{
    public static bool Asks(HttpRequest request)
    {
        StringValues origin = request.Headers.Origin;
        if (origin.Count > 0 && !IsOwn(origin, request))
        {
            return false;
        }

        // Browsers leave the first out over plain HTTP, of WebSockets anywhere; those have an Origin. A GET has neither then, but for a Referer, which pages of other origins
        // can leave out and not make up. Pages without an origin of their own, as agents' under the dashboard's name, have none to say.
        return request.Headers["Sec-Fetch-Site"] is [{ } site] ? site is "same-origin" or "none" : origin.Count > 0 || IsOwn(request.Headers.Referer, request);
    }

    /// <summary>Whether the browser says that no page led here, but the person.</summary>
    public static bool IsTyped(HttpRequest request) => request.Headers["Sec-Fetch-Site"] is ["none"];

    private static bool IsOwn(StringValues address, HttpRequest request) =>
        address is [{ } text]
        && Uri.TryCreate(text, UriKind.Absolute, out Uri? page)

        // What ends TLS in front of the hub makes its scheme http.
        && (page.Scheme == Uri.UriSchemeHttps || (page.Scheme == Uri.UriSchemeHttp && !request.IsHttps))
        && page.Authority.Equals(request.Host.Value, StringComparison.OrdinalIgnoreCase);
}
