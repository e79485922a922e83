using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using SocketRest.AspNetCore;
using SocketRest.Cli.Configuration;
using SocketRest.Cli.Hub.SignIn;
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
        if (options.Jwt is { } jwt)
        {
            services.AddSingleton(provider =>
            {
                TimeProvider time = provider.GetRequiredService<TimeProvider>();
                return new JwtReader(jwt, new JwtKeys(jwt.Keys!, time, provider.GetRequiredService<ILogger<JwtKeys>>()), time);
            });
            services.AddSingleton<ICredentialReader>(provider => provider.GetRequiredService<JwtReader>());
        }

        if (options.Certificates is { } certificates)
        {
            services.AddSingleton<ICredentialReader>(new CertificateReader(certificates, ReadAuthority(certificates)));
            services.Configure<KestrelServerOptions>(kestrel => kestrel.ConfigureHttpsDefaults(https =>
            {
                https.ClientCertificateMode = ClientCertificateMode.AllowCertificate;

                // Which are good is decided with the authority of the configuration, not with those of the machine.
                https.AllowAnyClientCertificate();
            }));
        }

        if (options.KeysFile is not null)
        {
            services.AddSingleton<KeyedRequests>();
            services.AddHostedService<KeyWatcher>();
        }

        if (!options.IsOpen && !options.Public)
        {
            services.AddSingleton<Visitors>();
        }

        services.AddAuthorizationBuilder()
            .AddPolicy(HubPolicies.Agents, policy => policy.RequireAssertion(Unless(options.IsOpen, context => HubClaims.Is(context.User, KeyKind.Agent))))
            .AddPolicy(HubPolicies.Operators, policy => policy.RequireAssertion(Unless(options.IsOpen, context => HubClaims.Is(context.User, KeyKind.Operator))))
            .AddPolicy(HubPolicies.Callers, policy => policy.RequireAssertion(Unless(options.IsOpen || options.Public, MayCall)));
        return services;
    }

    /// <exception cref="CommandException">The file has no certificate.</exception>
    public static X509Certificate2Collection ReadAuthority(CertificateOptions options)
    {
        try
        {
            var authority = new X509Certificate2Collection();
            authority.ImportFromPemFile(options.Authority!);
            return authority.Count > 0 ? authority : throw new CryptographicException("there is none in it");
        }
        catch (Exception exception) when (exception is CryptographicException or IOException or UnauthorizedAccessException)
        {
            throw new CommandException(ExitCode.Usage, $"The authority of the section 'certificates', {options.Authority}, is no certificate in PEM: {exception.Message}", exception);
        }
    }

    private static Func<AuthorizationHandlerContext, bool> Unless(bool open, Func<AuthorizationHandlerContext, bool> allowed) => open ? static _ => true : allowed;

    private static bool MayCall(AuthorizationHandlerContext context) =>
        context.Resource is HttpContext http && http.GetEndpoint()?.Metadata.GetMetadata<SocketRestForwarderMetadata>()?.GetAgent(http) is { } agent
            ? HubClaims.MayCall(context.User, agent)
            : HubClaims.Is(context.User, KeyKind.Operator);
}
