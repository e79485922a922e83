using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace SocketRest.AspNetCore.Tests.Tunnel;

/// <summary>Keeps all that is logged, of every level and category.</summary>
internal sealed class EveryLine : ILoggerProvider, ILogger
{
    public ConcurrentQueue<string> Written { get; } = new();

    public ILogger CreateLogger(string categoryName) => this;

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => true;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
        Written.Enqueue($"{formatter(state, exception)} {exception}");

    public void Dispose()
    {
    }
}
