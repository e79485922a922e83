using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing.Patterns;

namespace SocketRest.AspNetCore.Hub.Forwarding;

/// <summary>What a forwarder is mapped to: a route, or a host name of which any path is passed on.</summary>
internal sealed class ForwarderPattern
{
    public const string AgentParameter = "agent";

    private const string AgentLabel = "{agent}";

    private ForwarderPattern(RoutePattern route, string? hostSuffix)
    {
        Route = route;
        HostSuffix = hostSuffix;
    }

    public RoutePattern Route { get; }

    /// <summary>What follows the agent's label in the host name, from its dot on and without a port, or null for a route.</summary>
    public string? HostSuffix { get; }

    public static ForwarderPattern Parse(string pattern)
    {
        ArgumentException.ThrowIfNullOrEmpty(pattern);
        if (pattern[0] != '/' && !pattern.Contains('/'))
        {
            string suffix = pattern.StartsWith(AgentLabel, StringComparison.OrdinalIgnoreCase) ? pattern[AgentLabel.Length..] : "";
            return suffix is ['.', _, ..] && Uri.CheckHostName(suffix[1..]) == UriHostNameType.Dns
                ? new(RoutePatternFactory.Parse("/{**path}"), suffix)
                : throw Neither(pattern);
        }

        RoutePattern route;
        try
        {
            route = RoutePatternFactory.Parse(pattern);
        }
        catch (RoutePatternException exception)
        {
            throw new ArgumentException($"'{pattern}' is no route: {exception.Message}", nameof(pattern), exception);
        }

        return route.GetParameter(AgentParameter) is { IsCatchAll: false } && route.PathSegments[^1].Parts is [RoutePatternParameterPart { IsCatchAll: true }]
            ? new(route, hostSuffix: null)
            : throw Neither(pattern);
    }

    /// <summary>The agent's name in the request's host, or null where it is another host, or one with more labels.</summary>
    public string? AgentIn(HostString host)
    {
        string name = host.Host;
        int label = name.Length - HostSuffix!.Length;
        return label > 0 && name.EndsWith(HostSuffix, StringComparison.OrdinalIgnoreCase) && name.AsSpan(0, label).IndexOf('.') < 0 ? name[..label] : null;
    }

    private static ArgumentException Neither(string pattern) => new(
        $"'{pattern}' is neither a route with {{agent}} that ends in a catch-all, such as /agents/{{agent}}/{{**path}}, nor a host name that begins with it, such as {{agent}}.hub.example.com.",
        nameof(pattern));
}
