using System.Security.Claims;
using System.Text.Encodings.Web;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace SocketRest.AspNetCore.Tests.Tunnel;

/// <summary>
/// Starts hubs that know tokens such as <c>Bearer ann@issuer/reader/60</c>: subject, issuer, role, and the second since 1970 at which it expires, or
/// nothing there. What is no such token is turned down; one whose subject is <c>boom</c> makes the handler fail.
/// </summary>
internal static class TokenHub
{
    public const string Tunnelled = "tunnelled";

    public static Task<TestHub> StartAsync(
        Action<SocketRestServerOptions>? configure = null,
        Action<WebApplication>? map = null,
        Action<SocketRestEndpointConventionBuilder>? tunnel = null,
        Action<WebApplicationBuilder>? build = null,
        string? defaultScheme = "Bearer") => TestHub.StartAsync(
        app =>
        {
            app.UseAuthentication();
            app.UseAuthorization();
            app.MapGet("/role", (ClaimsPrincipal user) => Show(user)).RequireAuthorization(Tunnelled);
            map?.Invoke(app);
        },
        configure,
        builder =>
        {
            builder.Services.AddAuthentication(options => options.DefaultScheme = defaultScheme)
                .AddSocketRest()
                .AddScheme<AuthenticationSchemeOptions, TokenHandler>("Bearer", null);
            builder.Services.AddAuthorizationBuilder()
                .AddPolicy("readers", policy => policy.RequireClaim("role", "reader", "writer"))
                .AddPolicy("bearers", policy => policy.AddAuthenticationSchemes("Bearer").RequireAuthenticatedUser())
                .AddPolicy(Tunnelled, policy => policy.AddAuthenticationSchemes(SocketRestAuthenticationDefaults.AuthenticationScheme).RequireAuthenticatedUser());
            build?.Invoke(builder);
        },
        tunnel ?? (endpoint => endpoint.ServeApplication().RequireAuthorization()));

    public static string Show(ClaimsPrincipal? user) => $"{user?.FindFirstValue("sub")} {user?.FindFirstValue("role")}";

    private sealed class TokenHandler(IOptionsMonitor<AuthenticationSchemeOptions> options, ILoggerFactory logger, UrlEncoder encoder)
        : AuthenticationHandler<AuthenticationSchemeOptions>(options, logger, encoder)
    {
        protected override Task<AuthenticateResult> HandleAuthenticateAsync()
        {
            if (Request.Headers.Authorization.ToString() is not ['B', 'e', 'a', 'r', 'e', 'r', ' ', .. var token])
            {
                return Task.FromResult(AuthenticateResult.NoResult());
            }

            if (token.Split('@', '/') is not [var subject, var issuer, var role, var expires])
            {
                return Task.FromResult(AuthenticateResult.Fail("No token."));
            }

            if (subject == "boom")
            {
                throw new InvalidOperationException($"{token} is none that this handler bears.");
            }

            var identity = new ClaimsIdentity([new("sub", subject, null, issuer), new("role", role, null, issuer)], Scheme.Name);
            var properties = new AuthenticationProperties
            {
                ExpiresUtc = expires.Length > 0 ? DateTimeOffset.FromUnixTimeSeconds(long.Parse(expires, System.Globalization.CultureInfo.InvariantCulture)) : null,
            };
            return Task.FromResult(AuthenticateResult.Success(new AuthenticationTicket(new ClaimsPrincipal(identity), properties, Scheme.Name)));
        }
    }
}
