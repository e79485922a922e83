using System.Globalization;
using System.Text;

namespace SocketRest.Cli.Management.Metrics;

/// <summary>One line of numbers: an instrument's measurements with the same tags.</summary>
internal sealed class MetricSeries
{
    private readonly double[]? _bounds;
    private readonly long[]? _buckets;
    private double _value;

    private MetricSeries(string labels, double[]? bounds)
    {
        Labels = labels;
        _bounds = bounds;
        _buckets = bounds is null ? null : new long[bounds.Length + 1];
    }

    public string Labels { get; }

    /// <summary>In which reading an instrument that is asked gave this one; the others have nothing with these tags any more.</summary>
    public int Reading { get; set; }

    public static MetricSeries Number(string labels) => new(labels, bounds: null);

    public static MetricSeries Histogram(string labels, double[] bounds) => new(labels, bounds);

    public void Set(double value) => Volatile.Write(ref _value, value);

    public void Add(double value)
    {
        double seen = Volatile.Read(ref _value);
        while (true)
        {
            double before = Interlocked.CompareExchange(ref _value, seen + value, seen);
            if (before.Equals(seen))
            {
                return;
            }

            seen = before;
        }
    }

    public void Record(double value)
    {
        int bucket = 0;
        while (bucket < _bounds!.Length && value > _bounds[bucket])
        {
            bucket++;
        }

        Interlocked.Increment(ref _buckets![bucket]);
        Add(value);
    }

    public void Write(StringBuilder to, string name)
    {
        if (_bounds is null)
        {
            Line(to, name, "", Labels, Volatile.Read(ref _value));
            return;
        }

        long count = 0;
        for (int i = 0; i < _buckets!.Length; i++)
        {
            count += Interlocked.Read(ref _buckets[i]);
            string bound = i < _bounds.Length ? Text(_bounds[i]) : "+Inf";
            Line(to, name, "_bucket", $"{Labels},le=\"{bound}\"", count);
        }

        Line(to, name, "_sum", Labels, Volatile.Read(ref _value));
        Line(to, name, "_count", Labels, count);
    }

    private static void Line(StringBuilder to, string name, string suffix, string labels, double value) =>
        to.Append(name).Append(suffix).Append('{').Append(labels).Append("} ").Append(Text(value)).Append('\n');

    private static string Text(double value) =>
        double.IsNaN(value) ? "NaN" : double.IsPositiveInfinity(value) ? "+Inf" : double.IsNegativeInfinity(value) ? "-Inf"
        : value.ToString("R", CultureInfo.InvariantCulture);
}
