using System.Net;
using System.Net.Http.Headers;

namespace SocketRest.Http;

/// <summary>
/// Asks for the content codings (RFC 9110, section 8.4.1) that the settings enable, and undoes the one that a response used last.
/// </summary>
internal static class DecompressionPolicy
{
    private static readonly StringWithQualityHeaderValue s_gzip = new("gzip");
    private static readonly StringWithQualityHeaderValue s_deflate = new("deflate");
    private static readonly StringWithQualityHeaderValue s_brotli = new("br");

    /// <summary>Adds what is enabled and not mentioned yet: whoever wrote "gzip;q=0" does not want it.</summary>
    public static void AddAcceptEncoding(HttpRequestMessage request, DecompressionMethods methods)
    {
        if (methods == DecompressionMethods.None)
            return;
        var codings = request.Headers.AcceptEncoding;
        AddMissing(codings, s_gzip, methods, DecompressionMethods.GZip);
        AddMissing(codings, s_deflate, methods, DecompressionMethods.Deflate);
        AddMissing(codings, s_brotli, methods, DecompressionMethods.Brotli);
    }

    /// <summary>Replaces the content by one that reads decompressed, where its outermost coding is enabled.</summary>
    public static void Wrap(HttpResponseMessage response, DecompressionMethods methods)
    {
        if (methods == DecompressionMethods.None || !response.Content.Headers.NonValidated.Contains("Content-Encoding"))
            return;
        var method = MethodOf(response.Content.Headers.ContentEncoding.LastOrDefault());
        if ((methods & method) != DecompressionMethods.None)
            response.Content = new DecompressedContent(response.Content, method);
    }

    private static void AddMissing(
        HttpHeaderValueCollection<StringWithQualityHeaderValue> codings,
        StringWithQualityHeaderValue coding,
        DecompressionMethods enabled,
        DecompressionMethods method)
    {
        if ((enabled & method) == DecompressionMethods.None)
            return;
        foreach (var present in codings)
        {
            if (Is(present.Value, coding.Value))
                return;
        }

        codings.Add(coding);
    }

    private static DecompressionMethods MethodOf(string? coding) =>
        Is(coding, s_gzip.Value) ? DecompressionMethods.GZip
        : Is(coding, s_deflate.Value) ? DecompressionMethods.Deflate
        : Is(coding, s_brotli.Value) ? DecompressionMethods.Brotli
        : DecompressionMethods.None;

    // RFC 9110, section 8.4.1: the names of codings are case-insensitive.
    private static bool Is(string? one, string other) => string.Equals(one, other, StringComparison.OrdinalIgnoreCase);
}
