using System.Globalization;

namespace SocketRest.Benchmarks.Idle;

/// <summary>What follows <c>idle</c> on the command line.</summary>
internal sealed class IdleOptions
{
    private const int MostConnections = 20_000;

    public int Connections { get; private set; } = 5000;

    /// <summary>Null where an argument is unknown or makes no sense.</summary>
    public static IdleOptions? Parse(ReadOnlySpan<string> arguments) => arguments switch
    {
        [] => new IdleOptions(),
        ["--connections", var text]
            when int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var connections) && connections is >= 2 and <= MostConnections
            => new IdleOptions { Connections = connections },
        _ => null,
    };
}
