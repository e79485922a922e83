using System.Net;
using Microsoft.Extensions.Logging;
using SocketRest.Cli.Hub;
using SocketRest.Cli.Keys;

namespace SocketRest.Cli.Tests.Hub;

/// <summary>Who gets in where, on a hub with keys.</summary>
public sealed class HubSecurityTests : IAsyncLifetime, IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly LogWatch _log = new();
    private RunningHub _hub = null!;
    private string _agent = "";
    private string _operator = "";
    private string _caller = "";

    private string KeyPath => _folder.File("hub.keys");

    public async Task InitializeAsync()
    {
        _agent = await RunningHub.AddKeyAsync(KeyPath, KeyKind.Agent, "shop", "kiln-*");
        _operator = await RunningHub.AddKeyAsync(KeyPath, KeyKind.Operator);
        _caller = await RunningHub.AddKeyAsync(KeyPath, KeyKind.Caller, "shop");
        _hub = await RunningHub.StartAsync(new HubOptions { KeysFile = KeyPath }, builder => builder.Logging.AddProvider(_log));
    }

    public async Task DisposeAsync() => await _hub.DisposeAsync();

    public void Dispose()
    {
        _log.Dispose();
        _folder.Dispose();
    }

    [Theory]
    [InlineData("shop")]
    [InlineData("SHOP")]
    [InlineData("kiln-7")]
    public async Task Agent_takes_the_names_of_its_key(string name)
    {
        await using SocketRestClient agent = await _hub.ConnectAsync(name, _agent);

        Assert.Equal(name, (await _hub.Registry.WaitForAsync(one => one.PeerServes).InTime()).Name);
    }

    [Theory]
    [InlineData("till")]
    [InlineData("kiln")]
    [InlineData("shop2")]
    [InlineData(null)]
    [InlineData("kiln-7/x")]
    public async Task Agent_takes_no_other_name(string? name)
    {
        var refused = await Assert.ThrowsAsync<SocketRestException>(() => _hub.ConnectAsync(name, _agent));

        Assert.Equal(SocketRestErrorCode.Unauthorized, refused.ErrorCode);
        Assert.Contains("name", refused.Message, StringComparison.Ordinal);
        Assert.Empty(_hub.Registry.Connections);
    }

    [Fact]
    public async Task Nobody_dials_in_without_a_key_or_with_one_of_another_kind()
    {
        foreach (string? key in new[] { null, _operator, _caller, _agent[..^1], "sr-agent.22222222.x" })
        {
            var refused = await Assert.ThrowsAsync<SocketRestException>(() => _hub.ConnectAsync("shop", key));
            Assert.Equal(SocketRestErrorCode.Unauthorized, refused.ErrorCode);
        }
    }

    [Fact]
    public async Task Agent_is_called_by_those_whom_a_key_allows_it()
    {
        await using SocketRestClient shop = await _hub.ConnectAsync("shop", _agent);
        await using SocketRestClient kiln = await _hub.ConnectAsync("kiln-7", _agent);

        Assert.Equal(HttpStatusCode.OK, (await _hub.GetAsync("/agents/shop/pets", _caller)).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await _hub.GetAsync("/agents/shop/pets", _operator)).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await _hub.GetAsync("/agents/kiln-7/pets", _operator)).StatusCode);
        Assert.Equal(HttpStatusCode.Forbidden, (await _hub.GetAsync("/agents/kiln-7/pets", _caller)).StatusCode);
        Assert.Equal(HttpStatusCode.Forbidden, (await _hub.GetAsync("/agents/shop/pets", _agent)).StatusCode);
        using HttpResponseMessage nobody = await _hub.GetAsync("/agents/shop/pets");
        Assert.Equal(HttpStatusCode.Unauthorized, nobody.StatusCode);
        Assert.Equal("application/problem+json", nobody.Content.Headers.ContentType!.MediaType);
        Assert.Contains("SocketRest-Key", await nobody.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Caller_learns_of_no_agent_that_it_may_not_call() =>
        Assert.Equal(HttpStatusCode.Forbidden, (await _hub.GetAsync("/agents/nobody/pets", _caller)).StatusCode);

    [Fact]
    public async Task Agent_never_sees_the_hubs_keys()
    {
        await using SocketRestClient shop = await _hub.ConnectAsync("shop", _agent);

        Assert.Equal("shop: GET /a auth= key=", await (await _hub.GetAsync("/agents/shop/a", _operator)).Content.ReadAsStringAsync());
        Assert.Equal(
            "shop: GET /a auth=Bearer its-own key=",
            await (await _hub.GetAsync("/agents/shop/a", key: null, ("SocketRest-Key", _caller), ("Authorization", "Bearer its-own"))).Content.ReadAsStringAsync());
        Assert.Equal(
            "shop: GET /a auth= key=",
            await (await _hub.GetAsync("/agents/shop/a", _operator, ("SocketRest-Key", _caller))).Content.ReadAsStringAsync());
        Assert.Equal(
            "shop: GET /a auth= key=",
            await (await _hub.GetAsync("/agents/shop/a", key: null, ("SocketRest-Key", _caller), ("Authorization", $"Bearer x, Bearer {_operator}"))).Content.ReadAsStringAsync());
    }

    [Fact]
    public async Task Public_hub_lets_anybody_call_and_nobody_else_connect_and_hides_keys_all_the_same()
    {
        await using RunningHub open = await RunningHub.StartAsync(new HubOptions { KeysFile = KeyPath, Public = true });
        await using SocketRestClient shop = await open.ConnectAsync("shop", _agent);

        Assert.Equal("shop: GET /a auth= key=", await open.Http.GetStringAsync("/agents/shop/a").InTime());
        Assert.Equal("shop: GET /a auth= key=", await (await open.GetAsync("/agents/shop/a", _operator)).Content.ReadAsStringAsync());
        await Assert.ThrowsAsync<SocketRestException>(() => open.ConnectAsync("shop"));
    }

    [Theory]
    [InlineData("/_hub/api/agents")]
    [InlineData("/agents/kiln-7/")]
    [InlineData("/tunnel")]
    public async Task Agent_reaches_nothing_of_the_hub_through_its_tunnel(string path)
    {
        await using SocketRestClient shop = await _hub.ConnectAsync("shop", _agent);
        using var http = new HttpClient(shop.CreateHandler());

        var refused = await Assert.ThrowsAsync<HttpRequestException>(() => http.GetAsync(new Uri($"http://hub{path}")).InTime());

        Assert.Equal(SocketRestErrorCode.NotServed, Assert.IsType<SocketRestException>(refused.InnerException).ErrorCode);
    }

    [Fact]
    public async Task Host_name_below_the_hubs_is_the_agents_and_asks_for_the_same_key()
    {
        await using RunningHub hub = await RunningHub.StartAsync(new HubOptions { KeysFile = KeyPath, PublicHosts = ["hub.example.com"] });
        await using SocketRestClient shop = await hub.ConnectAsync("shop", _agent);
        await using SocketRestClient kiln = await hub.ConnectAsync("kiln-7", _agent);

        Assert.Equal("shop: GET /a%2Fb auth= key=", await AskAsync("shop.hub.example.com", "/a%2Fb", _caller));
        Assert.Equal("Forbidden", await AskAsync("kiln-7.hub.example.com", "/", _caller));
        Assert.Equal("Unauthorized", await AskAsync("shop.hub.example.com", "/", key: null));

        // Nothing of the hub is to be found there, and the key does not get to the agent.
        Assert.Equal("shop: GET /_hub/api/agents auth= key=", await AskAsync("SHOP.hub.example.com", "/_hub/api/agents", _operator));
        Assert.Equal("shop: GET /tunnel auth= key=", await AskAsync("shop.hub.example.com", "/tunnel", _operator));
        Assert.Equal("NotFound", await AskAsync("shop.hub.example.com.attacker.example", "/", _operator));

        async Task<string> AskAsync(string host, string path, string? key)
        {
            using HttpResponseMessage response = await hub.GetAsync(path, key, ("Host", host));
            return response.IsSuccessStatusCode ? await response.Content.ReadAsStringAsync() : response.StatusCode.ToString();
        }
    }

    [Fact]
    public async Task Management_is_the_operators()
    {
        Assert.Equal(HttpStatusCode.OK, (await _hub.GetAsync("/_hub/api/agents", _operator)).StatusCode);
        Assert.Equal(HttpStatusCode.Forbidden, (await _hub.GetAsync("/_hub/api/agents", _caller)).StatusCode);
        Assert.Equal(HttpStatusCode.Forbidden, (await _hub.GetAsync("/_hub/api/agents", _agent)).StatusCode);
        Assert.Equal(HttpStatusCode.Unauthorized, (await _hub.GetAsync("/_hub/api/agents")).StatusCode);
        Assert.Equal(HttpStatusCode.Unauthorized, (await _hub.GetAsync("/metrics")).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await _hub.GetAsync("/healthz")).StatusCode);
    }

    [Fact]
    public async Task Agents_command_lists_what_is_connected()
    {
        await using SocketRestClient shop = await _hub.ConnectAsync("shop", _agent);

        var run = new CommandRun { Variables = { ["SOCKETREST_HUB"] = _hub.Address.ToString(), ["SOCKETREST_KEY"] = _operator } };
        await run.InvokeAsync("agents");
        Assert.Matches(@"(?m)^shop +connected ", run.Output);

        run.Variables["SOCKETREST_KEY"] = _caller;
        await run.InvokeAsync("agents");
        Assert.Equal((int)Cli.Configuration.ExitCode.Refused, run.ExitCode);
        Assert.Contains("an operator's key manages the hub", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Revoked_key_ends_what_was_connected_with_it_and_lets_nobody_in()
    {
        string other = await RunningHub.AddKeyAsync(KeyPath, KeyKind.Agent, "till");
        await using SocketRestClient shop = await _hub.ConnectAsync("shop", _agent);
        SocketRestConnection connection = await _hub.Registry.WaitForAsync(one => one.Name == "shop").InTime();

        await CommandRun.RunAsync("keys", "revoke", _agent.Split('.')[1], "--keys", KeyPath);

        await connection.Completion.InTime();
        await Assert.ThrowsAsync<SocketRestException>(() => _hub.ConnectAsync("shop", _agent));
        await using SocketRestClient till = await _hub.ConnectAsync("till", other);
    }

    [Fact]
    public async Task Revoked_key_ends_the_requests_that_it_opened_and_no_others()
    {
        string other = await RunningHub.AddKeyAsync(KeyPath, KeyKind.Operator);
        await using SocketRestClient shop = await _hub.ConnectAsync("shop", _agent, options => options.RequestHandler = (_, _) =>
            Task.FromResult(new HttpResponseMessage { Content = new StreamContent(new System.IO.Pipelines.Pipe().Reader.AsStream()) }));
        await _log.SaidAsync("4 keys are in force").InTime();
        using HttpResponseMessage revoked = await OpenAsync("/_hub/api/events", _operator);
        using HttpResponseMessage stays = await OpenAsync("/_hub/api/events", other);
        using HttpResponseMessage called = await OpenAsync("/agents/shop/long", _caller);

        await CommandRun.RunAsync("keys", "revoke", _operator.Split('.')[1], "--keys", KeyPath);
        await CommandRun.RunAsync("keys", "revoke", _caller.Split('.')[1], "--keys", KeyPath);

        await Assert.ThrowsAnyAsync<Exception>(() => revoked.Content.ReadAsStringAsync()).InTime();
        await Assert.ThrowsAnyAsync<Exception>(() => called.Content.ReadAsStringAsync()).InTime();
        await using SocketRestClient kiln = await _hub.ConnectAsync("kiln-7", _agent);
        using var reader = new StreamReader(await stays.Content.ReadAsStreamAsync());
        while (!(await reader.ReadLineAsync().InTime())!.Contains("kiln-7", StringComparison.Ordinal))
        {
        }

        async Task<HttpResponseMessage> OpenAsync(string path, string key)
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, path);
            request.Headers.Add("SocketRest-Key", key);
            return await _hub.Http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead).InTime();
        }
    }

    [Fact]
    public async Task File_that_others_may_read_is_read_again_once_it_is_closed()
    {
        if (OperatingSystem.IsWindows())
            return;
        string next = _folder.File("next.keys");
        await KeyFile.ChangeAsync(next, mayCreate: true, _ => KeyFile.Read(KeyPath), CancellationToken.None);
        await RunningHub.AddKeyAsync(next, KeyKind.Operator);
        File.SetUnixFileMode(next, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead);
        File.Move(next, KeyPath, overwrite: true);
        await _log.SaidAsync("is open to others").InTime();

        File.SetUnixFileMode(KeyPath, UnixFileMode.UserRead | UnixFileMode.UserWrite);

        await _log.SaidAsync("4 keys are in force").InTime();
        Assert.Single(_log.Messages, message => message.Contains("is open to others", StringComparison.Ordinal));
    }

    [Fact]
    public async Task File_that_is_opened_to_others_is_noticed_although_nothing_else_changed()
    {
        if (OperatingSystem.IsWindows())
            return;
        await using SocketRestClient shop = await _hub.ConnectAsync("shop", _agent);
        await RunningHub.AddKeyAsync(KeyPath, KeyKind.Operator);
        await _log.SaidAsync("4 keys are in force").InTime();

        File.SetUnixFileMode(KeyPath, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.OtherRead);

        await _log.SaidAsync("is open to others").InTime();
        Assert.Equal(HttpStatusCode.OK, (await _hub.GetAsync("/agents/shop/pets", _caller)).StatusCode);
    }

    [Fact]
    public async Task File_that_becomes_malformed_changes_nothing()
    {
        await using SocketRestClient shop = await _hub.ConnectAsync("shop", _agent);

        await File.WriteAllTextAsync(KeyPath, "{");

        await _log.SaidAsync("stay in force").InTime();
        Assert.Equal(HttpStatusCode.OK, (await _hub.GetAsync("/agents/shop/pets", _caller)).StatusCode);
        Assert.Single(_hub.Registry.Connections);
    }
}
