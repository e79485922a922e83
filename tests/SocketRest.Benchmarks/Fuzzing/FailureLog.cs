using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace SocketRest.Benchmarks.Fuzzing;

/// <summary>Keeps what was logged as an error and is no more than a defect explains.</summary>
internal sealed class FailureLog : ILogger, ILoggerProvider
{
    private readonly ConcurrentQueue<string> _failures = new();

    public bool IsEmpty => _failures.IsEmpty;

    public bool TryTake(out string? failure) => _failures.TryDequeue(out failure);

    public void Add(string failure) => _failures.Enqueue(failure);

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        if (logLevel >= LogLevel.Error && (exception is null || !Calls.IsExpected(exception)))
        {
            Add($"{formatter(state, exception)} {exception}");
        }
    }

    public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Error;

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public ILogger CreateLogger(string categoryName) => this;

    public void Dispose()
    {
    }
}
