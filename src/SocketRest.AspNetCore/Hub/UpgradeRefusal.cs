using System.Globalization;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.WebUtilities;

namespace SocketRest.AspNetCore.Hub;

/// <summary>An upgrade request that is answered as plain HTTP: no socket is accepted.</summary>
internal sealed record UpgradeRefusal(int Status, string Reason, TimeSpan? RetryAfter = null)
{
    /// <summary>Answers with the status and the reason (RFC 9457), in whole seconds where the peer is asked to wait.</summary>
    public async Task WriteAsync(HttpContext context)
    {
        context.Response.StatusCode = Status;
        context.Response.ContentType = "application/problem+json";
        context.Response.Headers.CacheControl = "no-store";
        if (RetryAfter is { } wait)
        {
            context.Response.Headers.RetryAfter = Math.Max(1, Math.Ceiling(wait.TotalSeconds)).ToString(CultureInfo.InvariantCulture);
        }

        using var problem = new MemoryStream();
        using (var json = new Utf8JsonWriter(problem))
        {
            json.WriteStartObject();
            json.WriteString("title"u8, ReasonPhrases.GetReasonPhrase(Status));
            json.WriteNumber("status"u8, Status);
            json.WriteString("detail"u8, Reason);
            json.WriteEndObject();
        }

        await context.Response.Body.WriteAsync(problem.GetBuffer().AsMemory(0, (int)problem.Length), context.RequestAborted).ConfigureAwait(false);
    }
}
