using System.Security.Claims;
using System.Text.Encodings.Web;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace SocketRest.Cli.Tests.Management;

/// <summary>A hub with one operator, who has one key: in Authorization, or in the field that leaves Authorization to agents.</summary>
internal static class OperatorKey
{
    public const string Key = "sr_operator_secret";
    public const string Policy = "operators";

    public static Task<ManagedHub> StartHubAsync(Action<Cli.Management.HubManagementOptions>? configure = null) => ManagedHub.StartAsync(
        options =>
        {
            options.Policy = Policy;
            configure?.Invoke(options);
        },
        builder =>
        {
            builder.Services.AddAuthentication("Key").AddScheme<AuthenticationSchemeOptions, Handler>("Key", null);
            builder.Services.AddAuthorizationBuilder().AddPolicy(Policy, policy => policy.RequireAuthenticatedUser());
        },
        app =>
        {
            app.UseAuthentication();
            app.UseAuthorization();
        });

    private sealed class Handler(IOptionsMonitor<AuthenticationSchemeOptions> options, ILoggerFactory logger, UrlEncoder encoder)
        : AuthenticationHandler<AuthenticationSchemeOptions>(options, logger, encoder)
    {
        protected override Task<AuthenticateResult> HandleAuthenticateAsync() => Task.FromResult(
            Request.Headers.Authorization == $"Bearer {Key}" || Request.Headers["SocketRest-Key"] == Key
                ? AuthenticateResult.Success(new AuthenticationTicket(new ClaimsPrincipal(new ClaimsIdentity([new Claim(ClaimTypes.Name, "operator")], "Key")), "Key"))
                : AuthenticateResult.NoResult());
    }
}
