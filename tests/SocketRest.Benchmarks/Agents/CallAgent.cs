using System.Net;
using SocketRest.Benchmarks.Measuring;

namespace SocketRest.Benchmarks.Agents;

/// <summary>A call through the hub to an agent, each time the next one, whose answer names it.</summary>
internal sealed class CallAgent(HttpClient client, Uri hub, int agents) : ICall
{
    private readonly (Uri Uri, string Greeting)[] _agents =
        [.. Enumerable.Range(0, agents).Select(agent => (new Uri(hub, $"/agents/{AgentFleet.Name(agent)}/hello"), AgentFleet.Greeting(agent)))];

    private int _next = -1;

    public async ValueTask InvokeAsync(long number)
    {
        var (uri, greeting) = _agents[(uint)Interlocked.Increment(ref _next) % (uint)_agents.Length];
        using var response = await client.GetAsync(uri);
        var answer = await response.Content.ReadAsStringAsync();
        if (response.StatusCode != HttpStatusCode.OK || answer != greeting)
        {
            throw new WrongAnswerException($"{uri} answered {response.StatusCode}: {answer}");
        }
    }
}
