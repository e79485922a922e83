using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace SocketRest.Cli.Tests;

/// <summary>Waits for what is logged.</summary>
internal sealed class LogWatch : ILoggerProvider
{
    private readonly ConcurrentQueue<string> _messages = new();
    private readonly Lock _lock = new();
    private readonly List<(string Text, TaskCompletionSource Said)> _awaited = [];

    public IReadOnlyCollection<string> Messages => _messages;

    /// <summary>Completes when something was logged that has the text, or has been already.</summary>
    public Task SaidAsync(string text)
    {
        var said = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_lock)
        {
            if (_messages.Any(message => message.Contains(text, StringComparison.Ordinal)))
                return Task.CompletedTask;
            _awaited.Add((text, said));
        }

        return said.Task;
    }

    public ILogger CreateLogger(string categoryName) => new MessageLogger(Add);

    public void Dispose()
    {
    }

    private void Add(string message)
    {
        lock (_lock)
        {
            _messages.Enqueue(message);
            foreach ((string text, TaskCompletionSource said) in _awaited)
            {
                if (message.Contains(text, StringComparison.Ordinal))
                    said.TrySetResult();
            }
        }
    }
}
