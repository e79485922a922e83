using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using SocketRest.AspNetCore.Hub.Forwarding;

namespace SocketRest.AspNetCore;

/// <summary>
/// What marks an endpoint of <c>MapSocketRestForwarder</c>, among its metadata. For authorization that depends on the agent, and for whatever looks at requests on their way.
/// </summary>
public sealed class SocketRestForwarderMetadata
{
    private readonly ForwarderPattern _pattern;

    internal SocketRestForwarderMetadata(ForwarderPattern pattern) => _pattern = pattern;

    /// <summary>The name of the agent that a request to this endpoint is for, or <see langword="null"/> if it names none. Nobody of that name need be connected.</summary>
    /// <param name="context">The request, routed to this endpoint.</param>
    public string? GetAgent(HttpContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        return _pattern.HostSuffix is null ? context.GetRouteValue(ForwarderPattern.AgentParameter) as string : _pattern.AgentIn(context.Request.Host);
    }
}
