using System.Globalization;

namespace SocketRest.Benchmarks;

/// <summary>What follows <c>compare</c> on the command line.</summary>
internal sealed class CompareOptions
{
    private const double MostSeconds = 600;

    /// <summary>Measuring time for each peer of a scenario, warm-up not included.</summary>
    public double Seconds { get; private set; } = 5;

    /// <summary>The scenarios to run; empty for all.</summary>
    public HashSet<string> Only { get; } = [];

    /// <summary>Null where an argument is unknown or makes no sense.</summary>
    public static CompareOptions? Parse(ReadOnlySpan<string> arguments, IReadOnlyCollection<string> scenarios)
    {
        var options = new CompareOptions();
        for (var i = 0; i < arguments.Length; i += 2)
        {
            if (i + 1 == arguments.Length || !options.TrySet(arguments[i], arguments[i + 1], scenarios))
            {
                return null;
            }
        }

        return options;
    }

    private bool TrySet(string option, string value, IReadOnlyCollection<string> scenarios)
    {
        switch (option)
        {
            case "--seconds":
                var valid = double.TryParse(value, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var seconds);
                Seconds = seconds;
                return valid && seconds is > 0 and <= MostSeconds;
            case "--only":
                Only.Add(value);
                return scenarios.Contains(value);
            default:
                return false;
        }
    }
}
