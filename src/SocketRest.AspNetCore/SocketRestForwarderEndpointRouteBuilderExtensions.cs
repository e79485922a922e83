using System.Diagnostics.CodeAnalysis;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using SocketRest.AspNetCore;
using SocketRest.AspNetCore.Hub.Forwarding;

namespace Microsoft.AspNetCore.Builder;

/// <summary>Maps the endpoints at which requests are passed on to agents.</summary>
public static class SocketRestForwarderEndpointRouteBuilderExtensions
{
    /// <summary>
    /// Passes requests on to the agents that are connected, from anybody unless the endpoint is told otherwise (<c>RequireAuthorization</c>): any method, bodies and
    /// trailers both ways as they come, WebSockets included. The agent sees the rest of the path, byte for byte, and the part in front of it as its <c>PathBase</c>.
    /// </summary>
    /// <param name="endpoints">The application's endpoints.</param>
    /// <param name="pattern">
    /// Either a route with the parameter <c>{agent}</c> that ends in a catch-all, <c>/agents/{agent}/{**path}</c>, or a host name whose first label is
    /// the agent's name, <c>{agent}.hub.example.com</c>. A host name has all of its requests passed on, before any other endpoint of this application is looked at.
    /// </param>
    /// <param name="configure">Sets options.</param>
    /// <exception cref="ArgumentException">The pattern is neither, or an option is out of its range.</exception>
    /// <exception cref="InvalidOperationException"><c>AddSocketRest()</c> was not called.</exception>
    public static IEndpointConventionBuilder MapSocketRestForwarder(
        this IEndpointRouteBuilder endpoints,
        [StringSyntax("Route")] string pattern,
        Action<SocketRestForwarderOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(endpoints);
        ForwarderPattern parsed = ForwarderPattern.Parse(pattern);
        Forwarder forwarder = endpoints.ServiceProvider.GetService<Forwarder>()
            ?? throw new InvalidOperationException("MapSocketRestForwarder needs services that are missing: call builder.Services.AddSocketRest() first.");
        var options = new SocketRestForwarderOptions();
        configure?.Invoke(options);
        options.Validate();
        var endpoint = new ForwarderEndpoint(forwarder, parsed, options);
        IEndpointConventionBuilder mapped = endpoints
            .Map(parsed.Route, (RequestDelegate)endpoint.HandleAsync)
            .WithDisplayName($"SocketRest forwarder {pattern}")
            .WithMetadata(new SocketRestForwarderMetadata(parsed));
        if (parsed.HostSuffix is { } suffix)
        {
            // First of all: what the hub has for itself at the same path is not for those who ask for the agent's host.
            mapped.RequireHost($"*{suffix}").Add(builder => ((RouteEndpointBuilder)builder).Order = int.MinValue);
        }

        return mapped;
    }
}
