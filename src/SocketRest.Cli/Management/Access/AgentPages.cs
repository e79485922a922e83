using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Options;

namespace SocketRest.Cli.Management.Access;

/// <summary>
/// Keeps what agents send from acting as a page of the dashboard, or for other agents that share its host name. Under the dashboard's host names a browser is told to give each page of an agent an origin of its own
/// that nothing else has: it cannot read the operator's key, open the dashboard's pages or call the API as they do. Cookies know no such origin: one agent would
/// be sent those of all, so that browsers have none there. Programs do not notice. Agents whose
/// pages need cookies, storage or requests to themselves have them under other host names.
/// </summary>
internal sealed class AgentPages(HubOrigins origins, IOptions<HubManagementOptions> options)
{
    private const string Sandbox = "sandbox allow-downloads allow-forms allow-modals allow-popups allow-scripts";

    /// <summary>Fields of a response that speak for the whole origin, and not for the agent's part of it.</summary>
    private static readonly string[] s_originWide =
        ["Service-Worker-Allowed", "Clear-Site-Data", "Strict-Transport-Security", "Alt-Svc", "NEL", "Report-To", "Origin-Agent-Cluster"];

    private readonly string _path = options.Value.AgentPath;

    /// <summary>The path under which the hub has that agent.</summary>
    public string PrefixOf(string agent) => _path.Replace("{agent}", Uri.EscapeDataString(agent), StringComparison.Ordinal);

    /// <summary>Sends a person who opens a page to where it can do everything, if there is such a place without a key. True where that was the answer.</summary>
    public bool TryRedirect(HttpContext context)
    {
        // Programs, which are the most, are told apart at once.
        HttpRequest request = context.Request;
        if (!Navigation.Is(request) || !IsBrowsers(request) || !request.RouteValues.ContainsKey("agent") || origins.AgentsOwn(context) is not { } host
            || context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget is not ['/', ..] target)
        {
            return false;
        }

        context.Response.Headers.CacheControl = "no-store";
        context.Response.Redirect($"{request.Scheme}://{host.ToUriComponent()}{target}", permanent: false, preserveMethod: true);
        return true;
    }

    /// <summary>Called before a request goes to an agent.</summary>
    public void Admit(HttpContext context)
    {
        if (IsBrowsers(context.Request) && origins.IsDashboard(context.Request.Host))
        {
            context.Request.Headers.Remove("Cookie");
        }
    }

    /// <summary>Called when the head of an agent's answer is about to be sent.</summary>
    public void Isolate(HttpContext context)
    {
        // Under a name of its own the whole origin is the agent's.
        bool isDashboard = origins.IsDashboard(context.Request.Host);
        IHeaderDictionary headers = context.Response.Headers;
        if (isDashboard || context.Request.RouteValues.ContainsKey("agent"))
        {
            foreach (string field in s_originWide)
            {
                headers.Remove(field);
            }
        }

        if (!isDashboard)
        {
            return;
        }

        if (IsBrowsers(context.Request))
        {
            headers.Remove("Set-Cookie");
        }

        // One more policy: all that are given hold at once.
        headers.Append("Content-Security-Policy", Sandbox);
    }

    /// <summary>Over plain HTTP browsers leave these fields out, and name themselves as all of them do.</summary>
    private static bool IsBrowsers(HttpRequest request)
    {
        if (request.Headers.UserAgent.ToString().StartsWith("Mozilla/", StringComparison.Ordinal))
        {
            return true;
        }

        foreach ((string name, _) in request.Headers)
        {
            if (name.StartsWith("Sec-Fetch-", StringComparison.OrdinalIgnoreCase))
            {
                return true;
            }
        }

        return false;
    }
}
