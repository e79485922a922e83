namespace SocketRest.Protocol;

/// <summary>Asks to go on with a connection whose socket was lost.</summary>
internal sealed record ResumeRequest
{
    public required string Id { get; init; }

    public required string Token { get; init; }

    /// <summary>Counted bytes that the dialling side has received.</summary>
    public required ulong Received { get; init; }

    /// <summary>Only ever rises within one connection; a lower one is refused.</summary>
    public required ulong Attempt { get; init; }
}
