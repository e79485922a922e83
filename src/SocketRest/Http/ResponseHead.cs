using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using SocketRest.Protocol.Hpack;

namespace SocketRest.Http;

/// <summary>Reads the fields of a response's HEADERS into an <see cref="HttpResponseMessage"/>.</summary>
internal static class ResponseHead
{
    public static HttpResponseMessage Read(HeaderList fields, HttpRequestMessage request, HttpContent content)
    {
        ReadOnlySpan<HeaderField> span = fields.Span;
        var response = new HttpResponseMessage((HttpStatusCode)int.Parse(span[0].Value, NumberStyles.None, CultureInfo.InvariantCulture))
        {
            Version = HttpVersion.Version20,
            RequestMessage = request,
            Content = content,
        };
        HttpResponseHeaders headers = response.Headers;
        HttpContentHeaders? contentHeaders = null;
        foreach (ref readonly HeaderField field in span[1..])
        {
            if (IsContentHeader(field.Name))
            {
                contentHeaders ??= content.Headers;
                contentHeaders.TryAddWithoutValidation(field.Name, field.Value);
            }
            else
            {
                headers.TryAddWithoutValidation(field.Name, field.Value);
            }
        }

        return response;
    }

    public static void ReadTrailers(HeaderList fields, HttpResponseMessage response)
    {
        foreach (ref readonly HeaderField field in fields.Span)
        {
            response.TrailingHeaders.TryAddWithoutValidation(field.Name, field.Value);
        }
    }

    /// <summary>The fields that System.Net.Http keeps with the content.</summary>
    private static bool IsContentHeader(string name) => name.Length switch
    {
        5 => name.Equals("Allow", StringComparison.OrdinalIgnoreCase),
        7 => name.Equals("Expires", StringComparison.OrdinalIgnoreCase),
        11 => name.Equals("Content-MD5", StringComparison.OrdinalIgnoreCase),
        12 => name.Equals("Content-Type", StringComparison.OrdinalIgnoreCase),
        13 => name.Equals("Last-Modified", StringComparison.OrdinalIgnoreCase) || name.Equals("Content-Range", StringComparison.OrdinalIgnoreCase),
        14 => name.Equals("Content-Length", StringComparison.OrdinalIgnoreCase),
        16 => name.Equals("Content-Encoding", StringComparison.OrdinalIgnoreCase)
            || name.Equals("Content-Language", StringComparison.OrdinalIgnoreCase)
            || name.Equals("Content-Location", StringComparison.OrdinalIgnoreCase),
        19 => name.Equals("Content-Disposition", StringComparison.OrdinalIgnoreCase),
        _ => false,
    };
}
