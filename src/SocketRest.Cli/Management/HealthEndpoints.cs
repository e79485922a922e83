using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Hosting;
using SocketRest.Cli.Management.Access;
using SocketRest.Cli.Management.Metrics;

namespace SocketRest.Cli.Management;

/// <summary>What monitoring asks for: whether the process lives, whether to send it anything, and its figures.</summary>
internal static class HealthEndpoints
{
    public static void Map(IEndpointRouteBuilder endpoints, HubManagementOptions options, HubGuard guard)
    {
        // Whoever asks for these has no key, and learns nothing else.
        endpoints.MapGet("/healthz", () => TypedResults.Text("Healthy\n")).AllowAnonymous().ExcludeFromDescription();
        endpoints.MapGet("/readyz", Ready).AllowAnonymous().ExcludeFromDescription();

        RouteHandlerBuilder metrics = endpoints
            .MapGet("/metrics", (MetricCollector collector) => TypedResults.Text(collector.Read(), "text/plain; version=0.0.4; charset=utf-8"))
            .ExcludeFromDescription();
        if (options.OpenMetrics)
        {
            metrics.AllowAnonymous();
            return;
        }

        guard.GuardApi(metrics);
        if (options.Policy is { } policy)
        {
            metrics.RequireAuthorization(policy);
        }
    }

    private static ContentHttpResult Ready(IHostApplicationLifetime lifetime) =>
        lifetime.ApplicationStarted.IsCancellationRequested && !lifetime.ApplicationStopping.IsCancellationRequested
            ? TypedResults.Text("Ready\n")
            : TypedResults.Text("Stopping\n", statusCode: StatusCodes.Status503ServiceUnavailable);
}
