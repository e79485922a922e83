using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;

namespace SocketRest.Cli;

/// <summary>The help, and below it examples and exit codes where a command has some.</summary>
internal sealed class HelpWithExamples(HelpAction help) : SynchronousCommandLineAction
{
    private const string Sources = """
        Settings (--hub, --key, --keys and most others) can also come from the environment and from a JSON file:
        --public-host is SOCKETREST_PUBLIC_HOST, and "publicHost" in the file that --config names.
        The option has the first word, then the variable, then the file.
        """;

    private const string ExitCodes = """
        Exit codes:
          0    done
          1    something failed that has no number of its own
          2    an option, a SOCKETREST_ variable or the configuration file is wrong
          3    the key file is missing, malformed or open to others, or the hub would be open to strangers
          4    the hub refuses the key, or what it was to be used for
          5    the hub cannot be reached
          6    the agent is not connected, or does not answer
          22   call --fail: the answer has a status of 400 or more
          130  ended by Ctrl+C or SIGTERM before it was done
        """;

    public override bool ClearsParseErrors => true;

    public override int Invoke(ParseResult parseResult)
    {
        int result = help.Invoke(parseResult);
        TextWriter output = parseResult.InvocationConfiguration.Output;
        Command command = parseResult.CommandResult.Command;
        if (command is CommandWithExamples { Examples: { } examples })
        {
            output.WriteLine(examples);
            output.WriteLine();
        }

        if (command is RootCommand)
        {
            output.WriteLine(Sources);
            output.WriteLine();
            output.WriteLine(ExitCodes);
        }
        else
        {
            output.WriteLine("Settings from elsewhere, and exit codes: socketrest --help");
        }

        return result;
    }
}

/// <summary>A command whose help shows how it is used.</summary>
internal sealed class CommandWithExamples(string name, string description, string examples) : Command(name, description)
{
    public string Examples => examples;
}
