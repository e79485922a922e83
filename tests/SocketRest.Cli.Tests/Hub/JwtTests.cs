using System.Buffers.Text;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using SocketRest.Cli.Configuration;
using SocketRest.Cli.Hub;
using SocketRest.Cli.Hub.Authentication;
using SocketRest.Cli.Keys;
using SocketRest.Cli.Tests.Management;

namespace SocketRest.Cli.Tests.Hub;

/// <summary>Tokens of an identity provider in place of keys.</summary>
public sealed class JwtTests : IAsyncLifetime, IDisposable
{
    private const string Issuer = "https://id.example.com/";

    private readonly TemporaryFolder _folder = new();
    private readonly RSA _rsa = RSA.Create(2048);
    private readonly ECDsa _curve = ECDsa.Create(ECCurve.NamedCurves.nistP256);
    private RunningHub _hub = null!;

    public async Task InitializeAsync()
    {
        WriteKeys(_rsa, _curve);
        _hub = await RunningHub.StartAsync(new HubOptions { Jwt = new JwtOptions { Issuer = Issuer, Audience = "hub", Keys = _folder.File("jwks.json") } });
    }

    public async Task DisposeAsync() => await _hub.DisposeAsync();

    public void Dispose()
    {
        _folder.Dispose();
        _rsa.Dispose();
        _curve.Dispose();
    }

    [Theory]
    [InlineData("RS256")]
    [InlineData("PS256")]
    [InlineData("ES256")]
    public async Task Token_binds_the_names_that_its_holder_may_take(string algorithm)
    {
        string token = Token(algorithm, Claims(("socketrest_agent", new[] { "kiln-*" })));

        await using SocketRestClient kiln = await _hub.ConnectAsync("kiln-7", token);
        var refused = await Assert.ThrowsAsync<SocketRestException>(() => _hub.ConnectAsync("shop", token));

        Assert.Contains("it is for kiln-*", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Callers_and_operators_call_and_no_agent_sees_their_token()
    {
        await using SocketRestClient shop = await _hub.ConnectAsync("shop", Token("ES256", Claims(("socketrest_agent", "shop"))));
        string caller = Token("ES256", Claims(("socketrest_caller", "shop")));

        Assert.Equal("shop: GET /a auth= key=", await (await _hub.GetAsync("/agents/shop/a", caller)).Content.ReadAsStringAsync());
        Assert.Equal("shop: GET /a auth= key=", await (await _hub.GetAsync("/agents/shop/a", Token("RS256", Claims(("socketrest_operator", true))))).Content.ReadAsStringAsync());
        Assert.Equal(HttpStatusCode.Forbidden, (await _hub.GetAsync("/agents/till/a", caller)).StatusCode);
        Assert.Equal(HttpStatusCode.Forbidden, (await _hub.GetAsync("/agents/shop/a", Token("RS256", Claims()))).StatusCode);

        string agents = Token("ES256", new() { ["iss"] = "https://other.example.com/", ["sub"] = "somebody" });
        Assert.Equal(
            $"shop: GET /a auth=Bearer {agents} key=",
            await (await _hub.GetAsync("/agents/shop/a", agents, ("SocketRest-Key", caller))).Content.ReadAsStringAsync());
        Assert.Equal(
            "shop: GET /a auth= key=",
            await (await _hub.GetAsync("/agents/shop/a", caller, ("SocketRest-Key", caller))).Content.ReadAsStringAsync());
        string forAgent = Token("ES256", new(Claims()) { ["aud"] = "shop" });
        Assert.Equal(
            $"shop: GET /a auth=Bearer {forAgent} key=",
            await (await _hub.GetAsync("/agents/shop/a", forAgent, ("SocketRest-Key", caller))).Content.ReadAsStringAsync());
    }

    [Fact]
    public async Task Token_opens_an_agents_pages_in_a_browser()
    {
        await using SocketRestClient shop = await _hub.ConnectAsync("shop", Token("ES256", Claims(("socketrest_agent", "shop"))));
        using var http = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false }) { BaseAddress = _hub.Address };
        using var content = new FormUrlEncodedContent([new("key", Token("ES256", Claims(("socketrest_caller", "shop"))))]);
        using var shown = new HttpRequestMessage(HttpMethod.Post, "/_hub/sign-in?agent=shop&to=/agents/shop/a") { Content = content };
        shown.Headers.Add("Origin", _hub.Address.GetLeftPart(UriPartial.Authority));
        using HttpResponseMessage signedIn = await http.SendAsync(shown).InTime();
        Assert.EndsWith("?to=%2Fagents%2Fshop%2Fa", signedIn.Headers.Location?.OriginalString, StringComparison.Ordinal);

        using HttpResponseMessage page = await _hub.GetAsync(
            "/agents/shop/a", key: null, ("Cookie", signedIn.Headers.GetValues("Set-Cookie").Single().Split(';')[0]), ("Sec-Fetch-Site", "none"));

        Assert.Equal("shop: GET /a auth= key=", await page.Content.ReadAsStringAsync());
    }

