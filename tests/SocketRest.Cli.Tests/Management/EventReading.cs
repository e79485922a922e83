using System.Text.Json;

namespace SocketRest.Cli.Tests.Management;

internal static class EventReading
{
    /// <summary>Reads server-sent events until one of that type comes, and returns its data.</summary>
    public static async Task<JsonElement> ReadEventAsync(this StreamReader reader, string type)
    {
        string? current = null;
        while (await reader.ReadLineAsync().InTime() is { } line)
        {
            if (line.StartsWith("event: ", StringComparison.Ordinal))
            {
                current = line["event: ".Length..];
            }
            else if (line.StartsWith("data: ", StringComparison.Ordinal) && current == type)
            {
                return JsonSerializer.Deserialize<JsonElement>(line["data: ".Length..]);
            }
        }

        throw new EndOfStreamException($"No event '{type}' came.");
    }
}
