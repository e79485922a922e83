using SocketRest.Cli.Keys;

namespace SocketRest.Cli.Configuration;

/// <summary>The key with which a command goes to the hub.</summary>
internal static class KeySetting
{
    /// <summary>The key, or null where none is given. Whatever it is, it is never repeated in a message.</summary>
    /// <exception cref="CommandException">It cannot be a credential.</exception>
    public static string? Read(Settings settings)
    {
        if (settings.Text(SharedOptions.Key) is not { } given)
        {
            return null;
        }

        string key = given.Value.Trim();
        return key.Length > 0 && !key.AsSpan().ContainsAnyExceptInRange('!', '~')
            ? key
            : throw new CommandException(ExitCode.Usage, $"{given.Source} is no key: it looks like {KeyText.Prefix}agent.4k7qzn2d.SECRET, as socketrest keys new prints it.");
    }

    /// <summary>Says so where the key can be read by others on its way, or null.</summary>
    public static string? Warning(HubAddress hub, string? key) =>
        key is not null && hub.IsExposed ? $"Warning: the key travels to {hub} for everybody on the way to read. Use wss:// or https://." : null;
}
