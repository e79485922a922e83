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
                   fuzz [--seconds N] [--seed S] [--case N [--over memory|sockets]] [--record FILE]
                   soak [--seconds N] [--cuts-per-second K] [--seed S]
                   idle [--connections N]

            compare measures against other ways of carrying a call.
              --seconds N   measuring time for each peer of a scenario, in rounds that alternate between the peers (default 5)
              --only NAME   one scenario: {string.Join(", ", ScenarioCatalog.All.Select(scenario => scenario.Name))}

            fuzz sends changed dialogues to live connections of both sides.
              --seconds N   how long (default 10)
              --seed S      the same cases again (default: another seed each time, which is printed)
              --case N      only this one, as the report of a failure names it
              --record FILE write the dialogues anew, to take the place of Fuzzing/dialogues.txt

            soak calls from both ends of a connection whose socket is cut again and again, and checks every answer.
              --seconds N           how long (default 60)
              --cuts-per-second K   how often (default 5; 0: never)
              --seed S              the same calls and cuts again, not their timing (default: another seed each time, which is printed)

            idle measures what an idle connection costs a hub, beside a bare WebSocket.
              --connections N   how many to open of each kind (default 5000, as far as the limit of open files allows)
            """);
        return ExitCode;
    }
}
