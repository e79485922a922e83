using SocketRest.Cli.Configuration;

namespace SocketRest.Cli.Tests;

/// <summary>The command run in this process: its output, its exit code, and variables that are nobody else's.</summary>
internal sealed class CommandRun
{
    public Dictionary<string, string> Variables { get; } = [];

    public byte[] Input { get; set; } = [];

    public int ExitCode { get; private set; }

    public string Output { get; private set; } = "";

    public string Error { get; private set; } = "";

    /// <summary>What went to the standard output as bytes.</summary>
    public byte[] Bytes { get; private set; } = [];

    public static async Task<CommandRun> RunAsync(params string[] arguments)
    {
        var run = new CommandRun();
        await run.InvokeAsync(arguments);
        return run;
    }

    public async Task InvokeAsync(params string[] arguments)
    {
        using var output = new StringWriter();
        using var error = new StringWriter();
        using var bytes = new MemoryStream();
        ExitCode = await CommandLine.RunAsync(arguments, new CommandEnvironment
        {
            Output = output,
            Error = error,
            OpenOutput = () => bytes,
            OpenInput = () => new MemoryStream(Input),
            Variable = name => Variables.GetValueOrDefault(name),
            IsTerminal = false,
        }).InTime();
        (Output, Error, Bytes) = (output.ToString(), error.ToString(), bytes.ToArray());
    }
}
