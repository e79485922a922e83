using System.Net;

namespace SocketRest.Http;

/// <summary>
/// Carries cookies between the container and the exchanges (RFC 6265). Without cookies on either side it costs a look-up.
/// </summary>
internal static class CookiePolicy
{
    private const string SetCookie = "Set-Cookie";

    /// <summary>
    /// The cookies of the container for the request's address, or null. They are sent after a Cookie header of the caller's own.
    /// </summary>
    public static string? GetCookies(HttpRequestMessage request, HandlerSettings settings)
    {
        if (!settings.HasCookies || request.RequestUri is not { IsAbsoluteUri: true } uri)
            return null;
        var cookies = settings.CookieContainer.GetCookieHeader(uri);
        return cookies.Length == 0 ? null : cookies;
    }

    /// <summary>Stores what the response sets for the address that was asked.</summary>
    public static void Store(HttpRequestMessage request, HttpResponseMessage response, HandlerSettings settings)
    {
        if (!settings.UseCookies
            || !response.Headers.NonValidated.TryGetValues(SetCookie, out var values)
            || request.RequestUri is not { IsAbsoluteUri: true } uri)
        {
            return;
        }

        foreach (var value in values)
        {
            try
            {
                settings.CookieContainer.SetCookies(uri, value);
            }
            catch (CookieException)
            {
                // RFC 6265, section 5.2: a malformed one is ignored, and spoils neither the others nor the response.
            }
        }
    }
}
