using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using SocketRest.Multiplexing;

namespace SocketRest.Diagnostics;

/// <summary>Logs with the connection and its agent in scope. Around each entry, since those of a connection come from threads that share nothing else.</summary>
internal sealed class ConnectionLogger : ILogger
{
    private readonly ILogger _logger;
    private readonly LogScope _scope;

    private ConnectionLogger(ILogger logger, ConnectionIdentity identity)
    {
        _logger = logger;
        _scope = identity.Name is { } name ? new(new("ConnectionId", identity.Id), new("Agent", name)) : new(new KeyValuePair<string, object?>("ConnectionId", identity.Id));
    }

    public static ILogger Create(ILogger logger, ConnectionIdentity identity) => logger is NullLogger ? logger : new ConnectionLogger(logger, identity);

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => _logger.BeginScope(state);

    public bool IsEnabled(LogLevel logLevel) => _logger.IsEnabled(logLevel);

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        using (_logger.BeginScope(_scope))
        {
            _logger.Log(logLevel, eventId, state, exception, formatter);
        }
    }
}
