using System.Net;
using System.Security.Claims;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Encodings.Web;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using SocketRest.AspNetCore.Tests.Conformance;

namespace SocketRest.AspNetCore.Tests.Tunnel;

/// <summary>The scheme SocketRest: who opened the tunnel is the user of what comes through it, unless a request says otherwise.</summary>
public sealed class ConnectionUserTests
{
    [Fact]
    public async Task Request_without_a_credential_is_the_connections_users()
    {
        await using TestHub hub = await StartAsync();
        await using SocketRestClient tunnel = await DialAsync(hub, "ann");
        using HttpClient client = tunnel.CreateClient();

        Assert.Equal("ann by SocketRest", await client.GetStringAsync("/who").InTime());
        Assert.Equal("private", await client.GetStringAsync("/private").InTime());
    }

    [Theory]
    [InlineData("ann", HttpStatusCode.OK)]
    [InlineData("bob", HttpStatusCode.Forbidden)]
    public async Task Policies_look_at_the_connections_user(string user, HttpStatusCode expected)
    {
        await using TestHub hub = await StartAsync();
        await using SocketRestClient tunnel = await DialAsync(hub, user);
        using HttpClient client = tunnel.CreateClient();

        Assert.Equal(expected, await StatusAsync(client, "/admin"));
    }

    [Theory]
    [InlineData("Authorization", "Name bob")]
    [InlineData("Authorization", "Expired ann")]
    [InlineData("Authorization", "")]
    [InlineData("Cookie", "session=expired")]
    [InlineData("Cookie", "consent=yes")]
    [InlineData("X-Certificate", "shown")]
    public async Task Request_with_a_credential_of_its_own_starts_anonymous(string header, string value)
    {
        await using TestHub hub = await StartAsync();
        await using SocketRestClient tunnel = await DialAsync(hub, "ann");
        using HttpClient client = tunnel.CreateClient();

        Assert.Equal("nobody", await TextAsync(client, "/who", header, value));
        Assert.Equal(HttpStatusCode.Unauthorized, await StatusAsync(client, "/private", header, value));

        // The next one without is the connection's user again.
        Assert.Equal("ann by SocketRest", await client.GetStringAsync("/who").InTime());
    }

    [Fact]
    public async Task Own_credential_that_is_good_counts_and_nothing_is_added_to_it()
    {
        await using TestHub hub = await StartAsync();
        await using SocketRestClient tunnel = await DialAsync(hub, "ann");
        using HttpClient client = tunnel.CreateClient();

        Assert.Equal("bob", await TextAsync(client, "/either", "Authorization", "Name bob"));
        Assert.Equal("ann", await client.GetStringAsync("/either").InTime());
    }

    [Fact]
    public async Task Own_credential_that_fails_is_not_waved_through()
    {
        await using TestHub hub = await StartAsync();
        await using SocketRestClient tunnel = await DialAsync(hub, "ann");
        using HttpClient client = tunnel.CreateClient();

        Assert.Equal(HttpStatusCode.Unauthorized, await StatusAsync(client, "/either", "Authorization", "Expired ann"));
    }

    [Fact]
    public async Task Request_that_came_another_way_is_nobodys()
    {
        await using TestHub hub = await StartAsync();
        using var client = new HttpClient { BaseAddress = hub.Address };

        Assert.Equal("nobody", await client.GetStringAsync("/who").InTime());
        Assert.Equal(HttpStatusCode.Unauthorized, await StatusAsync(client, "/private"));
    }

    [Fact]
    public async Task Connection_that_nobody_proved_to_be_somebodys_is_nobodys()
    {
        await using TestHub hub = await StartAsync();
        await using SocketRestClient tunnel = await hub.DialAsync();
        using HttpClient client = tunnel.CreateClient();

        Assert.Equal("nobody", await client.GetStringAsync("/who").InTime());
        Assert.Equal(HttpStatusCode.Unauthorized, await StatusAsync(client, "/private"));
    }

    [Fact]
    public async Task Agent_does_not_know_who_its_hub_is()
    {
        await using TestHub hub = await TestHub.StartAsync();
        await using TestAgent agent = await TestAgent.StartAsync(hub.Tunnel, Map, build: Build);
        using HttpClient client = (await agent.SeenByAsync(hub)).CreateClient();

        Assert.Equal("nobody", await client.GetStringAsync("/who").InTime());
    }

    [Fact]
    public async Task What_one_request_adds_to_its_user_is_gone_with_it()
    {
        await using TestHub hub = await StartAsync();
        await using SocketRestClient tunnel = await DialAsync(hub, "ann");
        using HttpClient client = tunnel.CreateClient();

        Assert.Equal("1", await client.GetStringAsync("/add").InTime());
        Assert.Equal("1", await client.GetStringAsync("/add").InTime());
        Assert.DoesNotContain((await hub.SideOfAsync(tunnel)).User!.Claims, claim => claim.Type == "added");
    }

