using Microsoft.Extensions.Logging;

namespace SocketRest.AspNetCore.Pipeline;

/// <summary>What the bridge logs. Event IDs are stable.</summary>
internal static partial class PipelineLog
{
    [LoggerMessage(101, LogLevel.Error, "An unhandled exception was thrown by the application (request {TraceIdentifier}).")]
    public static partial void ApplicationFailed(this ILogger logger, Exception exception, string traceIdentifier);

    [LoggerMessage(102, LogLevel.Error, "Serving a request failed outside the application.")]
    public static partial void ExchangeFailed(this ILogger logger, Exception exception);

    [LoggerMessage(103, LogLevel.Warning, "What the application registered on RequestAborted failed.")]
    public static partial void AbortCallbackFailed(this ILogger logger, Exception exception);
}
