namespace SocketRest.Cli.Management.Model;

/// <summary>The requests to the agents of one name that are under way, the longest running first, 100 at most.</summary>
internal sealed record RunningRequestList
{
    /// <summary>The requests.</summary>
    public required IReadOnlyList<RunningRequest> Items { get; init; }
}
