using System.Text.Json;
using System.Text.Json.Serialization;

namespace SocketRest.Protocol;

/// <summary>The dialling side's first word.</summary>
internal sealed record HelloMessage
{
    /// <summary>The versions that this side speaks, best first.</summary>
    [JsonConverter(typeof(VersionsConverter))]
    public required int[] Versions { get; init; }

    /// <summary>The name by which the dialling side wants to be found, or null.</summary>
    public string? Name { get; init; }

    /// <summary>Tells two processes of one name apart: a new connection of the same name and instance replaces the old one.</summary>
    public string? Instance { get; init; }

    /// <summary>What the dialling side says of itself: a JSON object.</summary>
    public JsonElement? Metadata { get; init; }

    public required WireSettings Settings { get; init; }

    /// <summary>Whether this side answers requests.</summary>
    public bool Serves { get; init; }

    public ResumeRequest? Resume { get; init; }
}
