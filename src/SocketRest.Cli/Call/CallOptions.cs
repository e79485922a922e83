using SocketRest.Cli.Configuration;

namespace SocketRest.Cli.Call;

/// <summary>One request to an agent.</summary>
internal sealed record CallOptions
{
    public required HubAddress Hub { get; init; }

    public string? Key { get; init; }

    public required string Agent { get; init; }

    /// <summary>Path and query, byte for byte.</summary>
    public required string Target { get; init; }

    public required HttpMethod Method { get; init; }

    public IReadOnlyList<(string Name, string Value)> Fields { get; init; } = [];

    public CallBody? Body { get; init; }

    /// <summary>Whether the head of the answer is shown.</summary>
    public bool Include { get; init; }

    /// <summary>Whether a status of 400 or more is a failure and its body not shown.</summary>
    public bool Fail { get; init; }

    /// <summary>Where the body goes, or null for the standard output.</summary>
    public string? OutputFile { get; init; }
}
