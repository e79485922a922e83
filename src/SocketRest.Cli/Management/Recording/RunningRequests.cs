using System.Collections.Concurrent;
using SocketRest.Cli.Management.Model;

namespace SocketRest.Cli.Management.Recording;

/// <summary>The requests to agents that are under way. Streams, WebSockets and downloads are for long, and people want to see them meanwhile.</summary>
internal sealed class RunningRequests
{
    private const int Most = 100;

    private readonly ConcurrentDictionary<RecordedExchange, bool> _running = new();

    public void Add(RecordedExchange exchange) => _running[exchange] = true;

    public void Remove(RecordedExchange exchange) => _running.TryRemove(exchange, out _);

    /// <summary>Those to agents of the name, the longest running first.</summary>
    public IReadOnlyList<RunningRequest> Of(string agent) =>
    [
        .. _running.Select(one => one.Key)
            .Where(one => string.Equals(one.Agent, agent, StringComparison.OrdinalIgnoreCase))
            .Select(one => one.Describe())
            .OrderBy(one => one.Started)
            .Take(Most),
    ];
}
