namespace SocketRest.Cli.Configuration;

/// <summary>What surrounds the command: a process has the console's, a test its own.</summary>
internal sealed record CommandEnvironment
{
    public required TextWriter Output { get; init; }

    public required TextWriter Error { get; init; }

    /// <summary>The standard output as bytes, for bodies.</summary>
    public required Func<Stream> OpenOutput { get; init; }

    public required Func<Stream> OpenInput { get; init; }

    /// <summary>The value of an environment variable, or null.</summary>
    public required Func<string, string?> Variable { get; init; }

    /// <summary>Whether somebody looks at the output: what changes can be drawn anew.</summary>
    public required bool IsTerminal { get; init; }

    public static CommandEnvironment OfProcess() => new()
    {
        Output = Console.Out,
        Error = Console.Error,
        OpenOutput = Console.OpenStandardOutput,
        OpenInput = Console.OpenStandardInput,
        Variable = Environment.GetEnvironmentVariable,
        IsTerminal = !Console.IsOutputRedirected,
    };
}
