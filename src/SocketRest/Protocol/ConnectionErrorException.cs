namespace SocketRest.Protocol;

/// <summary>The peer did something after which the connection cannot go on: it ends with GOAWAY and this code.</summary>
internal sealed class ConnectionErrorException(SocketRestErrorCode code, string message, Exception? inner = null)
    : Exception(message, inner)
{
    public SocketRestErrorCode Code { get; } = code;
}
