using System.Diagnostics.Metrics;
using SocketRest.AspNetCore;

namespace SocketRest.Cli.Management.Events;

/// <summary>The hub's own figures, for <c>/metrics</c> and whoever else listens to the meter <c>SocketRest.Hub</c>.</summary>
internal sealed class ConnectionMetrics
{
    public const string MeterName = "SocketRest.Hub";

    private readonly Counter<long> _events;
    private readonly Histogram<double> _duration;

    public ConnectionMetrics(IMeterFactory meters, AgentList agents)
    {
        Meter meter = meters.Create(MeterName);
        _events = meter.CreateCounter<long>("socketrest.hub.connection.events", "{event}", "What happened to connections of agents.");
        _duration = meter.CreateHistogram("socketrest.hub.connection.duration", "s", "How long connections of agents lasted.", advice: new InstrumentAdvice<double>
        {
            HistogramBucketBoundaries = [1, 10, 60, 600, 3600, 21600, 86400, 604800],
        });
        meter.CreateObservableUpDownCounter("socketrest.hub.connections", () => Count(agents), "{connection}", "Connections of agents, by what they are good for.");
    }

    public void Count(SocketRestConnectionEvent one)
    {
        string reason = one.Reason?.ErrorCode.ToString() ?? "none";
        _events.Add(1, new KeyValuePair<string, object?>("kind", one.Kind.ToString()), new KeyValuePair<string, object?>("reason", reason));
        if (one.Kind == SocketRestConnectionEventKind.Closed)
        {
            _duration.Record(one.Duration.TotalSeconds, new KeyValuePair<string, object?>("reason", reason));
        }
    }

    private static IEnumerable<Measurement<int>> Count(AgentList agents)
    {
        int[] states = new int[3];
        foreach (SocketRestConnection connection in agents.All)
        {
            states[(int)AgentList.StateOf(connection)]++;
        }

        return states.Select((count, state) => new Measurement<int>(
            count, new KeyValuePair<string, object?>("state", ((Model.AgentState)state).ToString().ToLowerInvariant())));
    }
}
