namespace SocketRest.Protocol;

/// <summary>The accepting side's refusal, in place of WELCOME.</summary>
internal sealed record RefuseMessage
{
    public required SocketRestErrorCode Code { get; init; }

    public required string Message { get; init; }

    /// <summary>Milliseconds that the dialling side should wait before the next attempt.</summary>
    public long? RetryAfter { get; init; }

    /// <summary>After a refused resume: the highest stream ID of the dialling side that was dispatched, where known.</summary>
    public uint? LastStream { get; init; }
}
