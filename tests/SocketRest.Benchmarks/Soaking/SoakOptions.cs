using System.Globalization;

namespace SocketRest.Benchmarks.Soaking;

/// <summary>What follows <c>soak</c> on the command line.</summary>
internal sealed class SoakOptions
{
    private const double MostSeconds = 7 * 86_400;
    private const double MostCuts = 50;

    public double Seconds { get; private set; } = 60;

    public double CutsPerSecond { get; private set; } = 5;

    /// <summary>What calls and cuts are drawn from. Their timing is not.</summary>
    public int Seed { get; private set; } = Random.Shared.Next();

    /// <summary>Null where an argument is unknown or makes no sense.</summary>
    public static SoakOptions? Parse(ReadOnlySpan<string> arguments)
    {
        var options = new SoakOptions();
        for (var i = 0; i < arguments.Length; i += 2)
        {
            if (i + 1 == arguments.Length || !options.TrySet(arguments[i], arguments[i + 1]))
            {
                return null;
            }
        }

        return options;
    }

    private bool TrySet(string option, string value)
    {
        switch (option)
        {
            case "--seconds":
                var valid = double.TryParse(value, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var seconds);
                Seconds = seconds;
                return valid && seconds is > 0 and <= MostSeconds;
            case "--cuts-per-second":
                valid = double.TryParse(value, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var cuts);
                CutsPerSecond = cuts;
                return valid && cuts <= MostCuts;
            case "--seed":
                valid = int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var seed);
                Seed = seed;
                return valid;
            default:
                return false;
        }
    }
}
