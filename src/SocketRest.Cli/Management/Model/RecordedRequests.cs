namespace SocketRest.Cli.Management.Model;

/// <summary>The recent requests to the agents of one name, newest first.</summary>
internal sealed record RecordedRequests
{
    /// <summary>The requests.</summary>
    public required IReadOnlyList<RecordedRequest> Items { get; init; }

    /// <summary>Whether bodies are recorded.</summary>
    public required Recording Recording { get; init; }
}
