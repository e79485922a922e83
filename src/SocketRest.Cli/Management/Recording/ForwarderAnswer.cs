using System.Text.Json;
using Microsoft.AspNetCore.Http;

namespace SocketRest.Cli.Management.Recording;

/// <summary>Tells an answer of the forwarder's own from an agent's: such a one says why there is none of the agent's.</summary>
internal static class ForwarderAnswer
{
    private const string TypePrefix = "urn:socketrest:";
    private const int Most = 2048;
    private const int MostReason = 512;

    /// <summary>How much of a response's body it takes to know, in bytes: nothing, as a rule.</summary>
    public static int Keep(HttpResponse response) => IsProblem(response) ? Most : 0;

    /// <summary>Why the request failed, if this is such an answer.</summary>
    public static string? Reason(HttpResponse response, string? body)
    {
        if (body is null || !IsProblem(response))
        {
            return null;
        }

        try
        {
            using JsonDocument problem = JsonDocument.Parse(body);
            return problem.RootElement.ValueKind == JsonValueKind.Object
                && problem.RootElement.TryGetProperty("type", out JsonElement type)
                && type.ValueKind == JsonValueKind.String
                && type.GetString()!.StartsWith(TypePrefix, StringComparison.Ordinal)
                && problem.RootElement.TryGetProperty("detail", out JsonElement detail)
                && detail.ValueKind == JsonValueKind.String
                && detail.GetString() is { } reason
                ? reason[..Math.Min(reason.Length, MostReason)]
                : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static bool IsProblem(HttpResponse response) =>
        response.StatusCode >= StatusCodes.Status400BadRequest && response.ContentType?.StartsWith("application/problem+json", StringComparison.OrdinalIgnoreCase) == true;
}
