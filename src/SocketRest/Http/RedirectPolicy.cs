using System.Net;

namespace SocketRest.Http;

/// <summary>
/// Which redirects are followed and how (RFC 9110, section 15.4), as <see cref="SocketsHttpHandler"/> does within one authority.
/// </summary>
internal static class RedirectPolicy
{
    /// <summary>Whether the status asks for another request, provided that there is a Location: 304, 305 and 306 do not.</summary>
    public static bool IsRedirect(HttpStatusCode status) => (int)status is >= 300 and <= 303 or 307 or 308;

    /// <summary>
    /// The address to go on with, or null where the response is for the caller to see: no redirect, no usable Location, or one that leaves
    /// the scheme, host or port of the request, which is not for this tunnel to reach. That never takes a caller from https to http either.
    /// </summary>
    public static Uri? GetTarget(HttpRequestMessage request, HttpResponseMessage response)
    {
        if (!IsRedirect(response.StatusCode)
            || request.RequestUri is not { IsAbsoluteUri: true } origin
            || response.Headers.Location is not { } location
            || !Uri.TryCreate(origin, location, out var target)
            || !IsSameAuthority(origin, target))
        {
            return null;
        }

        // RFC 9110, section 10.2.2: a location without a fragment inherits that of the request.
        return origin.Fragment.Length > 0 && target.Fragment.Length == 0 ? new Uri(target.AbsoluteUri + origin.Fragment) : target;
    }

    /// <summary>
    /// Makes the request that follows out of the one that was answered, in place: the caller finds the final address in
    /// <see cref="HttpResponseMessage.RequestMessage"/>.
    /// </summary>
    public static void Rewrite(HttpRequestMessage request, HttpStatusCode status, Uri target)
    {
        // What was meant for one resource is not shown to another.
        request.Headers.Authorization = null;
        request.RequestUri = target;
        if (!BecomesGet(status, request.Method))
            return;

        request.Method = HttpMethod.Get;
        request.Content = null;
        if (request.Headers.TransferEncodingChunked == true)
            request.Headers.TransferEncodingChunked = false;
    }

    /// <summary>RFC 9110, sections 15.4.2 and 15.4.3, let a POST become a GET for history's sake, and every browser does so.</summary>
    private static bool BecomesGet(HttpStatusCode status, HttpMethod method) => status switch
    {
        HttpStatusCode.MultipleChoices or HttpStatusCode.MovedPermanently or HttpStatusCode.Found => method == HttpMethod.Post,
        HttpStatusCode.SeeOther => method != HttpMethod.Get && method != HttpMethod.Head,
        _ => false,
    };

    private static bool IsSameAuthority(Uri one, Uri other) =>
        one.Port == other.Port
        && one.Scheme == other.Scheme
        && string.Equals(one.IdnHost, other.IdnHost, StringComparison.OrdinalIgnoreCase);
}
