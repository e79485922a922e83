using Microsoft.Extensions.Logging;

namespace SocketRest.Cli.Tests;

/// <summary>Hands on the text of what is logged, from information upwards.</summary>
internal sealed class MessageLogger(Action<string> take) : ILogger
{
    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Information;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        if (IsEnabled(logLevel))
            take(formatter(state, exception));
    }
}
