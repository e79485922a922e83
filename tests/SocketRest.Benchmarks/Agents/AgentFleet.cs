using System.Globalization;
using SocketRest.Benchmarks.Peers;

namespace SocketRest.Benchmarks.Agents;

/// <summary>Many agents in this process, each with a name and a connection of its own.</summary>
internal sealed class AgentFleet(Uri hub) : IAsyncDisposable
{
    /// <summary>Agents that dial for the first time at once.</summary>
    private const int AtOnce = 32;

    private readonly HttpMessageInvoker _dialler = new(Handlers.Create(PeerSettings.Default));
    private readonly List<SocketRestClient> _agents = [];

    public int Count => _agents.Count;

    public static string Name(int agent) => string.Create(CultureInfo.InvariantCulture, $"agent-{agent}");

    public static string Greeting(int agent) => $"Hello from {Name(agent)}";

    public async Task GrowAsync(int count)
    {
        while (_agents.Count < count)
        {
            var next = Enumerable.Range(_agents.Count, Math.Min(AtOnce, count - _agents.Count)).Select(Create).ToArray();
            _agents.AddRange(next);
            await Task.WhenAll(next.Select(agent => agent.GetConnectionAsync()));
        }
    }

    public async ValueTask DisposeAsync()
    {
        await Task.WhenAll(_agents.Select(agent => agent.DisposeAsync().AsTask()));
        _dialler.Dispose();
    }

    private SocketRestClient Create(int agent)
    {
        var greeting = Greeting(agent);
        return new SocketRestClient(new SocketRestClientOptions
        {
            Uri = new UriBuilder(hub) { Scheme = "ws", Path = AgentsHub.TunnelPath }.Uri,
            Name = Name(agent),
            Invoker = _dialler,
            RequestHandler = (_, _) => Task.FromResult(new HttpResponseMessage { Content = new StringContent(greeting) }),
        });
    }
}
