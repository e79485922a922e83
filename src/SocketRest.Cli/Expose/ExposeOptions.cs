using SocketRest.Cli.Configuration;

namespace SocketRest.Cli.Expose;

/// <summary>What to expose, where, and how to say what goes on.</summary>
internal sealed record ExposeOptions
{
    public required UpstreamOptions Upstream { get; init; }

    public required HubAddress Hub { get; init; }

    public required string Name { get; init; }

    public string? Key { get; init; }

    /// <summary>What the agent says of itself, for those who look for agents.</summary>
    public IReadOnlyDictionary<string, string> Metadata { get; init; } = new Dictionary<string, string>();

    /// <summary>How long running requests may take to finish when the command is asked to end. Default 10 seconds.</summary>
    public TimeSpan DrainTimeout { get; init; } = TimeSpan.FromSeconds(10);
}
