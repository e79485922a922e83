using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using System.Text;

namespace SocketRest.Cli.Management.Metrics;

/// <summary>Collects what the process measures, for Prometheus. The number of series is bounded; what has no room is counted.</summary>
internal sealed class MetricCollector : IDisposable
{
    public const int MaxSeries = 5_000;

    private readonly MeterListener _listener = new();
    private readonly ConcurrentDictionary<Instrument, MetricFamily> _families = new();
    private readonly SeriesBudget _budget;
    private readonly Lock _reading = new();
    private int _readings;
    private long _dropped;

    public MetricCollector()
        : this(MaxSeries, IsOurs)
    {
    }

    internal MetricCollector(int maxSeries, Func<string, bool> isWanted)
    {
        _budget = new SeriesBudget(maxSeries);
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (isWanted(instrument.Meter.Name) && KindOf(instrument) is { } kind)
            {
                MetricFamily family = _families.GetOrAdd(instrument, static (one, kind) => new MetricFamily(one, kind), kind);
                listener.EnableMeasurementEvents(instrument, family);
            }
        };
        _listener.MeasurementsCompleted = (instrument, _) => _families.TryRemove(instrument, out MetricFamily? _);
        _listener.SetMeasurementEventCallback<byte>((_, value, tags, family) => Take(value, tags, family));
        _listener.SetMeasurementEventCallback<short>((_, value, tags, family) => Take(value, tags, family));
        _listener.SetMeasurementEventCallback<int>((_, value, tags, family) => Take(value, tags, family));
        _listener.SetMeasurementEventCallback<long>((_, value, tags, family) => Take(value, tags, family));
        _listener.SetMeasurementEventCallback<float>((_, value, tags, family) => Take(value, tags, family));
        _listener.SetMeasurementEventCallback<double>((_, value, tags, family) => Take(value, tags, family));
        _listener.SetMeasurementEventCallback<decimal>((_, value, tags, family) => Take((double)value, tags, family));
        _listener.Start();
    }

    /// <summary>Everything, in the text format of Prometheus, version 0.0.4.</summary>
    public string Read()
    {
        lock (_reading)
        {
            _readings++;
            _listener.RecordObservableInstruments();
            var text = new StringBuilder();
            foreach (IGrouping<string, MetricFamily> named in _families.Values.GroupBy(family => family.Name).OrderBy(group => group.Key, StringComparer.Ordinal))
            {
                // Two meters may have an instrument of one name, but a name has one type.
                MetricFamily first = named.First();
                WriteHead(text, first.Name, first.Help, first.Type);
                foreach (MetricFamily family in named.Where(family => family.Type == first.Type))
                {
                    family.Write(text, _readings);
                }
            }

            const string Dropped = "socketrest_hub_dropped_measurements_total";
            WriteHead(text, Dropped, "Measurements for which there was no room, because too many different ones came before.", "counter");
            return text.Append(Dropped).Append(' ').Append(Interlocked.Read(ref _dropped)).Append('\n').ToString();
        }
    }

    public void Dispose() => _listener.Dispose();

    private static void WriteHead(StringBuilder to, string name, string? help, string type)
    {
        if (!string.IsNullOrEmpty(help))
        {
            to.Append("# HELP ").Append(name).Append(' ');
            MetricName.Escape(to, help, quotes: false);
            to.Append('\n');
        }

        to.Append("# TYPE ").Append(name).Append(' ').Append(type).Append('\n');
    }

    private static bool IsOurs(string meter) =>
        meter == "SocketRest" || meter.StartsWith("SocketRest.", StringComparison.Ordinal)
        || meter.StartsWith("Microsoft.AspNetCore.", StringComparison.Ordinal) || meter == "System.Runtime";

    private static MetricKind? KindOf(Instrument instrument)
    {
        Type type = instrument.GetType();
        Type? general = type.IsGenericType ? type.GetGenericTypeDefinition() : null;
        return general == typeof(Counter<>) ? MetricKind.Counter
            : general == typeof(UpDownCounter<>) ? MetricKind.UpDownCounter
            : general == typeof(Gauge<>) ? MetricKind.Gauge
            : general == typeof(Histogram<>) ? MetricKind.Histogram
            : general == typeof(ObservableCounter<>) ? MetricKind.ObservedCounter
            : general == typeof(ObservableUpDownCounter<>) || general == typeof(ObservableGauge<>) ? MetricKind.ObservedGauge
            : null;
    }

    private void Take(double value, ReadOnlySpan<KeyValuePair<string, object?>> tags, object? family)
    {
        if (!((MetricFamily)family!).Take(value, tags, Volatile.Read(ref _readings), _budget))
        {
            Interlocked.Increment(ref _dropped);
        }
    }
}
