namespace SocketRest.Cli.Configuration;

/// <summary>What the command's end says to whoever started it. Documented in --help and README; a number never changes its meaning.</summary>
internal enum ExitCode
{
    /// <summary>It did what it was asked for.</summary>
    Success = 0,

    /// <summary>Something failed that has no number of its own.</summary>
    Failure = 1,

    /// <summary>An option, a variable or the configuration file is wrong. Nothing was begun.</summary>
    Usage = 2,

    /// <summary>The key file is missing, malformed or open to others, or a hub would be open to strangers. Nothing was begun.</summary>
    Keys = 3,

    /// <summary>The hub refuses the key, or what it was to be used for.</summary>
    Refused = 4,

    /// <summary>The hub cannot be reached.</summary>
    HubUnreachable = 5,

    /// <summary>The hub answers, but the agent is not connected or does not answer.</summary>
    AgentUnreachable = 6,

    /// <summary>The answer has a status of 400 or more, and --fail was given; as curl's.</summary>
    HttpError = 22,

    /// <summary>Ended by Ctrl+C or SIGTERM before it was done.</summary>
    Interrupted = 130,
}
