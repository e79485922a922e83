using System.Net;
using System.Security.Claims;
using System.Text.Encodings.Web;
using Microsoft.AspNetCore.Antiforgery;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace SocketRest.AspNetCore.Tests.Conformance;

/// <summary>Authentication, authorization, CORS and antiforgery.</summary>
public abstract class SecurityTests<TTransport> : ConformanceTests<TTransport>
    where TTransport : ITransport, new()
{
    private Task<HttpClient> ServeSecuredAsync() => ServeAsync(
        app =>
        {
            app.UseAuthentication();
            app.UseAuthorization();
            app.MapGet("/open", (ClaimsPrincipal user) => $"open {user.Identity?.Name}");
            app.MapGet("/user", (ClaimsPrincipal user) => $"{user.Identity!.Name} {user.Identity.AuthenticationType}")
                .RequireAuthorization();
            app.MapGet("/admin", () => "admin").RequireAuthorization("admin");
        },
        builder =>
        {
            builder.Services.AddAuthentication("Name").AddScheme<AuthenticationSchemeOptions, NameHandler>("Name", null);
            builder.Services.AddAuthorizationBuilder().AddPolicy("admin", policy => policy.RequireRole("admin"));
        });

    [Theory]
    [InlineData("/open", null, 200, "open ")]
    [InlineData("/open", "ann", 200, "open ann")]
    [InlineData("/user", null, 401, "")]
    [InlineData("/user", "ann", 200, "ann Name")]
    [InlineData("/user", "broken!", 401, "")]
    [InlineData("/admin", null, 401, "")]
    [InlineData("/admin", "ann", 403, "")]
    [InlineData("/admin", "root", 200, "admin")]
    public async Task Scheme_and_policies_decide(string path, string? name, int status, string body)
    {
        var client = await ServeSecuredAsync();
        var request = new HttpRequestMessage(HttpMethod.Get, path);
        if (name is not null)
        {
            request.Headers.TryAddWithoutValidation("Authorization", $"Name {name}");
        }

        using var response = await client.SendAsync(request);

        Assert.Equal(status, (int)response.StatusCode);
        Assert.Equal(body, await response.Content.ReadAsStringAsync());
        Assert.Equal(status == 401 ? "Name" : "", response.Headers.WwwAuthenticate.ToString());
    }

    [Fact]
    public async Task User_of_one_request_is_not_that_of_the_next()
    {
        var client = await ServeSecuredAsync();

        for (var i = 0; i < 10; i++)
        {
            var request = new HttpRequestMessage(HttpMethod.Get, "/open");
            request.Headers.TryAddWithoutValidation("Authorization", $"Name user{i}");
            using var named = await client.SendAsync(request);
            Assert.Equal($"open user{i}", await named.Content.ReadAsStringAsync());
            Assert.Equal("open ", await client.GetStringAsync("/open"));
        }
    }

    [Fact]
    public async Task Preflight_of_CORS_is_answered()
    {
        var client = await ServeAsync(
            app =>
            {
                app.UseCors();
                app.MapGet("/", () => "body");
            },
            builder => builder.Services.AddCors(options => options.AddDefaultPolicy(policy =>
                policy.WithOrigins("https://page.example").WithMethods("PUT").WithHeaders("X-Custom").AllowCredentials())));
        var preflight = new HttpRequestMessage(HttpMethod.Options, "/")
        {
            Headers =
            {
                { "Origin", "https://page.example" },
                { "Access-Control-Request-Method", "PUT" },
                { "Access-Control-Request-Headers", "x-custom" },
            },
        };

        using var response = await client.SendAsync(preflight);
        client.DefaultRequestHeaders.Add("Origin", "https://other.example");
        using var plain = await client.GetAsync("/");

        Assert.Equal(HttpStatusCode.NoContent, response.StatusCode);
        Assert.Equal("https://page.example", response.Headers.GetValues("Access-Control-Allow-Origin").Single());
        Assert.Equal("PUT", response.Headers.GetValues("Access-Control-Allow-Methods").Single());
        Assert.Equal("true", response.Headers.GetValues("Access-Control-Allow-Credentials").Single());
        Assert.False(plain.Headers.Contains("Access-Control-Allow-Origin"));
    }

    [FactIf(Capability.HandlerSettings)]
    public async Task Antiforgery_token_is_issued_and_checked()
    {
        var client = await ServeAsync(
            app =>
            {
                app.UseAntiforgery();
                app.MapGet("/token", (IAntiforgery tokens, HttpContext context) => tokens.GetAndStoreTokens(context).RequestToken);
                app.MapPost("/form", async (IAntiforgery tokens, HttpContext context) =>
                    await tokens.IsRequestValidAsync(context) ? Results.Ok() : Results.BadRequest());
            },
            builder =>
            {
                builder.Services.AddDataProtection().UseEphemeralDataProtectionProvider();
                builder.Services.AddAntiforgery();
            });
        var token = await client.GetStringAsync("/token");

        using var without = await client.PostAsync("/form", new FormUrlEncodedContent([new("a", "b")]));
        using var with = await client.PostAsync("/form", new FormUrlEncodedContent([new("__RequestVerificationToken", token)]));

        Assert.Equal(HttpStatusCode.BadRequest, without.StatusCode);
        Assert.Equal(HttpStatusCode.OK, with.StatusCode);
    }

    /// <summary>Believes whoever says a name.</summary>
    private sealed class NameHandler(IOptionsMonitor<AuthenticationSchemeOptions> options, ILoggerFactory logger, UrlEncoder encoder)
        : AuthenticationHandler<AuthenticationSchemeOptions>(options, logger, encoder)
    {
        protected override Task<AuthenticateResult> HandleAuthenticateAsync()
        {
            var value = Request.Headers.Authorization.ToString();
            if (value.Length == 0)
            {
                return Task.FromResult(AuthenticateResult.NoResult());
            }

            var name = value["Name ".Length..];
            if (!name.All(char.IsLetterOrDigit))
            {
                return Task.FromResult(AuthenticateResult.Fail("This is no name."));
            }

            var identity = new ClaimsIdentity([new Claim(ClaimTypes.Name, name)], Scheme.Name);
            if (name == "root")
            {
                identity.AddClaim(new Claim(ClaimTypes.Role, "admin"));
            }

            return Task.FromResult(AuthenticateResult.Success(new AuthenticationTicket(new ClaimsPrincipal(identity), Scheme.Name)));
        }

        protected override Task HandleChallengeAsync(AuthenticationProperties properties)
        {
            Response.Headers.WWWAuthenticate = "Name";
            return base.HandleChallengeAsync(properties);
        }
    }
}
