namespace SocketRest.Cli.Management.Model;

/// <summary>The hub itself.</summary>
internal sealed record HubInformation
{
    /// <summary>The version of the command.</summary>
    public required string Version { get; init; }

    /// <summary>When it started.</summary>
    public required DateTimeOffset Started { get; init; }

    /// <summary>For how long it has run, in seconds.</summary>
    public required double UptimeSeconds { get; init; }

    /// <summary>Its connections.</summary>
    public required ConnectionCounts Connections { get; init; }

    /// <summary>Requests that were forwarded to agents and have finished since it started.</summary>
    public required long Calls { get; init; }

    /// <summary>Requests that are being forwarded.</summary>
    public required int RunningCalls { get; init; }

    /// <summary>Where the forwarder has an agent, with <c>{agent}</c> for its name: for calls from the dashboard.</summary>
    public required string AgentPath { get; init; }

    /// <summary>Where an agent's own pages are, with <c>{agent}</c> for its name: never in the dashboard's origin where there is a choice.</summary>
    public required string AgentAddress { get; init; }
}
