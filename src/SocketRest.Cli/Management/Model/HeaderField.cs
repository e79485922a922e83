namespace SocketRest.Cli.Management.Model;

/// <summary>A header field as it was sent, or what stands in for a secret.</summary>
internal sealed record HeaderField
{
    /// <summary>The field's name.</summary>
    public required string Name { get; init; }

    /// <summary>Its value, cut off where it is very long.</summary>
    public required string Value { get; init; }
}
