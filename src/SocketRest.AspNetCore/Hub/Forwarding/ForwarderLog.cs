using Microsoft.Extensions.Logging;

namespace SocketRest.AspNetCore.Hub.Forwarding;

/// <summary>What forwarders log. Event IDs are stable.</summary>
internal static partial class ForwarderLog
{
    [LoggerMessage(201, LogLevel.Warning, "A request could not be passed on to the agent '{Agent}' ({Status}, {Outcome}): {Reason}")]
    public static partial void NotForwarded(this ILogger logger, Exception? exception, string agent, int status, RequestOutcome outcome, string reason);

    [LoggerMessage(202, LogLevel.Warning, "The answer of the agent '{Agent}' broke off; the caller's connection or stream was reset.")]
    public static partial void ResponseBrokeOff(this ILogger logger, Exception exception, string agent);

    [LoggerMessage(203, LogLevel.Debug, "The caller let go of its request to the agent '{Agent}'.")]
    public static partial void CallerLeft(this ILogger logger, string agent);

    [LoggerMessage(204, LogLevel.Debug, "A request was not passed on ({Status}): {Reason}")]
    public static partial void Refused(this ILogger logger, int status, string reason);
}
