using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;

namespace SocketRest.AspNetCore.Hub.Forwarding;

/// <summary>The Via field (RFC 9110 section 7.6.3) under a pseudonym that no other hub has, by which a loop is recognized.</summary>
internal sealed class Via(string pseudonym)
{
    private readonly string _http10 = $"1.0 {pseudonym}";
    private readonly string _http11 = $"1.1 {pseudonym}";
    private readonly string _http2 = $"2.0 {pseudonym}";
    private readonly string _http3 = $"3.0 {pseudonym}";

    /// <summary>Whether the message has been here before.</summary>
    public bool Names(StringValues via)
    {
        for (int i = 0; i < via.Count; i++)
        {
            if (via[i]?.Contains(pseudonym, StringComparison.OrdinalIgnoreCase) == true)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>The field for a request that is passed on, with what it had before.</summary>
    public string ForRequest(string protocol, StringValues before) => Append(
        before,
        HttpProtocol.IsHttp11(protocol) ? _http11 : HttpProtocol.IsHttp2(protocol) ? _http2 : HttpProtocol.IsHttp3(protocol) ? _http3 : _http10);

    /// <summary>The same for a response, which came through the tunnel, whose semantics are HTTP/2's.</summary>
    public string ForResponse(StringValues before) => Append(before, _http2);

    private static string Append(StringValues before, string own) => before.Count == 0 ? own : $"{before}, {own}";
}
