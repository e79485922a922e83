using System.CommandLine;

namespace SocketRest.Cli.Configuration;

/// <summary>The settings of one run. Whoever comes first has the word: option, environment, file; else there is none and the command's default holds.</summary>
internal sealed class Settings
{
    private static readonly char[] s_separators = [';', ','];

    private readonly ParseResult _parse;
    private readonly Func<string, string?> _variable;

    private Settings(ParseResult parse, Func<string, string?> variable, SettingsFile? file)
    {
        _parse = parse;
        _variable = variable;
        File = file;
    }

    public SettingsFile? File { get; }

    /// <exception cref="CommandException">The configuration file is wrong.</exception>
    public static Settings Read(ParseResult parse, CommandEnvironment environment)
    {
        var settings = new Settings(parse, environment.Variable, file: null);
        return settings.FilePath(SharedOptions.Config) is { } path
            ? new Settings(parse, environment.Variable, SettingsFile.Read(path.Value, [.. Members(parse.RootCommandResult.Command)]))
            : settings;
    }

    public SettingValue? Text(Setting<string?> setting)
    {
        SettingList? values = Find(setting, () => [_parse.GetValue(setting)!], split: false);
        return values switch
        {
            null => null,
            { Values: [var one] } => new SettingValue(one, values.Source),
            _ => throw new CommandException(ExitCode.Usage, $"{values.Source} is a list; one value is wanted."),
        };
    }

    /// <summary>A file: in the configuration file it is meant from where that is, elsewhere from the working directory. The value is the whole path.</summary>
    /// <exception cref="CommandException">It is empty.</exception>
    public SettingValue? FilePath(Setting<string?> setting)
    {
        if (Text(setting) is not { } given)
        {
            return null;
        }

        if (string.IsNullOrWhiteSpace(given.Value))
        {
            throw new CommandException(ExitCode.Usage, $"{given.Source} is empty; it wants a file.");
        }

        return given with { Value = File is not null && given.Source == File.Name(setting.Member) ? File.Resolve(given.Value) : Path.GetFullPath(given.Value) };
    }

    /// <summary>A list; an environment variable separates its items by semicolons or commas. Null where nobody says anything.</summary>
    public SettingList? List(Setting<string[]> setting) => Find(setting, () => _parse.GetValue(setting)!, split: true);

    public bool Flag(Setting<bool> setting)
    {
        if (Find(setting, () => [_parse.GetValue(setting) ? "true" : "false"], split: false) is not { } found)
        {
            return false;
        }

        return found.Values switch
        {
            ["1"] => true,
            ["0"] => false,
            [var text] when bool.TryParse(text, out bool value) => value,
            _ => throw new CommandException(ExitCode.Usage, $"{found.Source} is '{string.Join(' ', found.Values)}'; it can be true or false."),
        };
    }

    private SettingList? Find<T>(Setting<T> setting, Func<string[]> option, bool split)
    {
        if (_parse.GetResult(setting) is { Implicit: false })
        {
            return new SettingList(option(), setting.Name);
        }

        if (_variable(setting.Variable) is { Length: > 0 } variable)
        {
            string[] values = split ? variable.Split(s_separators, StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries) : [variable];
            return new SettingList(values, setting.Variable);
        }

        return File?.Values(setting.Member) is { } listed ? new SettingList(listed, File.Name(setting.Member)) : null;
    }

    /// <summary>What the file may have: not another file's name, which nobody would read.</summary>
    private static HashSet<string> Members(Command command) =>
        [.. command.Options.OfType<ISetting>().Where(setting => setting != SharedOptions.Config).Select(setting => setting.Member), .. command.Subcommands.SelectMany(Members)];
}

/// <summary>A value, and who gave it: what a message about it names.</summary>
internal sealed record SettingValue(string Value, string Source);

/// <summary>Values, and who gave them.</summary>
internal sealed record SettingList(IReadOnlyList<string> Values, string Source);
