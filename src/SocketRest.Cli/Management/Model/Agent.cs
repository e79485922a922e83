using System.Text.Json;

namespace SocketRest.Cli.Management.Model;

/// <summary>A connection of an agent. Several may have one name.</summary>
internal sealed record Agent
{
    /// <summary>The connection's ID.</summary>
    public required string Id { get; init; }

    /// <summary>The name that the agent gave.</summary>
    public string? Name { get; init; }

    /// <summary>What tells processes of one name apart.</summary>
    public string? Instance { get; init; }

    /// <summary>What the connection is good for.</summary>
    public required AgentState State { get; init; }

    /// <summary>What the agent says of itself: a JSON object.</summary>
    public required JsonElement Metadata { get; init; }

    /// <summary>Who it proved to be.</summary>
    public string? User { get; init; }

    /// <summary>Its address and port, as the hub sees them.</summary>
    public string? RemoteAddress { get; init; }

    /// <summary>When it connected.</summary>
    public required DateTimeOffset ConnectedAt { get; init; }

    /// <summary>The round trip that was measured last, in milliseconds.</summary>
    public double? RoundTripMs { get; init; }

    /// <summary>Requests running at the moment, in both directions.</summary>
    public required int OpenStreams { get; init; }

    /// <summary>Requests that the hub has sent to it.</summary>
    public required long CallsToAgent { get; init; }

    /// <summary>Requests that it has sent to the hub.</summary>
    public required long CallsFromAgent { get; init; }

    /// <summary>Bytes that the hub has sent to it.</summary>
    public required long BytesSent { get; init; }

    /// <summary>Bytes that it has sent to the hub.</summary>
    public required long BytesReceived { get; init; }
}
