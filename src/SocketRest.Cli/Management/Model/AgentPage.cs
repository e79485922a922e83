namespace SocketRest.Cli.Management.Model;

/// <summary>A part of the list of agents, those connected longest first.</summary>
internal sealed record AgentPage
{
    /// <summary>The agents.</summary>
    public required IReadOnlyList<Agent> Items { get; init; }

    /// <summary>The <c>cursor</c> of what follows; missing at the end.</summary>
    public string? Next { get; init; }
}
