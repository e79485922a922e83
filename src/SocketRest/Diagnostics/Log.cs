using Microsoft.Extensions.Logging;

namespace SocketRest.Diagnostics;

/// <summary>Everything that the tunnel logs. Event IDs are stable.</summary>
internal static partial class Log
{
    [LoggerMessage(1, LogLevel.Information, "Connection {ConnectionId} with {Name} established.")]
    public static partial void ConnectionEstablished(this ILogger logger, string connectionId, string? name);

    [LoggerMessage(2, LogLevel.Information, "Connection {ConnectionId} ended: {Code}. {Reason}")]
    public static partial void ConnectionEnded(this ILogger logger, string connectionId, SocketRestErrorCode code, string reason);

    [LoggerMessage(3, LogLevel.Information, "The other end of connection {ConnectionId} takes no new requests: {Code}. {Reason}")]
    public static partial void GoAwayReceived(this ILogger logger, string connectionId, SocketRestErrorCode code, string reason);

    [LoggerMessage(4, LogLevel.Error, "Reading connection {ConnectionId} failed.")]
    public static partial void ReadLoopFailed(this ILogger logger, string connectionId, Exception exception);

    [LoggerMessage(5, LogLevel.Debug, "The last words on connection {ConnectionId} did not get through: {Reason}")]
    public static partial void FarewellFailed(this ILogger logger, string connectionId, string reason);

    [LoggerMessage(6, LogLevel.Warning, "The handshake with {Remote} failed: {Code}. {Reason}")]
    public static partial void HandshakeFailed(this ILogger logger, string? remote, SocketRestErrorCode code, string reason);

    [LoggerMessage(7, LogLevel.Warning, "Could not connect to {Uri}: {Reason} The next attempt waits {Delay}.")]
    public static partial void ConnectFailed(this ILogger logger, Uri? uri, string reason, TimeSpan delay);

    [LoggerMessage(8, LogLevel.Error, "Serving a request on connection {ConnectionId} failed outside the application.")]
    public static partial void ExchangeFailed(this ILogger logger, string connectionId, Exception exception);

    [LoggerMessage(9, LogLevel.Error, "AuthorizeConnection failed for {Name} of {Remote}: the connection is refused.")]
    public static partial void AuthorizeConnectionFailed(this ILogger logger, string? name, string? remote, Exception exception);

    [LoggerMessage(10, LogLevel.Error, "The application's handler of connection events failed.")]
    public static partial void ConnectionEventFailed(this ILogger logger, Exception exception);

    [LoggerMessage(11, LogLevel.Information, "Connection {ConnectionId} lost its socket and can be resumed for {Grace}. {Reason}")]
    public static partial void ConnectionInterrupted(this ILogger logger, string connectionId, string reason, TimeSpan grace);

    [LoggerMessage(12, LogLevel.Information, "Connection {ConnectionId} goes on over another socket.")]
    public static partial void ConnectionResumed(this ILogger logger, string connectionId);

    [LoggerMessage(13, LogLevel.Information, "Connection {ConnectionId} could not be resumed yet: {Reason} The next attempt waits {Delay}.")]
    public static partial void ResumeFailed(this ILogger logger, string connectionId, string reason, TimeSpan delay);

    [LoggerMessage(20, LogLevel.Information, "Connection {ConnectionId} goes on with new credentials.")]
    public static partial void Reauthenticated(this ILogger logger, string connectionId);

    [LoggerMessage(21, LogLevel.Warning, "New credentials for connection {ConnectionId} are refused: {Reason}")]
    public static partial void ReauthenticationRefused(this ILogger logger, string connectionId, string reason);

    [LoggerMessage(22, LogLevel.Error, "New credentials for connection {ConnectionId} could not be looked at: {ExceptionType} {StackTrace}")]
    public static partial void ReauthenticationFailed(this ILogger logger, string connectionId, string? exceptionType, string? stackTrace);
}
