namespace SocketRest.Cli.Tests.Hub;

public sealed class HubProcessTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("INT")]
    [InlineData("TERM")]
    public async Task Hub_says_where_it_is_and_that_it_has_no_keys_and_ends_when_asked(string signal)
    {
        await using var hub = CommandProcess.Start("hub", "--urls", "http://127.0.0.1:0");

        string address = (await hub.LineAsync("Hub listening at ")).Split(' ')[^1];
        await hub.LineAsync("No keys");
        using var http = new HttpClient { BaseAddress = new Uri(address), Timeout = Patience.Limit };
        Assert.Contains("No agent named", await (await http.GetAsync("/agents/shop/")).Content.ReadAsStringAsync(), StringComparison.Ordinal);

        Assert.Equal(0, await hub.StopAsync(signal));
    }

    [Fact]
    public async Task Public_address_without_keys_is_refused_before_it_listens()
    {
        await using var hub = CommandProcess.Start(new Dictionary<string, string> { ["ASPNETCORE_HTTP_PORTS"] = "0" }, "hub");

        Assert.Equal(3, await hub.ExitCodeAsync());
        Assert.Contains("ASPNETCORE_HTTP_PORTS", hub.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Public_address_with_keys_is_listened_at()
    {
        Assert.Equal(0, (await CommandRun.RunAsync("keys", "new", "operator", "--keys", _folder.File("hub.keys"))).ExitCode);
        await using var hub = CommandProcess.Start(new Dictionary<string, string> { ["SOCKETREST_KEYS"] = _folder.File("hub.keys") }, "hub", "--urls", "http://0.0.0.0:0");

        await hub.LineAsync("Agents, operators and callers need a key.");
        Assert.Equal(0, await hub.StopAsync());
    }

    [Fact]
    public async Task Port_that_is_taken_is_a_sentence()
    {
        await using RunningHub first = await RunningHub.StartAsync();

        CommandRun second = await CommandRun.RunAsync("hub", "--urls", first.Address.ToString().TrimEnd('/'));

        Assert.Equal(1, second.ExitCode);
        Assert.Contains("address already in use", second.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", second.Error, StringComparison.Ordinal);
    }
}
