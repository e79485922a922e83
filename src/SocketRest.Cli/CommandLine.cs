using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;
using SocketRest.Cli.Agents;
using SocketRest.Cli.Call;
using SocketRest.Cli.Configuration;
using SocketRest.Cli.Expose;
using SocketRest.Cli.Hub;
using SocketRest.Cli.Keys;

namespace SocketRest.Cli;

/// <summary>The command line as a whole.</summary>
internal static class CommandLine
{
    public static RootCommand Build(CommandEnvironment environment)
    {
        var root = new RootCommand("Calls APIs on devices behind NAT: the devices dial a hub, the hub passes calls on.")
        {
            HubCommand.Build(environment),
            ExposeCommand.Build(environment),
            CallCommand.Build(environment),
            AgentsCommand.Build(environment),
            KeysCommand.Build(environment),
        };
        foreach (Option option in root.Options)
        {
            if (option is HelpOption { Action: HelpAction help })
            {
                option.Action = new HelpWithExamples(help);
            }
        }

        return root;
    }

    /// <summary>Runs a command to its end and returns the exit code. What fails is said in a sentence.</summary>
    public static async Task<int> RunAsync(string[] args, CommandEnvironment environment, CancellationToken cancellationToken = default)
    {
        RootCommand root = Build(environment);

        // -d @FILE is for call to read, and no file of arguments.
        ParseResult parsed = root.Parse(args, new ParserConfiguration { ResponseFileTokenReplacer = null });
        var configuration = new InvocationConfiguration
        {
            Output = environment.Output,
            Error = environment.Error,
            EnableDefaultExceptionHandler = false,

            // A drain takes longer than the two seconds of the default; Interruption handles the signals.
            ProcessTerminationTimeout = null,
        };
        if (parsed.Errors.Count > 0)
        {
            if (parsed.Action is ParseErrorAction action)
            {
                // A slip of the finger is not answered with a page; who types nothing wants to see what there is.
                action.ShowHelp = args.Length == 0 || parsed.CommandResult.Command is { Subcommands.Count: > 0, Action: null } && parsed.UnmatchedTokens.Count == 0;
            }

            await parsed.InvokeAsync(configuration, cancellationToken).ConfigureAwait(false);
            return (int)ExitCode.Usage;
        }

        using var interruption = new Interruption(cancellationToken);
        try
        {
            return await parsed.InvokeAsync(configuration, interruption.Token).ConfigureAwait(false);
        }
        catch (CommandException exception)
        {
            await environment.Error.WriteLineAsync($"socketrest: {exception.Message}").ConfigureAwait(false);
            return (int)exception.ExitCode;
        }
        catch (OperationCanceledException) when (interruption.Token.IsCancellationRequested)
        {
            return (int)ExitCode.Interrupted;
        }
        catch (Exception exception)
        {
            await environment.Error.WriteLineAsync($"socketrest: {exception.GetType().Name}: {exception.Message}").ConfigureAwait(false);
            return (int)ExitCode.Failure;
        }
    }
}
