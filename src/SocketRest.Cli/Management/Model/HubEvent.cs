namespace SocketRest.Cli.Management.Model;

/// <summary>
/// Something that happened at the hub: the data of one server-sent event, whose type is the kind. A request in it has no bodies, whatever was recorded: those are with the agent's
/// recent requests.
/// </summary>
internal sealed record HubEvent
{
    /// <summary>What happened.</summary>
    public required HubEventKind Kind { get; init; }

    /// <summary>When.</summary>
    public required DateTimeOffset At { get; init; }

    /// <summary>The agent, where the event is of a connection.</summary>
    public Agent? Agent { get; init; }

    /// <summary>The request, where one has finished. Without bodies.</summary>
    public RecordedRequest? Request { get; init; }

    /// <summary>Why, where there is a reason.</summary>
    public string? Reason { get; init; }

    /// <summary>How many events this reader has missed before this one, because it reads too slowly.</summary>
    public int Missed { get; init; }
}
