using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using SocketRest.AspNetCore;
using SocketRest.Cli.Keys;

namespace SocketRest.Cli.Hub.Authentication;

/// <summary>Puts authentication and the policies together.</summary>
internal static class HubSecurity
{
    public static IServiceCollection AddHubSecurity(this IServiceCollection services, HubOptions options)
    {
        services.AddSingleton(TimeProvider.System);
        services.AddSingleton(new LiveKeys(options.KeysFile is null ? KeyRing.Empty : KeyFile.Read(options.KeysFile)));
        services.AddAuthentication(HubAuthenticationHandler.Scheme)
            .AddScheme<AuthenticationSchemeOptions, HubAuthenticationHandler>(HubAuthenticationHandler.Scheme, configureOptions: null);
        services.AddSingleton<ICredentialReader, KeyReader>();
        if (options.KeysFile is not null)
        {
            services.AddHostedService<KeyWatcher>();
        }

        services.AddAuthorizationBuilder()
            .AddPolicy(HubPolicies.Agents, policy => policy.RequireAssertion(Unless(options.IsOpen, context => HubClaims.Is(context.User, KeyKind.Agent))))
            .AddPolicy(HubPolicies.Operators, policy => policy.RequireAssertion(Unless(options.IsOpen, context => HubClaims.Is(context.User, KeyKind.Operator))))
            .AddPolicy(HubPolicies.Callers, policy => policy.RequireAssertion(Unless(options.IsOpen || options.Public, MayCall)));
        return services;
    }

    private static Func<AuthorizationHandlerContext, bool> Unless(bool open, Func<AuthorizationHandlerContext, bool> allowed) => open ? static _ => true : allowed;

    private static bool MayCall(AuthorizationHandlerContext context) =>
        context.Resource is HttpContext http && http.GetEndpoint()?.Metadata.GetMetadata<SocketRestForwarderMetadata>()?.GetAgent(http) is { } agent
            ? HubClaims.MayCall(context.User, agent)
            : HubClaims.Is(context.User, KeyKind.Operator);
}
