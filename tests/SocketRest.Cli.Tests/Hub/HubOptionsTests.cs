using Microsoft.Extensions.Configuration;
using SocketRest.Cli.Configuration;
using SocketRest.Cli.Hub;

namespace SocketRest.Cli.Tests.Hub;

public sealed class HubOptionsTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("http://*:0")]
    [InlineData("http://+:0")]
    [InlineData("http://0.0.0.0:0")]
    [InlineData("http://[::]:0")]
    [InlineData("http://192.168.1.4:0")]
    [InlineData("http://hub.example.com:0")]
    [InlineData("http://localhost.example.com:0")]
    [InlineData("https://*:0")]
    [InlineData("https://0.0.0.0:0")]
    public async Task Address_that_others_reach_is_refused_without_keys(string url)
    {
        await RefusedAsync(ExitCode.Keys, url, "hub", "--urls", url);
        await RefusedAsync(ExitCode.Keys, url, "hub", "--urls", "http://127.0.0.1:0", url);
        await RefusedAsync(ExitCode.Keys, url, "hub", "--urls", $"http://127.0.0.1:0;{url}");
    }

    [Fact]
    public void Address_of_every_other_source_is_refused_without_keys()
    {
        foreach ((string name, string value) in new[] { ("urls", "http://*:80"), ("http_ports", "8080"), ("https_ports", "8443"), ("Kestrel:Endpoints:Public:Url", "http://0.0.0.0:80") })
        {
            IConfiguration configuration = new ConfigurationBuilder().AddInMemoryCollection([new(name, value)]).Build();

            var refused = Assert.Throws<CommandException>(() => HubOptionsReader.Read(Given("hub"), configuration));

            Assert.Equal(ExitCode.Keys, refused.ExitCode);
            Assert.Contains("socketrest keys new", refused.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Kestrel_section_of_the_file_is_refused_without_keys()
    {
        string file = _folder.Write("hub.json", """{ "Kestrel": { "Endpoints": { "Public": { "Url": "http://0.0.0.0:0" } } } }""");

        await RefusedAsync(ExitCode.Keys, "Kestrel:Endpoints", "hub", "--config", file);
        await RefusedAsync(ExitCode.Usage, "both say where to listen", "hub", "--config", file, "--urls", "http://127.0.0.1:0");
    }

    [Theory]
    [InlineData("http://127.0.0.1:0")]
    [InlineData("http://127.8.8.8:7080")]
    [InlineData("http://[::1]:7080")]
    [InlineData("http://localhost:7080")]
    [InlineData("http://unix:/run/hub.sock")]
    public void Address_of_this_machine_needs_no_keys(string url) =>
        Assert.Equal([url], HubOptionsReader.Read(Given("hub", "--urls", url), new ConfigurationBuilder().Build()).Urls);

    [Theory]
    [InlineData("7080")]
    [InlineData("127.0.0.1:7080")]
    [InlineData("ftp://127.0.0.1")]
    [InlineData("http://127.0.0.1:7080/hub")]
    [InlineData("")]
    public async Task What_is_no_address_is_refused(string url) => await RefusedAsync(ExitCode.Usage, "--urls", "hub", "--urls", url);

    [Fact]
    public async Task Public_host_needs_keys() => await RefusedAsync(ExitCode.Keys, "hub.example.com", "hub", "--public-host", "hub.example.com");

    [Theory]
    [InlineData("https://hub.example.com")]
    [InlineData("hub.example.com:443")]
    [InlineData("10.0.0.1")]
    [InlineData("*.example.com")]
    public async Task Public_host_is_a_host_name(string host) => await RefusedAsync(ExitCode.Usage, host, "hub", "--public-host", host);

    [Fact]
    public async Task Key_file_is_looked_at_before_anything_begins()
    {
        await RefusedAsync(ExitCode.Keys, "There is no key file", "hub", "--keys", _folder.File("none"));
        await RefusedAsync(ExitCode.Keys, "malformed", "hub", "--keys", _folder.Write("bad", "{"));
        await RefusedAsync(ExitCode.Keys, "directory", "hub", "--keys", _folder.Path);
        if (OperatingSystem.IsWindows())
            return;
        string open = _folder.File("open");
        await RunningHub.AddKeyAsync(open, SocketRest.Cli.Keys.KeyKind.Operator);
        File.SetUnixFileMode(open, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.OtherRead);
        await RefusedAsync(ExitCode.Keys, "chmod 600", "hub", "--keys", open);
    }

    [Fact]
    public async Task Key_file_in_the_configuration_is_beside_it_and_none_is_a_mistake()
    {
        await RefusedAsync(ExitCode.Keys, _folder.File("none.keys"), "hub", "--config", _folder.Write("hub.json", """{ "keys": "none.keys" }"""));
        await RefusedAsync(ExitCode.Usage, "--keys", "hub", "--keys", "");
        await RefusedAsync(ExitCode.Usage, "'keys'", "hub", "--config", _folder.Write("empty.json", """{ "keys": "" }"""));
    }

    [Fact]
    public async Task Misspelt_setting_is_named()
    {
        await RefusedAsync(ExitCode.Usage, "'pubilc'", "hub", "--config", _folder.Write("hub.json", """{ "pubilc": true }"""));
        await RefusedAsync(ExitCode.Usage, "'public'", "hub", "--config", _folder.Write("hub.json", """{ "public": "yes please" }"""));
        await RefusedAsync(ExitCode.Usage, "no JSON", "hub", "--config", _folder.Write("hub.json", "public: true"));
        await RefusedAsync(ExitCode.Usage, "cannot be read", "hub", "--config", _folder.File("none.json"));
    }

    [Theory]
    [InlineData("""{ "public": true, "Public": false }""", "'Public' twice")]
    [InlineData("""{ "config": "other.json" }""", "'config'")]
    [InlineData("""{ "kestrel": "http://127.0.0.1:0" }""", "'kestrel'")]
    [InlineData("""{ "jwt": "jwks.json" }""", "'jwt'")]
    [InlineData("""{ "jwt": { "isuer": "x" } }""", "'isuer'")]
    [InlineData("""{ "jwt": { "issuer": "x", "Issuer": "y" } }""", "'Issuer' twice")]
    [InlineData("""{ "jwt": { "issuer": 7 } }""", "'issuer'")]
    [InlineData("""{ "jwt": { "issuer": "x", "audience": "y", "keys": "" } }""", "'jwt'")]
    [InlineData("""{ "certificates": { "authority": "" } }""", "'certificates'")]
    [InlineData("""{ "certificates": { "authority": "x", "checkRevocation": "maybe" } }""", "'checkRevocation'")]
    [InlineData("""{ "urls": [] }""", "'urls'")]
    [InlineData("""{ "urls": { "a": "b" } }""", "'urls'")]
    [InlineData("""{ "keys": ["a", "b"] }""", "'keys'")]
    [InlineData("""{ "publicHost": "" }""", "'publicHost'")]
    [InlineData("""{ "urls": "http://127.0.0.1:0", "logging": { "logLevel": { "default": "Loud" } } }""", "Loud")]
    public async Task What_is_wrong_in_the_file_is_named(string file, string named) =>
        await RefusedAsync(ExitCode.Usage, named, "hub", "--config", _folder.Write("hub.json", file));

    [Theory]
    [InlineData("--config", "")]
    [InlineData("--config", " ")]
    [InlineData("--urls", "")]
    [InlineData("--public-host", "")]
    [InlineData("--keys", "")]
    [InlineData("--keys", "a", "--keys", "b")]
    [InlineData("--config", "a", "--config", "b")]
    public async Task Empty_or_second_value_is_refused_by_name(string option, params string[] rest)
    {
        await RefusedAsync(ExitCode.Usage, option, ["hub", option, .. rest]);
        if (option == "--config")
        {
            await RefusedAsync(ExitCode.Usage, option, ["agents", option, .. rest]);
            await RefusedAsync(ExitCode.Usage, option, ["keys", "list", option, .. rest]);
        }
    }

    [Theory]
    [InlineData("SOCKETREST_CONFIG", " ")]
    [InlineData("SOCKETREST_PUBLIC", "maybe")]
    [InlineData("SOCKETREST_URLS", ";")]
    public async Task What_is_wrong_in_a_variable_is_named(string variable, string value)
    {
        var run = new CommandRun { Variables = { [variable] = value } };
        await run.InvokeAsync("hub");

        Assert.Equal((int)ExitCode.Usage, run.ExitCode);
        Assert.Contains(variable, run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Option_comes_before_variable_and_variable_before_file()
    {
        string file = _folder.Write("hub.json", """{ "urls": ["http://127.0.0.1:1"], "public": true, "publicHost": "hub.localhost" }""");
        var variables = new Dictionary<string, string> { ["SOCKETREST_CONFIG"] = file };
        IConfiguration none = new ConfigurationBuilder().Build();

        HubOptions options = HubOptionsReader.Read(Given(variables, "hub"), none);
        Assert.Equal(["http://127.0.0.1:1"], options.Urls);
        Assert.Equal(["hub.localhost"], options.PublicHosts);
        Assert.True(options.Public);

        variables["SOCKETREST_URLS"] = "http://127.0.0.1:2;http://127.0.0.1:3";
        variables["SOCKETREST_PUBLIC"] = "false";
        options = HubOptionsReader.Read(Given(variables, "hub"), none);
        Assert.Equal(["http://127.0.0.1:2", "http://127.0.0.1:3"], options.Urls);
        Assert.False(options.Public);

        options = HubOptionsReader.Read(Given(variables, "hub", "--urls", "http://127.0.0.1:4", "--public"), none);
        Assert.Equal(["http://127.0.0.1:4"], options.Urls);
        Assert.True(options.Public);
    }

    private static Settings Given(params string[] arguments) => Given([], arguments);

    private static Settings Given(Dictionary<string, string> variables, params string[] arguments)
    {
        CommandEnvironment environment = CommandEnvironment.OfProcess() with { Variable = name => variables.GetValueOrDefault(name) };
        return Settings.Read(CommandLine.Build(environment).Parse(arguments), environment);
    }

    private static async Task RefusedAsync(ExitCode expected, string reason, params string[] arguments)
    {
        CommandRun run = await CommandRun.RunAsync(arguments);
        Assert.Equal((expected, ""), ((ExitCode)run.ExitCode, run.Output));
        Assert.Contains(reason, run.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", run.Error, StringComparison.Ordinal);
    }
}
