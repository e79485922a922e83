using System.Text.Json;
using System.Text.Json.Serialization;

namespace SocketRest.Cli.Configuration;

/// <summary>How sections of the configuration file are read: a misspelt member is an error, not a default.</summary>
internal static class SettingsJson
{
    public static JsonSerializerOptions Options { get; } = new(JsonSerializerDefaults.Web)
    {
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
        ReadCommentHandling = JsonCommentHandling.Skip,
        AllowTrailingCommas = true,
    };
}
