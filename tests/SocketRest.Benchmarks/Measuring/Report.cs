using System.Globalization;

namespace SocketRest.Benchmarks.Measuring;

/// <summary>Prints each table when its scenario is done and, at the end, the lines that a script reads.</summary>
internal sealed class Report(TextWriter output)
{
    private readonly List<string> _ratios = [];
    private readonly List<string> _values = [];

    public void Add(ScenarioResult result)
    {
        output.WriteLine();
        output.WriteLine($"{result.Name}: {result.Title}");
        var asideUnits = string.Concat(result.AsideUnits.Select(unit => $"{unit,14}"));
        output.WriteLine($"  {"peer",-20}{result.Unit,14}{"min .. max",26}{asideUnits}{"SocketRest is",16}");
        foreach (var peer in result.Peers)
        {
            var figure = peer.Figure;
            var spread = $"{Number(figure.Min)} .. {Number(figure.Max)}";
            var asides = string.Concat(peer.Asides.Select(aside => $"{Number(aside.Median),14}"));
            var ratio = result.Ratio(peer) is { } value ? Invariant($"{value:0.00} x") : "";
            output.WriteLine($"  {peer.Name,-20}{Number(figure.Median),14}{spread,26}{asides}{ratio,16}".TrimEnd());
            if (peer.Role == Role.Rival && result.Ratio(peer) is { } rated)
            {
                _ratios.Add(Invariant($"RATIO {result.Name} vs {peer.Name} {rated:0.00}"));
            }
        }

        foreach (var note in result.Notes)
        {
            output.WriteLine($"  {note}");
        }
    }

    public void AddValue(string name, double number, string unit) => _values.Add(Invariant($"VALUE {name} {number:0.##} {unit}"));

    public void WriteSummary()
    {
        output.WriteLine();
        foreach (var line in _ratios.Concat(_values))
        {
            output.WriteLine(line);
        }
    }

    private static string Number(double value) => value.ToString(Math.Abs(value) < 1000 ? "0.0" : "#,0", CultureInfo.InvariantCulture);

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
