namespace SocketRest.Protocol;

/// <summary>The peer did something after which the connection cannot go on: it ends with GOAWAY and this code.</summary>
internal sealed class ConnectionErrorException(SocketRestErrorCode code, string message, Exception? inner = null)
    : Exception(message, inner)
{
    public SocketRestErrorCode Code { get; } = code;

    /// <summary>In place of a handshake that may succeed later: when to come again.</summary>
    public TimeSpan? RetryAfter { get; init; }

    /// <summary>In place of a resume: the highest stream ID of the peer's that was dispatched, where that is known.</summary>
    public uint? LastStream { get; init; }
}
