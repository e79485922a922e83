namespace SocketRest.Cli.Management.Model;

/// <summary>Whether the bodies of requests to the agents of one name are recorded.</summary>
internal sealed record Recording
{
    /// <summary>Whether they are.</summary>
    public required bool Bodies { get; init; }

    /// <summary>How much of each body, in bytes. Default 16,384; from 1 to 65,536.</summary>
    public int? MaxBytes { get; init; }

    /// <summary>When that ends by itself.</summary>
    public DateTimeOffset? Until { get; init; }
}
