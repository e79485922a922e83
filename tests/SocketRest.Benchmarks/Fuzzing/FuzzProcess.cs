using System.Diagnostics;

namespace SocketRest.Benchmarks.Fuzzing;

/// <summary>
/// The process in which the cases are played. Each case reaches code that none before has reached, and with every such method the runtime puts off
/// compiling well what runs often: most of the time went into code of the first tier. Only the environment can say that, before the process starts.
/// </summary>
internal static class FuzzProcess
{
    private const string CompileAtOnce = "DOTNET_TC_CallCountingDelayMs";

    /// <summary>
    /// Nor is any of it instrumented first, or compiled again that a run reaches now and then; and what a case leaves behind is collected seldom and by nobody
    /// else's thread. The numbers are hexadecimal.
    /// </summary>
    private static readonly (string Name, string Value)[] s_settings =
    [
        (CompileAtOnce, "0"), ("DOTNET_TC_CallCountThreshold", "200"), ("DOTNET_TieredPGO", "0"),
        ("DOTNET_gcConcurrent", "0"), ("DOTNET_GCgen0size", "4000000"),
    ];

    /// <summary>Whether this process is one, or was started with settings of its user's own.</summary>
    public static bool IsThis => Environment.GetEnvironmentVariable(CompileAtOnce) is not null;

    public static async Task<int> RunAsync(IEnumerable<string> arguments)
    {
        var start = new ProcessStartInfo(Environment.ProcessPath!);
        if (Path.GetFileNameWithoutExtension(start.FileName) == "dotnet")
        {
            start.ArgumentList.Add(typeof(FuzzProcess).Assembly.Location);
        }

        foreach (var argument in arguments)
        {
            start.ArgumentList.Add(argument);
        }

        foreach (var (name, value) in s_settings)
        {
            start.Environment[name] = value;
        }

        using var process = Process.Start(start)!;
        await process.WaitForExitAsync();
        return process.ExitCode;
    }
}