    private static Task<TestHub> StartAsync() => TestHub.StartAsync(Map, build: Build);

    private static Task<SocketRestClient> DialAsync(TestHub hub, string user) =>
        hub.DialAsync(options => options.ConfigureWebSocket = socket => socket.SetRequestHeader("Authorization", $"Name {user}"));

    private static void Build(WebApplicationBuilder builder)
    {
        builder.Services.AddAuthentication(options =>
            {
                options.DefaultScheme = SocketRestAuthenticationDefaults.AuthenticationScheme;
            })
            .AddSocketRest()
            .AddScheme<AuthenticationSchemeOptions, NameHandler>("Name", null);
        builder.Services.AddAuthorizationBuilder()
            .AddPolicy("admin", policy => policy.RequireClaim(ClaimTypes.Name, "ann"))
            .AddPolicy("either", policy => policy.AddAuthenticationSchemes("Name", SocketRestAuthenticationDefaults.AuthenticationScheme).RequireAuthenticatedUser());
    }

    private static void Map(WebApplication app)
    {
        // As certificate forwarding does behind a proxy that ends TLS.
        app.Use((context, next) =>
        {
            if (context.Request.Headers.ContainsKey("X-Certificate"))
            {
                context.Connection.ClientCertificate = s_certificate;
            }

            return next(context);
        });

        app.UseAuthentication();

        // What the endpoint's policy would do, but an upgrade without a credential is let in too.
        app.UseWhen(
            context => context.Request.Path == "/tunnel",
            branch => branch.Use(async (context, next) =>
            {
                AuthenticateResult result = await context.AuthenticateAsync("Name");
                context.User = result.Principal ?? context.User;
                await next(context);
            }));
        app.UseAuthorization();
        app.MapGet("/who", (ClaimsPrincipal user) => user.Identity is { IsAuthenticated: true } ? $"{user.Identity.Name} by SocketRest" : "nobody");
        app.MapGet("/private", () => "private").RequireAuthorization();
        app.MapGet("/admin", () => "admin").RequireAuthorization("admin");
        app.MapGet("/either", (ClaimsPrincipal user) => string.Join(',', user.Identities.Select(identity => identity.Name))).RequireAuthorization("either");
        app.MapGet("/add", (ClaimsPrincipal user) =>
        {
            ((ClaimsIdentity)user.Identity!).AddClaim(new Claim("added", "here"));
            return user.FindAll("added").Count().ToString(System.Globalization.CultureInfo.InvariantCulture);
        });
    }

    private static async Task<HttpStatusCode> StatusAsync(HttpClient client, string path, string? header = null, string value = "")
    {
        using HttpResponseMessage response = await SendAsync(client, path, header, value);
        return response.StatusCode;
    }

    private static async Task<string> TextAsync(HttpClient client, string path, string header, string value)
    {
        using HttpResponseMessage response = await SendAsync(client, path, header, value);
        return await response.EnsureSuccessStatusCode().Content.ReadAsStringAsync();
    }

    private static async Task<HttpResponseMessage> SendAsync(HttpClient client, string path, string? header, string value)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        if (header is not null)
        {
            request.Headers.TryAddWithoutValidation(header, value);
        }

        return await client.SendAsync(request).InTime();
    }

    private static readonly X509Certificate2 s_certificate = CreateCertificate();

    private static X509Certificate2 CreateCertificate()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        return new CertificateRequest("CN=ann", key, HashAlgorithmName.SHA256).CreateSelfSigned(DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch.AddYears(100));
    }

    /// <summary>Believes whoever says "Name x" and turns down what has expired.</summary>
    private sealed class NameHandler(IOptionsMonitor<AuthenticationSchemeOptions> options, ILoggerFactory logger, UrlEncoder encoder)
        : AuthenticationHandler<AuthenticationSchemeOptions>(options, logger, encoder)
    {
        protected override Task<AuthenticateResult> HandleAuthenticateAsync() => Task.FromResult(Request.Headers.Authorization.ToString().Split(' ') switch
        {
            ["Name", var name] => AuthenticateResult.Success(new AuthenticationTicket(
                new ClaimsPrincipal(new ClaimsIdentity([new Claim(ClaimTypes.Name, name)], Scheme.Name)), Scheme.Name)),
            ["Expired", _] => AuthenticateResult.Fail("Expired."),
            _ => AuthenticateResult.NoResult(),
        });
    }
}
