using System.Globalization;

namespace SocketRest.Benchmarks;

/// <summary>What follows <c>fuzz</c> on the command line.</summary>
internal sealed class FuzzOptions
{
    private const double MostSeconds = 86_400;

    public double Seconds { get; private set; } = 10;

    /// <summary>What the cases are made from.</summary>
    public ulong Seed { get; private set; } = (ulong)Random.Shared.NextInt64();

    /// <summary>The one case to play; null for as many as there is time for.</summary>
    public long? Case { get; private set; }

    /// <summary>Whether that case is played over TCP.</summary>
    public bool OverSockets { get; private set; }

    /// <summary>Where to write the dialogues anew in place of playing cases; null to play.</summary>
    public string? RecordTo { get; private set; }

    /// <summary>Null where an argument is unknown or makes no sense.</summary>
    public static FuzzOptions? Parse(ReadOnlySpan<string> arguments)
    {
        var options = new FuzzOptions();
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
        bool valid;
        switch (option)
        {
            case "--seconds":
                valid = double.TryParse(value, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var seconds);
                Seconds = seconds;
                return valid && seconds is > 0 and <= MostSeconds;
            case "--seed":
                valid = ulong.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var seed);
                Seed = seed;
                return valid;
            case "--case":
                valid = long.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var number);
                Case = number;
                return valid;
            case "--over":
                OverSockets = value == "sockets";
                return value is "memory" or "sockets";
            case "--record":
                RecordTo = value;
                return true;
            default:
                return false;
        }
    }
}
