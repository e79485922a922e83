using System.Net;
using Microsoft.AspNetCore.Http;

namespace SocketRest.Cli.Hub;

/// <summary>
/// Guards a hub without keys against all but this machine, whatever made it listen: against other addresses, and against pages in this machine's browser whose
/// own host name has been pointed at 127.0.0.1 (DNS rebinding), and against pages of other sites.
/// </summary>
internal sealed class OnlyThisMachine(RequestDelegate next)
{
    public Task InvokeAsync(HttpContext context)
    {
        if (context.Connection.LocalIpAddress is { } local && !IPAddress.IsLoopback(local))
        {
            return Problem.WriteAsync(context, StatusCodes.Status403Forbidden, "not-this-machine", "This hub has no keys and is for its own machine only.");
        }

        // A page of another site can make this machine's browser send requests, if not read the answers.
        if (context.Request.Headers.Origin is [{ Length: > 0 } origin] && !(Uri.TryCreate(origin, UriKind.Absolute, out Uri? page) && IsLoopbackName(page.Host)))
        {
            return Problem.WriteAsync(context, StatusCodes.Status403Forbidden, "other-site", "This hub has no keys and takes nothing from pages of other sites than this machine's.");
        }

        return IsLoopbackName(context.Request.Host.Host)
            ? next(context)
            : Problem.WriteAsync(context, StatusCodes.Status421MisdirectedRequest, "not-this-machine", "This hub has no keys and is known as localhost only. A hub with other names needs keys.");
    }

    private static bool IsLoopbackName(string host) =>
        host.Length == 0
        || host.Equals("localhost", StringComparison.OrdinalIgnoreCase)
        || host.EndsWith(".localhost", StringComparison.OrdinalIgnoreCase)
        || (IPAddress.TryParse(host, out IPAddress? ip) && IPAddress.IsLoopback(ip));
}
