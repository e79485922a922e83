using SocketRest.AspNetCore.Hub;
using SocketRest.AspNetCore.Tests.Conformance;
using SocketRest.AspNetCore.Tests.Tunnel;

namespace SocketRest.AspNetCore.Tests.Hub;

/// <summary>An agent whose answers wait until the test lets them go.</summary>
internal sealed class HeldAgent : IAsyncDisposable
{
    private readonly SocketRestClient _client;

    private HeldAgent(SocketRestClient client, SocketRestConnection accepted, Signal arrived, Signal release) =>
        (_client, Accepted, Arrived, Release) = (client, accepted, arrived, release);

    /// <summary>The hub's side.</summary>
    public SocketRestConnection Accepted { get; }

    public Signal Arrived { get; }

    public Signal Release { get; }

    public static async Task<HeldAgent> ConnectAsync(TestHub hub, string name, Action<SocketRestClientOptions>? configure = null)
    {
        var arrived = new Signal();
        var release = new Signal();
        SocketRestClient client = await hub.DialAsync(options =>
        {
            options.Name = name;

            // One that is drained would be back at once, under the same name.
            options.KeepConnected = false;
            options.RequestHandler = async (_, _) =>
            {
                arrived.Release();
                await release.NextAsync();
                return new HttpResponseMessage();
            };
            configure?.Invoke(options);
        });
        return new HeldAgent(client, await hub.SideOfAsync(client), arrived, release);
    }

    public ValueTask DisposeAsync() => _client.DisposeAsync();
}

internal static class HubTestExtensions
{
    public static async Task NextAsync(this Signal signal, int count)
    {
        for (int i = 0; i < count; i++)
        {
            await signal.NextAsync();
        }
    }

    public static Task<HttpResponseMessage> GetAsync(this AgentCalls calls, string agent) =>
        calls.SendAsync(agent, new HttpRequestMessage(HttpMethod.Get, "http://any.example/"), default);
}
