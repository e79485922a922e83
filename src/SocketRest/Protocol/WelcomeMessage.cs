using System.Text.Json;

namespace SocketRest.Protocol;

/// <summary>The accepting side's answer to HELLO.</summary>
internal sealed record WelcomeMessage
{
    public required int Version { get; init; }

    /// <summary>The connection ID: random, no secret.</summary>
    public required string Id { get; init; }

    /// <summary>The secret that a resume must show.</summary>
    public string? Token { get; init; }

    /// <summary>Milliseconds for which a lost connection may be resumed. 0: never.</summary>
    public long Grace { get; init; }

    public required WireSettings Settings { get; init; }

    public bool Serves { get; init; }

    /// <summary>What the accepting side says of itself: a JSON object.</summary>
    public JsonElement? Metadata { get; init; }

    /// <summary>Present when a resume was accepted: counted bytes that the accepting side has received.</summary>
    public ulong? Received { get; init; }

    /// <summary>Whether the accepting side takes REAUTHENTICATE.</summary>
    public bool Reauthenticate { get; init; }
}