    [Fact]
    public async Task Token_that_is_not_good_lets_nobody_in()
    {
        long now = DateTimeOffset.UtcNow.ToUnixTimeSeconds();
        Dictionary<string, object> good = Claims(("socketrest_operator", true));
        string token = Token("RS256", good);
        using var strange = RSA.Create(2048);
        byte[] publicKey = Encoding.ASCII.GetBytes(_rsa.ExportSubjectPublicKeyInfoPem());
        string[] bad =
        [
            Token("RS256", new(good) { ["exp"] = now - 120 }),
            Token("RS256", new(good) { ["exp"] = "never" }),
            Token("RS256", new(good) { ["nbf"] = now + 120 }),
            Token("RS256", new(good) { ["aud"] = "another" }),
            Token("RS256", new(good) { ["aud"] = new[] { "another" } }),
            Token("RS256", new(good) { ["iss"] = "https://other.example.com/" }),
            Token("RS256", new(good) { ["sub"] = "" }),
            Token("RS256", good, sign: data => strange.SignData(data, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1)),
            Token("none", good, sign: _ => []),
            Token("HS256", good, sign: data => HMACSHA256.HashData(publicKey, data)),
            Token("ES256", good, sign: data => _rsa.SignData(data, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1)),
            Token("RS256", good, kid: "unknown"),
            Token("RS256", good, header: new() { ["crit"] = new[] { "b64" } }),
            token[..^4],
            token[..token.LastIndexOf('.')] + ".",
            "a.b.c",
            "..",
        ];
        foreach (string one in bad)
            Assert.Equal(HttpStatusCode.Unauthorized, (await _hub.GetAsync("/agents/shop/a", one)).StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, (await _hub.GetAsync("/agents/shop/a", token)).StatusCode);
    }

    [Fact]
    public async Task New_keys_of_the_issuer_are_in_force_when_the_file_has_changed()
    {
        using var next = RSA.Create(2048);
        string token = Token("RS256", Claims(("socketrest_operator", true)), sign: data => next.SignData(data, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1));
        Assert.Equal(HttpStatusCode.Unauthorized, (await _hub.GetAsync("/agents/shop/a", token)).StatusCode);

        WriteKeys(next, _curve);

        Assert.Equal(HttpStatusCode.NotFound, (await _hub.GetAsync("/agents/shop/a", token)).StatusCode);
    }

