using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using SocketRest.Cli.Dashboard;
using SocketRest.Cli.Management.Access;
using SocketRest.Cli.Management.Events;
using SocketRest.Cli.Management.Metrics;
using SocketRest.Cli.Management.Recording;

namespace SocketRest.Cli.Management;

/// <summary>What a hub says of itself: the API and the dashboard under <c>/_hub</c>, and what monitoring asks for.</summary>
internal static class HubManagementExtensions
{
    public const string Path = "/_hub";

    public static IServiceCollection AddHubManagement(this IServiceCollection services, Action<HubManagementOptions>? configure = null)
    {
        services.AddOptions<HubManagementOptions>()
            .Validate(options => options.RequestsPerAgent >= 1, $"{nameof(HubManagementOptions.RequestsPerAgent)} must be at least 1.")
            .Validate(options => options.MaxRecordedBody >= 1, $"{nameof(HubManagementOptions.MaxRecordedBody)} must be at least 1.")
            .Validate(options => options.AgentPath.Contains("/{agent}", StringComparison.Ordinal), $"{nameof(HubManagementOptions.AgentPath)} must have a segment {{agent}}.")
            .ValidateOnStart();
        if (configure is not null)
        {
            services.Configure(configure);
        }

        // What a parameter or a body lacks is said in a problem, in every environment.
        services.Configure<RouteHandlerOptions>(options => options.ThrowOnBadRequest = false);
        services.TryAddSingleton(TimeProvider.System);
        services.AddMetrics();
        services.AddSingleton<HubClock>();
        services.AddSingleton<HubOrigins>();
        services.AddSingleton<HubGuard>();
        services.AddSingleton<AgentPages>();
        services.AddSingleton<AgentList>();
        services.AddSingleton<RequestLog>();
        services.AddSingleton<RunningRequests>();
        services.AddSingleton<BodyRecordings>();
        services.AddSingleton<RequestRecorder>();
        services.AddSingleton<HubEvents>();
        services.AddSingleton<ConnectionMetrics>();
        services.AddSingleton<MetricCollector>();
        services.AddSingleton<DashboardFiles>();
        services.AddHostedService<ConnectionWatch>();
        return services;
    }

    /// <summary>Maps everything under <c>/_hub</c>, and <c>/metrics</c>, <c>/healthz</c> and <c>/readyz</c>.</summary>
    public static void MapHubManagement(this IEndpointRouteBuilder endpoints)
    {
        HubManagementOptions options = Get<Microsoft.Extensions.Options.IOptions<HubManagementOptions>>(endpoints).Value;
        HubGuard guard = Get<HubGuard>(endpoints);

        // Both begin with the hub, and not with the first who asks.
        Get<HubClock>(endpoints);
        Get<MetricCollector>(endpoints);

        HealthEndpoints.Map(endpoints, options, guard);

        RouteGroupBuilder pages = endpoints.MapGroup(Path).ExcludeFromDescription();
        guard.GuardPages(pages);
        pages.AllowAnonymous();
        DashboardEndpoints.Map(pages);

        RouteGroupBuilder api = endpoints.MapGroup(Path + "/api");
        guard.GuardApi(api);
        if (options.Policy is { } policy)
        {
            api.RequireAuthorization(policy);
        }

        AgentEndpoints.Map(api);
        HubEndpoints.Map(api);
        EventEndpoints.Map(api);
        api.Map("{**rest}", () => ApiProblem.NotFound("The API has no such address or method: openapi/hub.json lists them.")).ExcludeFromDescription();
    }

    /// <summary>Remembers the requests that these endpoints forward to agents, and keeps what agents answer from acting as the dashboard.</summary>
    /// <param name="endpoints">What forwards.</param>
    /// <param name="services">The application's services.</param>
    public static TBuilder RecordRequests<TBuilder>(this TBuilder endpoints, IServiceProvider services)
        where TBuilder : IEndpointConventionBuilder
    {
        services.GetRequiredService<RequestRecorder>().Record(endpoints);
        return endpoints;
    }

    private static T Get<T>(IEndpointRouteBuilder endpoints)
        where T : notnull => endpoints.ServiceProvider.GetRequiredService<T>();
}
