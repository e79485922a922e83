using System.Diagnostics.CodeAnalysis;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using SocketRest.AspNetCore;

namespace SocketRest.Cli.Hub.SignIn;

/// <summary>Where a browser has the pages of an agent, and where it signs in to them.</summary>
/// <param name="Agent">The agent's name.</param>
/// <param name="Prefix">The path in front of what is the agent's: empty under a host name of its own.</param>
/// <param name="HubName">The hub's name beside it, where its own pages are.</param>
/// <param name="OwnHost">The agent's own host name, or null where the hub has none for it under this name.</param>
/// <param name="OtherHost">Where there is none: the agent's own under another name of the hub, or null.</param>
internal sealed record AgentPlace(string Agent, string Prefix, HostString HubName, HostString? OwnHost, HostString? OtherHost = null)
{
    public const string SignInPath = "/_hub/sign-in";

    /// <summary>Of everything that a browser could ask an agent for, the one thing that the hub answers itself.</summary>
    public const string SessionPath = "/_socketrest/session";

    /// <summary>More than pages have. What is longer begins anew.</summary>
    private const int LongestTarget = 2048;

    /// <summary>Where cookies of these pages are sent.</summary>
    public string CookiePath => Prefix.Length == 0 ? "/" : Prefix;

    /// <summary>Whether a page here should be opened under the agent's own host name, where it can do more.</summary>
    public bool HasBetter => Prefix.Length > 0 && OwnHost is not null;

    /// <summary>Whether pages have their origin in common with the hub's: they are kept apart from everything here, and what they load comes without the key.</summary>
    public bool IsShared => Prefix.Length > 0 && OwnHost is null;

    /// <summary>The place of a forwarded request.</summary>
    public static bool TryRead(HttpContext context, HubOptions options, [NotNullWhen(true)] out AgentPlace? place)
    {
        place = null;
        HttpRequest request = context.Request;
        if (context.GetEndpoint()?.Metadata.GetMetadata<SocketRestForwarderMetadata>()?.GetAgent(context) is not { } agent || AgentName.Fault(agent) is not null)
        {
            return false;
        }

        if (request.RouteValues.ContainsKey("agent"))
        {
            place = UnderHub(agent, request.Host, options);
            return true;
        }

        string parent = request.Host.Host[(agent.Length + 1)..];
        place = new AgentPlace(agent, "", request.Host.Port is { } port ? new HostString(parent, port) : new HostString(parent), request.Host);
        return true;
    }

    /// <summary>Where the pages of an agent are whose sign-in page is under this name of the hub.</summary>
    public static AgentPlace OfSignIn(string agent, HostString hub, HubOptions options)
    {
        AgentPlace place = UnderHub(agent, hub, options);
        return place.OwnHost is null ? place : place with { Prefix = "" };
    }

    /// <summary>What the browser asked for, as it asked for it, if that is below the agent's prefix; else the agent's first page.</summary>
    public string TargetOf(HttpContext context) => Local(context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget);

    /// <summary>The target if it is one of this agent's pages and nothing else, or the agent's first page.</summary>
    public string Local(string? target)
    {
        bool isLocal = target is { Length: <= LongestTarget }
            && target.StartsWith(Prefix + "/", StringComparison.Ordinal)
            && !target.StartsWith("//", StringComparison.Ordinal)
            && !target.AsSpan().ContainsAnyExceptInRange('!', '~')
            && !target.Contains('\\', StringComparison.Ordinal)
            && !HasDots(target);
        return isLocal ? target! : Prefix + "/";
    }

    /// <summary>The address where the browser signs in to come back to the target, under whatever scheme it uses: what ends TLS in front of the hub knows better.</summary>
    /// <param name="target">The page.</param>
    /// <param name="by">Which browser comes back, or null where nothing has to be handed over to it.</param>
    public string SignInAddress(string target, string? by) => $"//{HubName.ToUriComponent()}{SignInPathTo(target, by)}";

    /// <summary>The same under the name that the browser is at.</summary>
    public string SignInPathTo(string target, string? by) =>
        $"{SignInPath}?agent={Uri.EscapeDataString(Agent)}&to={Uri.EscapeDataString(target)}{(by is null ? "" : $"&by={Uri.EscapeDataString(by)}")}";

    private static AgentPlace UnderHub(string agent, HostString hub, HubOptions options)
    {
        bool isPublic = options.PublicHosts.Contains(hub.Host, StringComparer.OrdinalIgnoreCase);
        HostString? other = isPublic || options.PublicHosts is not [{ } name, ..] ? null
            : hub.Port is { } port ? new HostString($"{agent}.{name}", port) : new HostString($"{agent}.{name}");
        return new AgentPlace(agent, $"{HubHost.AgentsPath}/{agent}", hub, isPublic ? new HostString($"{agent}.{hub.Value}") : null, other);
    }

    /// <summary>Browsers take dot segments out, encoded or not, and would come out elsewhere.</summary>
    private static bool HasDots(string target)
    {
        string path = target.Split('?', '#')[0].Replace("%2e", ".", StringComparison.OrdinalIgnoreCase);
        return path.Contains("/./", StringComparison.Ordinal) || path.Contains("/../", StringComparison.Ordinal)
            || path.EndsWith("/.", StringComparison.Ordinal) || path.EndsWith("/..", StringComparison.Ordinal);
    }
}
