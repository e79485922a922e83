namespace SocketRest.Cli.Management.Model;

/// <summary>Connections by what they are good for.</summary>
internal sealed record ConnectionCounts
{
    /// <summary>All of them.</summary>
    public required int Total { get; init; }

    /// <summary>Those that take requests.</summary>
    public required int Connected { get; init; }

    /// <summary>Those that have lost their socket.</summary>
    public required int Interrupted { get; init; }

    /// <summary>Those that take no new requests.</summary>
    public required int Draining { get; init; }
}
