namespace SocketRest.Cli.Configuration;

/// <summary>Options that mean the same to every command that has them.</summary>
internal static class SharedOptions
{
    public static Setting<string?> Config { get; } = new("--config")
    {
        Description = "A JSON file with settings. Options and SOCKETREST_ variables come first.",
        HelpName = "FILE",
    };

    public static Setting<string?> Hub { get; } = new("--hub")
    {
        Description = "Where the hub is: wss://hub.example.com, or ws://127.0.0.1:7080.",
        HelpName = "URL",
    };

    public static Setting<string?> Key { get; } = new("--key")
    {
        Description = "The key for the hub. Better in SOCKETREST_KEY: options can be seen by other users of the machine.",
        HelpName = "KEY",
    };
}
