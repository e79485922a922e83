namespace SocketRest.Cli.Management;

/// <summary>Who may look at the hub, and how much it remembers for them.</summary>
internal sealed class HubManagementOptions
{
    /// <summary>
    /// The authorization policy of operators, for everything but the pages' own files, <c>/healthz</c> and <c>/readyz</c>. Without one, which is the default, the
    /// hub has no keys: it is managed under loopback host names alone.
    /// </summary>
    public string? Policy { get; set; }

    /// <summary>Whether <c>/metrics</c> is open to everybody who reaches the hub. Default: no.</summary>
    public bool OpenMetrics { get; set; }

    /// <summary>
    /// The host names under which browsers find the dashboard, and under which what agents send is kept from running as a page of the dashboard's origin. Default:
    /// none, which means <c>localhost</c> without a <see cref="Policy"/>, and with one every name that is not an agent's (<see cref="AgentHosts"/>).
    /// </summary>
    public IList<string> DashboardHosts { get; } = [];

    /// <summary>Host names that belong to agents, where nothing of the management answers: <c>*.hub.example.com</c>. Default: none.</summary>
    public IList<string> AgentHosts { get; } = [];

    /// <summary>Where the forwarder has an agent, by its name: what Swagger UI sends its requests to. Default <c>/agents/{agent}</c>.</summary>
    public string AgentPath { get; set; } = "/agents/{agent}";

    /// <summary>Requests that are remembered for each agent name. Default 200; at least 1.</summary>
    public int RequestsPerAgent { get; set; } = 200;

    /// <summary>What all requests that are remembered may take up together, in bytes. Default 67,108,864. The oldest go first.</summary>
    public long RequestMemory { get; set; } = 64L << 20;

    /// <summary>How long bodies are recorded after somebody asked for it. Default ten minutes.</summary>
    public TimeSpan RecordingTime { get; set; } = TimeSpan.FromMinutes(10);

    /// <summary>Most that may be recorded of a body, in bytes. Default 65,536.</summary>
    public int MaxRecordedBody { get; set; } = 64 * 1024;

    /// <summary>Readers of events at once. Default 100; one more is answered with 503.</summary>
    public int MaxEventReaders { get; set; } = 100;
}
