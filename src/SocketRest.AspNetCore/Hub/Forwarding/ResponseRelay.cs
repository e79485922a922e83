using System.IO.Pipelines;
using System.Net.Http.Headers;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Primitives;
using Microsoft.Net.Http.Headers;

namespace SocketRest.AspNetCore.Hub.Forwarding;

/// <summary>Passes an agent's answer on to the caller: head, body as it comes, trailers.</summary>
internal static class ResponseRelay
{
    /// <summary>What is ready is passed on in pieces of about this many bytes.</summary>
    private const int FlushThreshold = 32 * 1024;

    public static async Task RunAsync(HttpContext context, HttpResponseMessage response, Via via, CancellationToken aborted)
    {
        context.Response.StatusCode = (int)response.StatusCode;
        CopyHead(context.Response, response, via);
        Stream body = response.Content.ReadAsStream(CancellationToken.None);
        PipeWriter writer = context.Response.BodyWriter;
        int unflushed = 0;
        bool begun = false;
        bool flushed = false;
        try
        {
            while (true)
            {
                // With an empty buffer: what has to wait for the agent must not hold back what was there before, the head included.
                ValueTask<int> ready = body.ReadAsync(Memory<byte>.Empty, aborted);
                if ((!ready.IsCompleted && (unflushed > 0 || !begun)) || unflushed >= FlushThreshold)
                {
                    begun = flushed = true;
                    unflushed = 0;
                    await writer.FlushAsync(aborted).ConfigureAwait(false);
                }

                await ready.ConfigureAwait(false);
                int count = await body.ReadAsync(writer.GetMemory(), aborted).ConfigureAwait(false);
                if (count == 0)
                {
                    break;
                }

                begun = true;
                writer.Advance(count);
                unflushed += count;
            }

            if (context.Features.Get<IHttpResponseTrailersFeature>() is { } trailers)
            {
                CopyTrailers(trailers.Trailers, response.TrailingHeaders);
            }

            if (flushed && unflushed > 0)
            {
                // Kestrel flushes the rest itself only if it has still to write something of its own.
                await writer.FlushAsync(aborted).ConfigureAwait(false);
            }
        }
        catch (Exception exception) when (begun)
        {
            throw new ResponseBrokeOffException(exception);
        }
    }

    /// <summary>Copies the fields of the head.</summary>
    /// <exception cref="BadAnswerException">The server cannot send one of them.</exception>
    public static void CopyHead(HttpResponse to, HttpResponseMessage response, Via via)
    {
        IHeaderDictionary fields = to.Headers;
        string name = "";
        try
        {
            foreach (KeyValuePair<string, HeaderStringValues> field in response.Headers.NonValidated)
            {
                name = field.Key;
                if (!ForwardedFieldNames.StopsHereOnTheWayBack(name))
                {
                    fields[name] = Values(field.Value);
                }
            }

            // A 204 has none (RFC 9110 section 8.6), whatever an agent says.
            bool lengthless = to.StatusCode == StatusCodes.Status204NoContent;
            foreach (KeyValuePair<string, HeaderStringValues> field in response.Content.Headers.NonValidated)
            {
                name = field.Key;
                if (!lengthless || !name.Equals(HeaderNames.ContentLength, StringComparison.OrdinalIgnoreCase))
                {
                    fields[name] = Values(field.Value);
                }
            }

            name = HeaderNames.Via;
            fields.Via = via.ForResponse(response.Headers.NonValidated.TryGetValues(name, out HeaderStringValues before) ? Values(before) : default);
        }
        catch (InvalidOperationException exception)
        {
            throw new BadAnswerException($"The field '{name}' has a value that this server does not send: {exception.Message}", exception);
        }
    }

    private static void CopyTrailers(IHeaderDictionary to, HttpResponseHeaders trailers)
    {
        foreach (KeyValuePair<string, HeaderStringValues> field in trailers.NonValidated)
        {
            if (!ForwardedFieldNames.StopsHereOnTheWayBack(field.Key))
            {
                try
                {
                    to[field.Key] = Values(field.Value);
                }
                catch (InvalidOperationException exception)
                {
                    throw new BadAnswerException($"The trailer '{field.Key}' has a value that this server does not send: {exception.Message}", exception);
                }
            }
        }
    }

    private static StringValues Values(in HeaderStringValues values)
    {
        if (values.Count <= 1)
        {
            return values.ToString();
        }

        var copy = new string[values.Count];
        int i = 0;
        foreach (string value in values)
        {
            copy[i++] = value;
        }

        return copy;
    }
}
