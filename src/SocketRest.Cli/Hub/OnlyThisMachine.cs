using System.Net;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;

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

        if (IsOtherSites(context.Request.Headers))
        {
            return Problem.WriteAsync(context, StatusCodes.Status403Forbidden, "other-site", "This hub has no keys and takes nothing from pages of other sites than this machine's.");
        }

        string host = context.Request.Host.Host;
        return host.Length == 0 || IsLoopbackName(host)
            ? next(context)
            : Problem.WriteAsync(context, StatusCodes.Status421MisdirectedRequest, "not-this-machine", "This hub has no keys and is known as localhost only. A hub with other names needs keys.");
    }

    /// <summary>A page of another site can make this machine's browser send requests, if not read the answers.</summary>
    private static bool IsOtherSites(IHeaderDictionary headers)
    {
        bool hasOrigin = !StringValues.IsNullOrEmpty(headers.Origin);
        if (hasOrigin && !IsThisMachines(headers.Origin))
        {
            return true;
        }

        // Images, scripts and the like come without Origin. To follow a link is the user's own doing; what a page of an agent loads that has
        // an origin of its own is of another site as well, but says where it comes from.
        return !hasOrigin
            && headers["Sec-Fetch-Site"].ToString() is "cross-site" or "same-site"
            && headers["Sec-Fetch-Mode"].ToString() != "navigate"
            && !IsThisMachines(headers.Referer);
    }

    private static bool IsThisMachines(StringValues address) => address is [{ } text] && Uri.TryCreate(text, UriKind.Absolute, out Uri? page) && IsLoopbackName(page.Host);

    private static bool IsLoopbackName(string host) =>
        host.Equals("localhost", StringComparison.OrdinalIgnoreCase)
        || host.EndsWith(".localhost", StringComparison.OrdinalIgnoreCase)
        || (IPAddress.TryParse(host, out IPAddress? ip) && IPAddress.IsLoopback(ip));
}
