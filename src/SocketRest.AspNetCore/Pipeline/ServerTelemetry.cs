using System.Diagnostics;
using System.Diagnostics.Metrics;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using SocketRest.Diagnostics;

namespace SocketRest.AspNetCore.Pipeline;

/// <summary>
/// Where requests that come through tunnels are traced, measured and logged: the host's own source, meter, listener and category, so that
/// whoever observes the application sees them as they see the requests of its server.
/// </summary>
/// <remarks>
/// The host's own way to do this is its IHttpApplication, which a server is given in StartAsync. It is not used: where a test replaces the
/// server there is nothing to take it from, its context type is internal, and what it runs is the whole pipeline, startup filters such as
/// AllowedHosts included, which tunnelled requests do not pass.
/// </remarks>
internal sealed class ServerTelemetry
{
    public const string ActivityName = "Microsoft.AspNetCore.Hosting.HttpRequestIn";

    private const string MeterName = "Microsoft.AspNetCore.Hosting";
    private const string SourceName = "Microsoft.AspNetCore";

    public ServerTelemetry(IServiceProvider services, ILoggerFactory loggers)
    {
        Source = services.GetService<ActivitySource>() ?? new ActivitySource(SourceName);
        Listener = services.GetService<DiagnosticListener>() ?? new DiagnosticListener(SourceName);
        Propagator = services.GetService<DistributedContextPropagator>() ?? DistributedContextPropagator.Current;
        Logger = loggers.CreateLogger("Microsoft.AspNetCore.Hosting.Diagnostics");

        // With the host's own unit, description and boundaries the factory's meter gives out the host's own instruments.
        Meter meter = services.GetService<IMeterFactory>()?.Create(MeterName) ?? new Meter(MeterName);
        ActiveRequests = meter.CreateUpDownCounter<long>("http.server.active_requests", "{request}", "Number of active HTTP server requests.");
        RequestDuration = meter.CreateHistogram(
            "http.server.request.duration",
            "s",
            "Duration of HTTP server requests.",
            tags: null,
            advice: new InstrumentAdvice<double> { HistogramBucketBoundaries = HttpSemantics.DurationBoundaries });

        // The host's switch: in .NET 10 its activities get their tags from OpenTelemetry's instrumentation unless this says otherwise.
        TagsActivities = AppContext.TryGetSwitch("Microsoft.AspNetCore.Hosting.SuppressActivityOpenTelemetryData", out bool suppressed) && !suppressed;
    }

    public ActivitySource Source { get; }

    public DiagnosticListener Listener { get; }

    public DistributedContextPropagator Propagator { get; }

    public ILogger Logger { get; }

    public UpDownCounter<long> ActiveRequests { get; }

    public Histogram<double> RequestDuration { get; }

    /// <summary>Whether the conventions' tags are put on activities here.</summary>
    public bool TagsActivities { get; }

    public bool IsMeasured => ActiveRequests.Enabled || RequestDuration.Enabled;

    /// <summary>Whether somebody would hear of a request. All that a request costs here when nobody would.</summary>
    public bool IsListenedTo => IsMeasured || Source.HasListeners() || Logger.IsEnabled(LogLevel.Critical) || Listener.IsEnabled();
}
