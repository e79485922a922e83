using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using SocketRest.AspNetCore;
using SocketRest.AspNetCore.Hub;

namespace Microsoft.AspNetCore.Builder;

/// <summary>Maps the endpoints at which tunnels are accepted.</summary>
public static class SocketRestEndpointRouteBuilderExtensions
{
    /// <summary>
    /// Accepts tunnels at a path, from anybody unless the endpoint is told otherwise (<c>RequireAuthorization</c>). It brings its own WebSocket handling.
    /// </summary>
    /// <param name="endpoints">The application's endpoints.</param>
    /// <param name="pattern">The route pattern, for instance <c>/tunnel</c>.</param>
    /// <exception cref="InvalidOperationException"><c>AddSocketRest()</c> was not called.</exception>
    public static SocketRestEndpointConventionBuilder MapSocketRest(
        this IEndpointRouteBuilder endpoints,
        [System.Diagnostics.CodeAnalysis.StringSyntax("Route")] string pattern)
    {
        ArgumentNullException.ThrowIfNull(endpoints);
        ArgumentNullException.ThrowIfNull(pattern);
        TunnelAcceptor acceptor = endpoints.ServiceProvider.GetService<TunnelAcceptor>()
            ?? throw new InvalidOperationException("MapSocketRest needs services that are missing: call builder.Services.AddSocketRest() first.");
        var endpoint = new TunnelEndpoint(acceptor);
        IApplicationBuilder pipeline = endpoints.CreateApplicationBuilder();
        pipeline.UseWebSockets();
        pipeline.Run(endpoint.HandleAsync);

        // The upgrade would count as one request that lasts for days. Nobody who dials could follow a redirect to a page for logging in.
        IEndpointConventionBuilder mapped = endpoints.Map(pattern, pipeline.Build())
            .DisableHttpMetrics()
            .DisableCookieRedirect()
            .WithMetadata(endpoint)
            .WithDisplayName($"SocketRest {pattern}");
        return new SocketRestEndpointConventionBuilder(mapped, endpoint);
    }
}
