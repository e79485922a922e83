namespace SocketRest.Cli.Configuration;

/// <summary>Ends the command with a message for people: what failed, why, and what to do.</summary>
internal sealed class CommandException(ExitCode exitCode, string message, Exception? innerException = null) : Exception(message, innerException)
{
    public ExitCode ExitCode => exitCode;
}
