namespace SocketRest.Protocol;

/// <summary>What became of new credentials.</summary>
internal sealed record ReauthenticatedMessage
{
    public required bool Accepted { get; init; }

    /// <summary>Why not, for people.</summary>
    public string? Message { get; init; }
}
