using System.Globalization;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;
using Microsoft.Net.Http.Headers;
using SocketRest.Protocol;
using SocketRest.Protocol.Hpack;

namespace SocketRest.AspNetCore.Pipeline;

/// <summary>Writes the head and the trailers of a response as fields.</summary>
internal static class ResponseFields
{
    private static readonly string?[] s_status = new string?[1000];

    public static void WriteHead(HeaderList head, int status, ResponseHeaderDictionary headers, string date)
    {
        head.Add(KnownHeaders.Status, StatusText(status));
        bool dated = false;
        foreach (KeyValuePair<string, StringValues> header in headers)
        {
            if (HeaderRules.IsOfOneConnection(header.Key))
            {
                continue;
            }

            dated |= header.Key.Equals(HeaderNames.Date, StringComparison.OrdinalIgnoreCase);
            Add(head, header.Key, header.Value);
        }

        if (!dated)
        {
            head.Add(HeaderNames.Date, date);
        }

        if (head.EncodedBound > FrameHeader.MaxPayload)
        {
            throw new InvalidOperationException($"The response's header fields take up to {head.EncodedBound} bytes; {FrameHeader.MaxPayload} is the limit.");
        }
    }

    public static HeaderList? WriteTrailers(IHeaderDictionary? trailers)
    {
        if (trailers is not { Count: > 0 })
        {
            return null;
        }

        if (trailers is not ResponseHeaderDictionary)
        {
            // A dictionary of the application's own has let anything in.
            var checkedTrailers = new ResponseHeaderDictionary();
            foreach (KeyValuePair<string, StringValues> trailer in trailers)
            {
                checkedTrailers.Add(trailer);
            }

            trailers = checkedTrailers;
        }

        var list = new HeaderList();
        foreach (KeyValuePair<string, StringValues> trailer in trailers)
        {
            if (!HeaderRules.IsOfOneConnection(trailer.Key))
            {
                Add(list, trailer.Key, trailer.Value);
            }
        }

        if (list.Count == 0)
        {
            return null;
        }

        return list.EncodedBound <= FrameHeader.MaxPayload ? list
            : throw new InvalidOperationException($"The response's trailers take up to {list.EncodedBound} bytes; {FrameHeader.MaxPayload} is the limit.");
    }

    private static void Add(HeaderList list, string name, StringValues values)
    {
        for (int i = 0; i < values.Count; i++)
        {
            list.Add(name, values[i] ?? "");
        }
    }

    private static string StatusText(int status) => status is >= 100 and < 1000
        ? s_status[status] ??= status.ToString(CultureInfo.InvariantCulture)
        : throw new InvalidOperationException($"{status} is no status code.");
}
