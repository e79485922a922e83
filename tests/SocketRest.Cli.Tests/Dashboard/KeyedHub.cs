using Microsoft.AspNetCore.Builder;
using Microsoft.Playwright;
using SocketRest.Cli.Hub;
using SocketRest.Cli.Keys;
using SocketRest.Cli.Tests.Hub;
using SocketRest.Cli.Tests.Management;

namespace SocketRest.Cli.Tests.Dashboard;

/// <summary>The command's own hub with keys, as browsers meet it.</summary>
internal sealed class KeyedHub : IAsyncDisposable
{
    private readonly TemporaryFolder _folder;
    private readonly List<ConnectedAgent> _agents = [];

    public required RunningHub Hub { get; init; }

    public required string Agent { get; init; }

    public required string Operator { get; init; }

    /// <summary>A caller's key for kiln-7.</summary>
    public required string Caller { get; init; }

    public int Port => Hub.Address.Port;

    /// <param name="name">Under which agents have names of their own.</param>
    public static async Task<KeyedHub> StartAsync(string name)
    {
        var folder = new TemporaryFolder();
        string path = folder.File("hub.keys");
        string agent = await RunningHub.AddKeyAsync(path, KeyKind.Agent, "*");
        string operators = await RunningHub.AddKeyAsync(path, KeyKind.Operator);
        string caller = await RunningHub.AddKeyAsync(path, KeyKind.Caller, "kiln-7");
        RunningHub hub = await RunningHub.StartAsync(new HubOptions { KeysFile = path, PublicHosts = [name] });
        return new KeyedHub(folder) { Hub = hub, Agent = agent, Operator = operators, Caller = caller };
    }

    private KeyedHub(TemporaryFolder folder) => _folder = folder;

    public async Task<ConnectedAgent> ConnectAsync(string name, Action<WebApplication> map)
    {
        ConnectedAgent agent = await ConnectedAgent.StartAsync(new Uri(Hub.Address, HubHost.TunnelPath), Hub.Registry, name, map: map, key: Agent);
        _agents.Add(agent);
        return agent;
    }

    /// <summary>Shows a key on the page that asks for one.</summary>
    public static async Task SignInAsync(IPage page, string key)
    {
        await page.GetByLabel("Key", new() { Exact = true }).FillAsync(key);
        await page.Keyboard.PressAsync("Enter");
    }

    public async ValueTask DisposeAsync()
    {
        foreach (ConnectedAgent agent in _agents)
            await agent.DisposeAsync();
        await Hub.DisposeAsync();
        _folder.Dispose();
    }
}
