namespace SocketRest.Benchmarks.Measuring;

/// <summary>One figure a round.</summary>
internal sealed class Series
{
    private readonly List<double> _values = [];

    public double Median
    {
        get
        {
            var sorted = _values.Order().ToArray();
            var middle = sorted.Length / 2;
            return sorted.Length switch
            {
                0 => double.NaN,
                _ when sorted.Length % 2 == 1 => sorted[middle],
                _ => (sorted[middle - 1] + sorted[middle]) / 2,
            };
        }
    }

    public double Min => _values.Count == 0 ? double.NaN : _values.Min();

    public double Max => _values.Count == 0 ? double.NaN : _values.Max();

    public void Add(double value) => _values.Add(value);
}
