using System.IO.Pipelines;
using System.Net.WebSockets;
using SocketRest.Cli.Hub;
using SocketRest.Cli.Keys;

namespace SocketRest.Cli.Tests.Hub;

/// <summary>Keys that are taken out of the file while WebSockets and other upgraded exchanges are open that they opened, or that lead to agents that they let in.</summary>
public sealed class RevokedUpgradeTests : IAsyncLifetime, IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private string _shopKey = "";
    private string _tillKey = "";
    private string _caller = "";
    private string _other = "";
    private RunningHub _hub = null!;

    private string KeyPath => _folder.File("hub.keys");

    public async Task InitializeAsync()
    {
        _shopKey = await RunningHub.AddKeyAsync(KeyPath, KeyKind.Agent, "shop");
        _tillKey = await RunningHub.AddKeyAsync(KeyPath, KeyKind.Agent, "till");
        _caller = await RunningHub.AddKeyAsync(KeyPath, KeyKind.Caller, "*");
        _other = await RunningHub.AddKeyAsync(KeyPath, KeyKind.Operator);
        _hub = await RunningHub.StartAsync(new HubOptions { KeysFile = KeyPath });
    }

    public async Task DisposeAsync() => await _hub.DisposeAsync();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Revoked_callers_key_ends_its_WebSocket_at_both_ends_and_no_others()
    {
        var agent = new OpenEnds();
        await using SocketRestClient shop = await _hub.ConnectAsync("shop", _shopKey, agent.Serve);
        using ClientWebSocket revoked = await OpenAsync("shop", _caller);
        CancellationToken gone = await agent.NextAsync();
        using ClientWebSocket stays = await OpenAsync("shop", _other);
        CancellationToken there = await agent.NextAsync();
        Task<WebSocketReceiveResult> silent = stays.ReceiveAsync(new byte[1], default);

        await RevokeAsync(_caller);

        await Assert.ThrowsAsync<WebSocketException>(() => revoked.ReceiveAsync(new byte[1], default).InTime());
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Task.Delay(Timeout.Infinite, gone).InTime());
        Assert.Equal((false, false), (silent.IsCompleted, there.IsCancellationRequested));
        await Assert.ThrowsAsync<WebSocketException>(() => OpenAsync("shop", _caller));
    }

    [Fact]
    public async Task Revoked_callers_key_ends_any_other_protocol()
    {
        var agent = new OpenEnds();
        await using SocketRestClient shop = await _hub.ConnectAsync("shop", _shopKey, agent.Serve);
        using var offer = new HttpRequestMessage(HttpMethod.Get, "/agents/shop/line");
        offer.Headers.Add("SocketRest-Key", _caller);
        offer.Headers.TryAddWithoutValidation("Connection", "Upgrade");
        offer.Headers.TryAddWithoutValidation("Upgrade", "chat");
        using HttpResponseMessage response = await _hub.Http.SendAsync(offer, HttpCompletionOption.ResponseHeadersRead).InTime();
        Assert.Equal(101, (int)response.StatusCode);
        CancellationToken gone = await agent.NextAsync();

        await RevokeAsync(_caller);

        Stream stream = await response.Content.ReadAsStreamAsync();
        Assert.True(await EndsAsync(stream).InTime());
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Task.Delay(Timeout.Infinite, gone).InTime());
    }

    [Fact]
    public async Task Revoked_agents_key_ends_the_WebSockets_to_that_agent_and_to_no_other()
    {
        var shopEnds = new OpenEnds();
        var tillEnds = new OpenEnds();
        await using SocketRestClient shop = await _hub.ConnectAsync("shop", _shopKey, shopEnds.Serve);
        await using SocketRestClient till = await _hub.ConnectAsync("till", _tillKey, tillEnds.Serve);
        using ClientWebSocket revoked = await OpenAsync("shop", _caller);
        CancellationToken gone = await shopEnds.NextAsync();
        using ClientWebSocket stays = await OpenAsync("till", _caller);
        CancellationToken there = await tillEnds.NextAsync();
        Task<WebSocketReceiveResult> silent = stays.ReceiveAsync(new byte[1], default);

        await RevokeAsync(_shopKey);

        await Assert.ThrowsAsync<WebSocketException>(() => revoked.ReceiveAsync(new byte[1], default).InTime());
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Task.Delay(Timeout.Infinite, gone).InTime());
        Assert.Equal((false, false), (silent.IsCompleted, there.IsCancellationRequested));
    }

    private static async Task<bool> EndsAsync(Stream stream)
    {
        try
        {
            return await stream.ReadAsync(new byte[1]) == 0;
        }
        catch (IOException)
        {
            return true;
        }
    }

    private async Task RevokeAsync(string key) => Assert.Equal(0, (await CommandRun.RunAsync("keys", "revoke", key.Split('.')[1], "--keys", KeyPath)).ExitCode);

    private async Task<ClientWebSocket> OpenAsync(string agent, string key)
    {
        var socket = new ClientWebSocket();
        socket.Options.SetRequestHeader("SocketRest-Key", key);
        await socket.ConnectAsync(new Uri($"ws://{_hub.Address.Authority}/agents/{agent}/socket"), default).InTime();
        return socket;
    }

    /// <summary>An agent that takes every protocol and says nothing in it.</summary>
    private sealed class OpenEnds
    {
        private readonly System.Threading.Channels.Channel<CancellationToken> _open = System.Threading.Channels.Channel.CreateUnbounded<CancellationToken>();

        /// <summary>Cancelled when the next one that was opened is over.</summary>
        public Task<CancellationToken> NextAsync() => _open.Reader.ReadAsync().AsTask().InTime();

        public void Serve(SocketRestClientOptions options)
        {
            options.ServeUpgrades = true;
            options.RequestHandler = (request, over) =>
            {
                _open.Writer.TryWrite(over);
                return Task.FromResult(new HttpResponseMessage(request.Method == HttpMethod.Connect ? System.Net.HttpStatusCode.OK : System.Net.HttpStatusCode.SwitchingProtocols)
                {
                    Content = new StreamContent(new Pipe().Reader.AsStream()),
                });
            };
        }
    }
}
