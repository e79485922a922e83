using System.Net;
using Microsoft.Extensions.Configuration;
using SocketRest.Cli.Configuration;
using SocketRest.Cli.Hub;
using SocketRest.Cli.Keys;

namespace SocketRest.Cli.Tests.Hub;

/// <summary>Whose word about who called is taken.</summary>
public sealed class TrustedProxyTests : IDisposable
{
    private static readonly (string, string)[] s_claims =
        [("X-Forwarded-For", "203.0.113.9"), ("X-Forwarded-Proto", "https"), ("X-Forwarded-Host", "shop.example.com")];

    private readonly TemporaryFolder _folder = new();
    private string _agent = "";

    private string KeyPath => _folder.File("hub.keys");

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("127.0.0.1")]
    [InlineData("127.0.0.0/8")]
    public async Task Trusted_sender_is_believed_and_agents_hear_of_the_caller_alone(string proxy)
    {
        await using RunningHub hub = await StartAsync(proxy);
        await using SocketRestClient shop = await ConnectAsync(hub);

        Assert.Equal(
            "for=203.0.113.9 proto=https host=shop.example.com original= authority=shop.example.com",
            await TextAsync(await hub.GetAsync("/agents/shop/", null, s_claims)));
    }

    [Theory]
    [InlineData(null)]
    [InlineData("10.0.0.0/8")]
    [InlineData("::1")]
    public async Task Other_sender_is_not_believed(string? proxy)
    {
        await using RunningHub hub = await StartAsync(proxy);
        await using SocketRestClient shop = await ConnectAsync(hub);

        Assert.Equal(
            $"for=127.0.0.1 proto=http host={hub.Address.Authority} original= authority={hub.Address.Authority}",
            await TextAsync(await hub.GetAsync("/agents/shop/", null, s_claims)));
    }

    [Fact]
    public async Task Of_several_hops_those_are_believed_that_a_trusted_one_names()
    {
        await using RunningHub hub = await StartAsync("127.0.0.1", "10.0.0.0/8");
        await using SocketRestClient shop = await ConnectAsync(hub);

        string seen = await TextAsync(await hub.GetAsync("/agents/shop/", null, ("X-Forwarded-For", "1.1.1.1, 203.0.113.9, 10.0.0.7")));

        Assert.StartsWith("for=203.0.113.9 proto=http ", seen, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Agent_is_found_by_the_host_that_a_trusted_sender_names()
    {
        await using RunningHub hub = await StartAsync("127.0.0.1");
        await using SocketRestClient shop = await ConnectAsync(hub);

        using HttpResponseMessage found = await hub.GetAsync("/pets", null, ("X-Forwarded-Host", "shop.hub.test"));
        using HttpResponseMessage other = await hub.GetAsync("/pets", null, ("X-Forwarded-Host", "shop.hub.other"));

        Assert.EndsWith("authority=shop.hub.test", await TextAsync(found), StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.NotFound, other.StatusCode);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("127.0.0.1")]
    public async Task Hub_without_keys_is_opened_by_no_such_field(string? proxy)
    {
        await using RunningHub hub = await RunningHub.StartAsync(new HubOptions { TrustedProxies = Networks(proxy) });

        using HttpResponseMessage host = await hub.GetAsync("/healthz", null, ("Host", "attacker.example"), ("X-Forwarded-Host", "localhost"), ("X-Forwarded-For", "127.0.0.1"));
        using HttpResponseMessage origin = await hub.GetAsync("/healthz", null, ("Origin", "https://attacker.example"), ("X-Forwarded-Host", "localhost"));

        Assert.Equal(HttpStatusCode.MisdirectedRequest, host.StatusCode);
        Assert.Equal(HttpStatusCode.Forbidden, origin.StatusCode);
    }

    [Theory]
    [InlineData("proxy.example.com")]
    [InlineData("10.0.0.0/33")]
    [InlineData("0.0.0.0/0")]
    [InlineData("::/0")]
    [InlineData("")]
    public async Task What_is_no_proxy_is_refused(string value)
    {
        await RunningHub.AddKeyAsync(KeyPath, KeyKind.Operator);
        foreach (string[] given in (string[][])[["--trusted-proxy", value], ["--config", _folder.Write("hub.json", $$"""{ "trustedProxy": ["{{value}}"] }""")]])
        {
            CommandRun run = await CommandRun.RunAsync(["hub", "--urls", "http://127.0.0.1:0", "--keys", KeyPath, .. given]);

            Assert.Equal((int)ExitCode.Usage, run.ExitCode);
            Assert.Contains(given[0] == "--config" ? "'trustedProxy'" : "--trusted-proxy", run.Error, StringComparison.Ordinal);
            Assert.Contains($"'{value}'", run.Error, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Hub_without_keys_is_not_put_behind_a_proxy()
    {
        CommandRun run = await CommandRun.RunAsync("hub", "--urls", "http://127.0.0.1:0", "--trusted-proxy", "127.0.0.1");

        Assert.Equal((int)ExitCode.Keys, run.ExitCode);
        Assert.Contains("--trusted-proxy", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Proxies_come_from_the_environment_too()
    {
        await RunningHub.AddKeyAsync(KeyPath, KeyKind.Operator);
        var environment = CommandEnvironment.OfProcess() with { Variable = name => name == "SOCKETREST_TRUSTED_PROXY" ? "10.0.0.5, 2001:db8::/32" : null };
        Settings settings = Settings.Read(CommandLine.Build(environment).Parse(["hub", "--keys", KeyPath]), environment);

        HubOptions options = HubOptionsReader.Read(settings, new ConfigurationBuilder().Build());

        Assert.Equal(["10.0.0.5/32", "2001:db8::/32"], options.TrustedProxies.Select(one => one.ToString()));
    }

    [Fact]
    public void Setting_with_which_everybody_is_believed_is_refused()
    {
        CommandEnvironment environment = CommandEnvironment.OfProcess() with { Variable = _ => null };
        IConfiguration configuration = new ConfigurationBuilder().AddInMemoryCollection([new("ForwardedHeaders_Enabled", "true")]).Build();

        var refused = Assert.Throws<CommandException>(() => HubOptionsReader.Read(Settings.Read(CommandLine.Build(environment).Parse(["hub"]), environment), configuration));

        Assert.Equal(ExitCode.Usage, refused.ExitCode);
        Assert.Contains("--trusted-proxy", refused.Message, StringComparison.Ordinal);
    }

    private static IPNetwork[] Networks(params string?[] proxies) => [.. proxies.OfType<string>().Select(proxy => TrustedProxies.Parse(proxy)!.Value)];

    private async Task<RunningHub> StartAsync(params string?[] proxies)
    {
        _agent = await RunningHub.AddKeyAsync(KeyPath, KeyKind.Agent, "shop");
        return await RunningHub.StartAsync(new HubOptions { KeysFile = KeyPath, Public = true, PublicHosts = ["hub.test"], TrustedProxies = Networks(proxies) });
    }

    private Task<SocketRestClient> ConnectAsync(RunningHub hub) => hub.ConnectAsync(
        "shop",
        _agent,
        options => options.RequestHandler = (request, _) => Task.FromResult(new HttpResponseMessage
        {
            Content = new StringContent(
                $"for={Field(request, "X-Forwarded-For")} proto={Field(request, "X-Forwarded-Proto")} host={Field(request, "X-Forwarded-Host")} "
                + $"original={Field(request, "X-Original-For")}{Field(request, "X-Original-Proto")}{Field(request, "X-Original-Host")} authority={request.RequestUri!.Authority}"),
        }));

    private static string Field(HttpRequestMessage request, string name) => request.Headers.TryGetValues(name, out IEnumerable<string>? values) ? string.Join('|', values) : "";

    private static Task<string> TextAsync(HttpResponseMessage response) => response.Content.ReadAsStringAsync();
}
