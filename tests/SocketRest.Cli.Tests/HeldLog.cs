using Microsoft.Extensions.Logging;

namespace SocketRest.Cli.Tests;

/// <summary>Holds up whoever logs something that has the text, until the test lets it go on.</summary>
internal sealed class HeldLog(string text) : ILoggerProvider
{
    private readonly ManualResetEventSlim _goOn = new();

    public void GoOn() => _goOn.Set();

    public ILogger CreateLogger(string categoryName) => new Logger(this);

    public void Dispose() => _goOn.Set();

    private void Hold(string message)
    {
        if (message.Contains(text, StringComparison.Ordinal))
            _goOn.Wait(Patience.Limit);
    }

    private sealed class Logger(HeldLog log) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Information;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (IsEnabled(logLevel))
                log.Hold(formatter(state, exception));
        }
    }
}
