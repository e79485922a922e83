using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace SocketRest.Diagnostics;

/// <summary>
/// Where calls through a tunnel are traced and measured. The names of the activity, the instruments and the tags are those of
/// <see cref="SocketsHttpHandler"/>; the source and the meter have a name of their own. System.Net.Http's belong to the framework, and a second
/// meter of that name would publish the same instruments twice.
/// </summary>
internal static class ClientTelemetry
{
    public const string Name = "SocketRest";
    public const string ActivityName = "System.Net.Http.HttpRequestOut";

    private static readonly Meter s_meter = new(Name);

    public static ActivitySource Source { get; } = new(Name);

    public static UpDownCounter<long> ActiveRequests { get; } = s_meter.CreateUpDownCounter<long>(
        "http.client.active_requests",
        unit: "{request}",
        description: "Requests sent through tunnels whose response has not begun yet.");

    public static Histogram<double> RequestDuration { get; } = s_meter.CreateHistogram(
        "http.client.request.duration",
        unit: "s",
        description: "How long requests through tunnels took until their response began.",
        tags: null,
        advice: new InstrumentAdvice<double> { HistogramBucketBoundaries = HttpSemantics.DurationBoundaries });

    /// <summary>Whether somebody would hear of a request.</summary>
    public static bool IsListenedTo => Source.HasListeners() || RequestDuration.Enabled || ActiveRequests.Enabled;

    /// <summary>
    /// Whether a request has anything to do with telemetry: somebody listens, or it belongs to a trace that has to reach the other end.
    /// </summary>
    public static bool IsInvolved => Activity.Current is not null || IsListenedTo;
}
