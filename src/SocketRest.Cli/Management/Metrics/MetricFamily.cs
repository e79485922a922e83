using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using System.Text;

namespace SocketRest.Cli.Management.Metrics;

/// <summary>What one instrument has measured.</summary>
internal sealed class MetricFamily
{
    private static readonly double[] s_seconds = [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10];
    private static readonly double[] s_others = [0, 5, 10, 25, 50, 75, 100, 250, 500, 750, 1000, 2500, 5000, 7500, 10000];

    private readonly ConcurrentDictionary<LabelSet, MetricSeries> _byTags = new(LabelSet.Comparer);
    private readonly ConcurrentDictionary<LabelSet, MetricSeries>.AlternateLookup<ReadOnlySpan<KeyValuePair<string, object?>>> _lookup;
    private readonly ConcurrentDictionary<string, MetricSeries> _byLabels = new(StringComparer.Ordinal);
    private readonly MetricKind _kind;
    private readonly string _scope;
    private readonly double[] _bounds;

    public MetricFamily(Instrument instrument, MetricKind kind)
    {
        _kind = kind;
        _scope = instrument.Meter.Name;
        _bounds = BoundsOf(instrument);
        _lookup = _byTags.GetAlternateLookup<ReadOnlySpan<KeyValuePair<string, object?>>>();
        Name = MetricName.Of(instrument.Name, instrument.Unit, kind is MetricKind.Counter or MetricKind.ObservedCounter);
        Help = instrument.Description;
    }

    public string Name { get; }

    public string? Help { get; }

    public string Type => _kind switch
    {
        MetricKind.Counter or MetricKind.ObservedCounter => "counter",
        MetricKind.Histogram => "histogram",
        _ => "gauge",
    };

    /// <summary>Takes a measurement. False if it has tags for which there is no more room.</summary>
    public bool Take(double value, ReadOnlySpan<KeyValuePair<string, object?>> tags, int reading, SeriesBudget budget)
    {
        if (!_lookup.TryGetValue(tags, out MetricSeries? series))
        {
            if (!budget.TryTake())
            {
                return false;
            }

            series = Make(tags);
        }

        switch (_kind)
        {
            case MetricKind.Histogram:
                series.Record(value);
                break;
            case MetricKind.ObservedCounter or MetricKind.ObservedGauge or MetricKind.Gauge:
                series.Set(value);
                break;
            default:
                series.Add(value);
                break;
        }

        series.Reading = reading;
        return true;
    }

    public void Write(StringBuilder to, int reading)
    {
        bool isAsked = _kind is MetricKind.ObservedCounter or MetricKind.ObservedGauge;
        foreach ((_, MetricSeries series) in _byLabels)
        {
            if (!isAsked || series.Reading == reading)
            {
                series.Write(to, Name);
            }
        }
    }

    private MetricSeries Make(ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        // Tags in another order, and tags that differ only in what a label cannot hold, are the same line.
        var set = new LabelSet(tags.ToArray());
        string labels = set.Text(_scope);
        MetricSeries series = _byLabels.GetOrAdd(
            labels, text => _kind == MetricKind.Histogram ? MetricSeries.Histogram(text, _bounds) : MetricSeries.Number(text));
        return _byTags.GetOrAdd(set, series);
    }

    private static double[] BoundsOf(Instrument instrument) => Advised(instrument) ?? (instrument.Unit == "s" ? s_seconds : s_others);

    private static double[]? Advised(Instrument instrument) => instrument switch
    {
        Histogram<double> { Advice.HistogramBucketBoundaries: { } bounds } => [.. bounds],
        Histogram<float> { Advice.HistogramBucketBoundaries: { } bounds } => [.. bounds.Select(bound => (double)bound)],
        Histogram<long> { Advice.HistogramBucketBoundaries: { } bounds } => [.. bounds.Select(bound => (double)bound)],
        Histogram<int> { Advice.HistogramBucketBoundaries: { } bounds } => [.. bounds.Select(bound => (double)bound)],
        _ => null,
    };
}
