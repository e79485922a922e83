using System.Collections.Immutable;
using System.CommandLine;
using System.Globalization;
using SocketRest.Cli.Configuration;

namespace SocketRest.Cli.Keys;

/// <summary><c>socketrest keys</c>: makes, lists and revokes the keys of a hub.</summary>
internal static class KeysCommand
{
    private static readonly Option<string[]> s_names = new("--name", "--names")
    {
        Description = "The names that the agent may take: kiln-7, or kiln-* for all that begin so.",
        HelpName = "NAME",
        Required = true,
        AllowMultipleArgumentsPerToken = true,
    };

    private static readonly Option<string[]> s_agents = new("--agents", "--agent")
    {
        Description = "The agents that may be called with the key: shop, or shop-*, or *.",
        HelpName = "NAME",
        Required = true,
        AllowMultipleArgumentsPerToken = true,
    };

    public static Command Build(CommandEnvironment environment)
    {
        var id = new Argument<string>("ID") { Description = "The ID that keys list shows." };
        var create = new CommandWithExamples("new", "Makes a key, prints it once, and adds its hash to the file.", """
            Examples:
              socketrest keys new operator --keys hub.keys             for the dashboard, socketrest agents and every agent
              socketrest keys new agent --name kiln-7 --keys hub.keys  for one device: it cannot take another name
              socketrest keys new caller --agents shop --keys hub.keys for somebody who calls that agent
            """)
        {
            New(environment, KeyKind.Agent, "For an agent: a key binds the names that it may take.", s_names),
            New(environment, KeyKind.Operator, "For who manages the hub: dashboard, management API, and calls to every agent."),
            New(environment, KeyKind.Caller, "For who calls agents through the hub from outside.", s_agents),
        };
        var list = new Command("list", "Lists the keys of the file. Their secrets are not in it.") { KeysOption, SharedOptions.Config };
        list.SetAction(parse => List(environment, Path(Settings.Read(parse, environment))));
        var revoke = new Command("revoke", "Takes a key out of the file. A running hub ends what was connected with it within seconds.")
        {
            id, KeysOption, SharedOptions.Config,
        };
        revoke.SetAction((parse, cancellationToken) => RevokeAsync(environment, Path(Settings.Read(parse, environment)), parse.GetRequiredValue(id), cancellationToken));
        return new Command("keys", "Makes, lists and revokes the keys of a hub.") { create, list, revoke };
    }

    public static Setting<string?> KeysOption { get; } = new("--keys")
    {
        Description = "The file with the hashes of the hub's keys.",
        HelpName = "FILE",
    };

    private static Command New(CommandEnvironment environment, KeyKind kind, string description, Option<string[]>? names = null)
    {
        var command = new Command(kind.ToString().ToLowerInvariant(), description) { KeysOption, SharedOptions.Config };
        if (names is not null)
        {
            command.Add(names);
        }

        command.SetAction((parse, cancellationToken) => NewAsync(
            environment, Path(Settings.Read(parse, environment)), kind, names is null ? [] : Patterns(names, parse.GetRequiredValue(names)), cancellationToken));
        return command;
    }

    private static async Task<int> NewAsync(
        CommandEnvironment environment, string path, KeyKind kind, ImmutableArray<NamePattern> names, CancellationToken cancellationToken)
    {
        string text = "";
        HubKey? made = null;
        await KeyFile.ChangeAsync(path, mayCreate: true, Add, cancellationToken).ConfigureAwait(false);

        // The key alone goes to the output, so that a script can take it from there.
        await environment.Error.WriteLineAsync($"{Describe(made!)}, ID {made!.Id}. It is shown this once; {path} has its hash only.").ConfigureAwait(false);
        await environment.Output.WriteLineAsync(text).ConfigureAwait(false);
        return (int)ExitCode.Success;

        KeyRing Add(KeyRing ring)
        {
            do
            {
                (text, made) = KeyText.Create(kind, names, DateTimeOffset.UtcNow);
            }
            while (ring.ById(made.Id) is not null);
            return ring.With(made);
        }
    }

    private static int List(CommandEnvironment environment, string path)
    {
        KeyRing ring = KeyFile.Read(path);
        if (ring.Keys.IsEmpty)
        {
            environment.Error.WriteLine($"{path} has no keys.");
        }

        foreach (HubKey key in ring.Keys)
        {
            environment.Output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{key.Id}  {key.Created:yyyy-MM-dd HH:mm}  {Describe(key)}"));
        }

        return (int)ExitCode.Success;
    }

    private static async Task<int> RevokeAsync(CommandEnvironment environment, string path, string id, CancellationToken cancellationToken)
    {
        HubKey? revoked = null;
        await KeyFile.ChangeAsync(path, mayCreate: false, Remove, cancellationToken).ConfigureAwait(false);
        await environment.Error.WriteLineAsync($"Revoked: {Describe(revoked!)}, ID {id}.").ConfigureAwait(false);
        return (int)ExitCode.Success;

        KeyRing Remove(KeyRing ring)
        {
            revoked = ring.ById(id)
                ?? throw new CommandException(ExitCode.Failure, $"{path} has no key with the ID '{id}'. socketrest keys list --keys {path} shows those that it has.");
            return ring.Without(revoked);
        }
    }

    private static string Describe(HubKey key) => key.Kind switch
    {
        KeyKind.Agent => $"Agent's key for {string.Join(", ", key.Names)}",
        KeyKind.Caller => $"Caller's key for {string.Join(", ", key.Names)}",
        _ => "Operator's key",
    };

    private static string Path(Settings settings) => settings.FilePath(KeysOption)?.Value
        ?? throw new CommandException(ExitCode.Usage, $"Which file? Say --keys FILE, or set {KeysOption.Variable}.");

    /// <summary>An empty name is a mistake: a variable of a script that was not set, and not somebody who wants a key for nothing.</summary>
    private static ImmutableArray<NamePattern> Patterns(Option<string[]> option, string[] texts) => [.. texts
        .SelectMany(text => text.Split(',', StringSplitOptions.TrimEntries))
        .Distinct(StringComparer.OrdinalIgnoreCase)
        .Select(text => NamePattern.TryParse(text, out NamePattern pattern, out string? fault) ? pattern : throw new CommandException(ExitCode.Usage, $"{option.Name}: {fault}"))];
}
