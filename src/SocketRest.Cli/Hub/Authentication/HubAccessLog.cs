using System.Net;
using Microsoft.Extensions.Logging;

namespace SocketRest.Cli.Hub.Authentication;

/// <summary>Who is let in, and who is not: keys by their IDs, never by themselves.</summary>
internal sealed partial class HubAccessLog
{
    [LoggerMessage(1, LogLevel.Information, "Refused a request from {Address}: {Reason}")]
    public static partial void Refused(ILogger logger, IPAddress? address, string reason);

    [LoggerMessage(2, LogLevel.Information, "{User} connects as {Name}.")]
    public static partial void Connects(ILogger logger, string? user, string? name);

    [LoggerMessage(3, LogLevel.Information, "{User} signs a browser in to the pages of {Name}.")]
    public static partial void SignsIn(ILogger logger, string? user, string name);
}
