namespace SocketRest.Cli.Management.Model;

/// <summary>A request that was forwarded to an agent and has finished.</summary>
internal sealed record RecordedRequest
{
    /// <summary>A number that rises with each request of the hub.</summary>
    public required long Number { get; init; }

    /// <summary>The name of the agent.</summary>
    public required string Agent { get; init; }

    /// <summary>The method.</summary>
    public required string Method { get; init; }

    /// <summary>Path and query at the agent. Query parameters that look like secrets are left out.</summary>
    public required string Path { get; init; }

    /// <summary>The status, missing where there was no answer.</summary>
    public int? Status { get; init; }

    /// <summary>When it came.</summary>
    public required DateTimeOffset Started { get; init; }

    /// <summary>From its beginning to the end of its answer, in milliseconds.</summary>
    public required double DurationMs { get; init; }

    /// <summary>From its beginning to the beginning of its answer, in milliseconds; missing where there was none.</summary>
    public double? FirstByteMs { get; init; }

    /// <summary>Bytes of the request's body that were read.</summary>
    public required long RequestBytes { get; init; }

    /// <summary>Bytes of the response's body that were written.</summary>
    public required long ResponseBytes { get; init; }

    /// <summary>The request's header fields, without secrets.</summary>
    public required IReadOnlyList<HeaderField> RequestHeaders { get; init; }

    /// <summary>The response's header fields, without secrets.</summary>
    public required IReadOnlyList<HeaderField> ResponseHeaders { get; init; }

    /// <summary>The beginning of the request's body, if it is text and was asked for.</summary>
    public string? RequestBody { get; init; }

    /// <summary>The beginning of the response's body, if it is text and was asked for.</summary>
    public string? ResponseBody { get; init; }

    /// <summary>Why it failed, if it did.</summary>
    public string? Failure { get; init; }
}
