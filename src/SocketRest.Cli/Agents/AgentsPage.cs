namespace SocketRest.Cli.Agents;

/// <summary>A page of the management API's list.</summary>
internal sealed record AgentsPage(IReadOnlyList<AgentEntry> Items, string? Next);

/// <summary>An agent as the management API shows it.</summary>
internal sealed record AgentEntry(
    string Id,
    string? Name,
    string? Instance,
    string State,
    string? RemoteAddress,
    DateTimeOffset ConnectedAt,
    double? RoundTripMs,
    int OpenStreams,
    long? CallsToAgent,
    long? CallsFromAgent,
    long? BytesSent,
    long? BytesReceived);
