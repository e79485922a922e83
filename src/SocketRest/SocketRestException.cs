using SocketRest.Multiplexing;

namespace SocketRest;

/// <summary>A connection or one exchange on it failed. Says why, and whether the request may have run.</summary>
public sealed class SocketRestException : IOException
{
    /// <summary>Creates the exception.</summary>
    /// <param name="errorCode">The reason.</param>
    /// <param name="message">What failed, why, and what to do, in a sentence.</param>
    /// <param name="outcome">Whether the request may have run.</param>
    /// <param name="innerException">The cause, if another exception was.</param>
    public SocketRestException(
        SocketRestErrorCode errorCode,
        string message,
        RequestOutcome outcome = RequestOutcome.NotSent,
        Exception? innerException = null)
        : base(message, innerException)
    {
        ErrorCode = errorCode;
        Outcome = outcome;
    }

    /// <summary>The reason.</summary>
    public SocketRestErrorCode ErrorCode { get; }

    /// <summary>
    /// Whether the request that this exception ended may have run. <see cref="RequestOutcome.NotSent"/> for a failure that concerns no request, such
    /// as one to connect.
    /// </summary>
    public RequestOutcome Outcome { get; }

    /// <summary>After a refused upgrade or handshake: how long the other end asks to wait before the next attempt. Otherwise <see langword="null"/>.</summary>
    public TimeSpan? RetryAfter { get; init; }

    /// <summary>After a refused resume: the last request that the other end dispatched, where it says so.</summary>
    internal uint? LastStream { get; init; }

    /// <summary>The connection over which the request was not sent, if nothing has read its content: as it is, it can be sent again. Else null.</summary>
    internal TunnelConnection? UntouchedOn { get; set; }

    internal SocketRestException For(RequestOutcome outcome) =>
        new(ErrorCode, Message, outcome, this) { RetryAfter = RetryAfter };
}
