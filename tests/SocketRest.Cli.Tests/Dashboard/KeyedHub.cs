using System.Net;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
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

    public int Port => new Uri(Hub.Addresses[^1]).Port;

    /// <param name="name">Under which agents have names of their own, or null where they have none.</param>
    /// <param name="certificate">By which browsers reach it over HTTPS, and with it HTTP/2.</param>
    public static async Task<KeyedHub> StartAsync(string? name, X509Certificate2? certificate = null)
    {
        var folder = new TemporaryFolder();
        string path = folder.File("hub.keys");
        string agent = await RunningHub.AddKeyAsync(path, KeyKind.Agent, "*");
        string operators = await RunningHub.AddKeyAsync(path, KeyKind.Operator);
        string caller = await RunningHub.AddKeyAsync(path, KeyKind.Caller, "kiln-7");
        RunningHub hub = await RunningHub.StartAsync(new HubOptions { KeysFile = path, PublicHosts = name is null ? [] : [name] }, builder =>
        {
            if (certificate is not null)
            {
                builder.WebHost.ConfigureKestrel(kestrel =>
                {
                    kestrel.Listen(IPAddress.Loopback, 0);
                    kestrel.Listen(IPAddress.Loopback, 0, endpoint => endpoint.UseHttps(certificate));
                });
            }
        });
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
