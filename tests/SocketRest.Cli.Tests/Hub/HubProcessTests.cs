using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;

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
        await hub.LineAsync("Try:");
        Assert.DoesNotContain("--public-host", hub.Text, StringComparison.Ordinal);
        using var http = new HttpClient { BaseAddress = new Uri(address), Timeout = Patience.Limit };
        Assert.Contains("No agent named", await (await http.GetAsync("/agents/shop/")).Content.ReadAsStringAsync(), StringComparison.Ordinal);

        Assert.Equal(0, await hub.StopAsync(signal));
    }

    [Fact]
    public async Task Log_for_programs_says_of_whom_each_line_is()
    {
        await using var hub = CommandProcess.Start("hub", "--urls", "http://127.0.0.1:0", "--json");
        var address = new Uri(JsonDocument.Parse(await hub.LineAsync("listening")).RootElement.GetProperty("addresses")[0].GetString()!);
        await using SocketRestClient shop = await SocketRestClient.ConnectAsync(new Uri($"ws://{address.Authority}/tunnel"), options => options.Name = "shop").InTime();

        JsonElement established = JsonDocument.Parse(await hub.LineAsync("established")).RootElement;

        string scopes = established.GetProperty("Scopes").GetRawText();
        Assert.Contains($"\"ConnectionId\":\"{shop.Connection!.Id}\"", scopes, StringComparison.Ordinal);
        Assert.Contains("\"Agent\":\"shop\"", scopes, StringComparison.Ordinal);
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
        await hub.LineAsync("under names of their own only: --public-host");
        Assert.Equal(0, await hub.StopAsync());
    }

    [Fact]
    public async Task Kestrel_section_of_the_file_brings_HTTPS()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using X509Certificate2 certificate = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256)
            .CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
        _folder.Write("hub.pem", certificate.ExportCertificatePem());
        _folder.Write("hub.key", key.ExportPkcs8PrivateKeyPem());
        string file = _folder.Write("hub.json", $$"""
            { "json": true, "kestrel": { "endpoints": { "https": { "url": "https://127.0.0.1:0",
              "certificate": { "path": "{{_folder.File("hub.pem")}}", "keyPath": "{{_folder.File("hub.key")}}" } } } } }
            """);
        await using var hub = CommandProcess.Start("hub", "--config", file);

        JsonElement said = JsonDocument.Parse(await hub.LineAsync("listening")).RootElement;

        var address = new Uri(said.GetProperty("addresses")[0].GetString()!);
        Assert.Equal(("https", true), (address.Scheme, said.GetProperty("open").GetBoolean()));
#pragma warning disable CA5399, CA5400 // A certificate that this test has made.
        using var handler = new HttpClientHandler { ServerCertificateCustomValidationCallback = (_, shown, _, _) => shown!.Thumbprint == certificate.Thumbprint };
        using var http = new HttpClient(handler) { Timeout = Patience.Limit };
#pragma warning restore CA5399, CA5400
        Assert.Equal(System.Net.HttpStatusCode.NotFound, (await http.GetAsync(new Uri(address, "/agents/shop/"))).StatusCode);
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
