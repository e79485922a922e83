using SocketRest.Benchmarks.Scenarios;

namespace SocketRest.Benchmarks;

internal static class Usage
{
    private const int ExitCode = 2;

    /// <summary>Says what may stand on the command line.</summary>
    /// <returns>The exit code.</returns>
    public static int Fail()
    {
        Console.Error.WriteLine(
            $"""
            usage: compare [--seconds N] [--only NAME]...

              --seconds N   measuring time for each peer of a scenario, in rounds that alternate between the peers (default 5)
              --only NAME   one scenario: {string.Join(", ", ScenarioCatalog.All.Select(scenario => scenario.Name))}
            """);
        return ExitCode;
    }
}