    [Fact]
    public async Task What_a_browser_runs_with_a_token_ends_with_it()
    {
        var time = new MovedTime();
        string key = await RunningHub.AddKeyAsync(_folder.File("hub.keys"), KeyKind.Agent, "*");
        await using RunningHub hub = await RunningHub.StartAsync(
            new HubOptions { KeysFile = _folder.File("hub.keys"), Jwt = new JwtOptions { Issuer = Issuer, Audience = "hub", Keys = _folder.File("jwks.json") } },
            builder => builder.Services.AddSingleton<TimeProvider>(time));
        await using SocketRestClient shop = await hub.ConnectAsync("shop", key, options => options.RequestHandler = (_, _) => Task.FromResult(
            new HttpResponseMessage { Content = new StreamContent(new System.IO.Pipelines.Pipe().Reader.AsStream()) }));
        using var http = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false }) { BaseAddress = hub.Address, Timeout = Patience.Limit };
        using var content = new FormUrlEncodedContent([new("key", Token("ES256", Claims(("socketrest_caller", "shop"))))]);
        using var shown = new HttpRequestMessage(HttpMethod.Post, "/_hub/sign-in?agent=shop") { Content = content };
        shown.Headers.Add("Origin", hub.Address.GetLeftPart(UriPartial.Authority));
        using HttpResponseMessage signedIn = await http.SendAsync(shown).InTime();
        using var request = new HttpRequestMessage(HttpMethod.Get, "/agents/shop/stream");
        request.Headers.Add("Cookie", signedIn.Headers.GetValues("Set-Cookie").Single().Split(';')[0]);
        request.Headers.Add("Sec-Fetch-Site", "none");
        using HttpResponseMessage stream = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead).InTime();
        Task<string> reading = stream.Content.ReadAsStringAsync();

        // The token's ten minutes, and what clocks may differ.
        time.Move(TimeSpan.FromMinutes(11));

        await Assert.ThrowsAnyAsync<Exception>(() => reading).InTime();
    }

    [Fact]
    public async Task File_of_the_issuer_that_cannot_be_read_is_logged_once_and_changes_nothing()
    {
        using var log = new LogWatch();
        await using RunningHub hub = await RunningHub.StartAsync(
            new HubOptions { Jwt = new JwtOptions { Issuer = Issuer, Audience = "hub", Keys = _folder.File("jwks.json") } }, builder => builder.Logging.AddProvider(log));
        string token = Token("RS256", Claims(("socketrest_operator", true)));
        File.Move(_folder.File("jwks.json"), _folder.File("away.json"));

        for (int i = 0; i < 3; i++)
            Assert.Equal(HttpStatusCode.NotFound, (await hub.GetAsync("/agents/shop/a", token)).StatusCode);

        Assert.Single(log.Messages, message => message.Contains("stay in force", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("""{ "jwt": { "issuer": "i", "audience": "a" } }""", "keys")]
    [InlineData("""{ "jwt": { "issuer": "i", "audience": "a", "keys": "none.json" } }""", "none.json")]
    [InlineData("""{ "jwt": { "issuer": "i", "audience": "a", "keys": "bad.json" } }""", "bad.json")]
    [InlineData("""{ "jwt": { "isuer": "i" } }""", "isuer")]
    [InlineData("""{ "certificates": { } }""", "authority")]
    [InlineData("""{ "certificates": { "authority": "bad.json" } }""", "bad.json")]
    public async Task What_is_wrong_in_a_section_is_named(string file, string what)
    {
        _folder.Write("bad.json", "{}");

        CommandRun run = await CommandRun.RunAsync("hub", "--config", _folder.Write("hub.json", file));

        Assert.Equal((int)ExitCode.Usage, run.ExitCode);
        Assert.Contains(what, run.Error, StringComparison.Ordinal);
    }

    private static Dictionary<string, object> Claims(params (string Name, object Value)[] more)
    {
        var claims = new Dictionary<string, object>
        {
            ["iss"] = Issuer,
            ["sub"] = "somebody",
            ["aud"] = new[] { "other", "hub" },
            ["exp"] = DateTimeOffset.UtcNow.ToUnixTimeSeconds() + 600,
        };
        foreach ((string name, object value) in more)
            claims[name] = value;
        return claims;
    }

    private static string Encode(object json) => Base64Url.EncodeToString(JsonSerializer.SerializeToUtf8Bytes(json));

    private string Token(
        string algorithm, Dictionary<string, object> claims, Func<byte[], byte[]>? sign = null, string? kid = null, Dictionary<string, object>? header = null)
    {
        Dictionary<string, object> head = new(header ?? []) { ["alg"] = algorithm };
        if (kid is not null)
            head["kid"] = kid;
        string signed = $"{Encode(head)}.{Encode(claims)}";
        byte[] data = Encoding.ASCII.GetBytes(signed);
        byte[] signature = sign?.Invoke(data) ?? algorithm switch
        {
            "RS256" => _rsa.SignData(data, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1),
            "PS256" => _rsa.SignData(data, HashAlgorithmName.SHA256, RSASignaturePadding.Pss),
            _ => _curve.SignData(data, HashAlgorithmName.SHA256),
        };
        return $"{signed}.{Base64Url.EncodeToString(signature)}";
    }

    private void WriteKeys(RSA rsa, ECDsa curve)
    {
        RSAParameters r = rsa.ExportParameters(false);
        ECPoint q = curve.ExportParameters(false).Q;
        _folder.Write("jwks.json", $$"""
            { "keys": [
              { "kty": "OKP", "crv": "Ed25519", "x": "AAAA" },
              { "kty": "RSA", "use": "enc", "n": "AAAA", "e": "AQAB" },
              { "kty": "RSA", "kid": "r", "n": "{{Base64Url.EncodeToString(r.Modulus)}}", "e": "{{Base64Url.EncodeToString(r.Exponent)}}" },
              { "kty": "EC", "crv": "P-256", "kid": "e", "use": "sig", "x": "{{Base64Url.EncodeToString(q.X)}}", "y": "{{Base64Url.EncodeToString(q.Y)}}" } ] }
            """);
    }
}
