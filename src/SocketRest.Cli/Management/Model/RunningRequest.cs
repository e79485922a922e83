namespace SocketRest.Cli.Management.Model;

/// <summary>A request that is forwarded to an agent and has not finished.</summary>
internal sealed record RunningRequest
{
    /// <summary>The method.</summary>
    public required string Method { get; init; }

    /// <summary>Path and query at the agent. Query parameters that look like secrets are left out.</summary>
    public required string Path { get; init; }

    /// <summary>The status, missing where the answer has not begun.</summary>
    public int? Status { get; init; }

    /// <summary>When it came.</summary>
    public required DateTimeOffset Started { get; init; }

    /// <summary>For how long it has been running, in milliseconds.</summary>
    public required double RunningMs { get; init; }

    /// <summary>Bytes of the request's body that were read.</summary>
    public required long RequestBytes { get; init; }

    /// <summary>Bytes of the response's body that were written.</summary>
    public required long ResponseBytes { get; init; }
}
