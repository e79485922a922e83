using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Authorization.Policy;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using SocketRest;
using SocketRest.AspNetCore;
using SocketRest.AspNetCore.Hub;
using SocketRest.AspNetCore.Hub.Forwarding;
using SocketRest.AspNetCore.Pipeline;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Registers what accepts tunnels and what dials out to serve through one.</summary>
public static class SocketRestServiceCollectionExtensions
{
    /// <summary>Adds what <c>MapSocketRest</c> needs, and the <see cref="SocketRestConnectionRegistry"/>.</summary>
    /// <param name="services">The application's services.</param>
    /// <param name="configure">Sets options. What is out of its range is an <see cref="ArgumentException"/> when the host starts.</param>
    public static IServiceCollection AddSocketRest(this IServiceCollection services, Action<SocketRestServerOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(services);
        AddServing(services);
        services.AddOptions<SocketRestServerOptions>().Validate(Validated).ValidateOnStart();
        if (configure is not null)
        {
            services.Configure(configure);
        }

        services.TryAddSingleton<SocketRestConnectionRegistry>();
        services.TryAddSingleton<TunnelAcceptor>();
        services.TryAddSingleton<AgentCalls>();
        services.TryAddSingleton<Forwarder>();
        services.AddHostedService<TunnelShutdown>();
        services.AddHostedService<ConnectionEventCallback>();
        GiveReasons(services);
        return services;
    }

    /// <summary>
    /// Makes this application an agent: it dials out and answers the requests that come back through the tunnel with its own pipeline.
    /// No port is opened unless <see cref="SocketRestAgentOptions.ListenLocally"/> says so. An application has one agent, which can be resolved as
    /// <see cref="SocketRestAgent"/>.
    /// </summary>
    /// <param name="services">The application's services.</param>
    /// <param name="configure">Says at least where to dial. What is out of its range is an <see cref="ArgumentException"/> when the host starts.</param>
    public static IServiceCollection AddSocketRestAgent(this IServiceCollection services, Action<SocketRestAgentOptions> configure)
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentNullException.ThrowIfNull(configure);
        AddServing(services);
        services.AddOptions<SocketRestAgentOptions>().Configure(configure).Validate(Validated).ValidateOnStart();
        services.TryAddSingleton(provider => new SocketRestAgent(
            provider.GetRequiredService<IOptions<SocketRestAgentOptions>>(),
            provider.GetService<IHttpContextFactory>() is null ? throw ApplicationCapture.NoApplication() : provider.GetRequiredService<PipelineServer>(),
            provider.GetRequiredService<ApplicationCapture>(),
            provider.GetRequiredService<IOptions<HostOptions>>(),
            provider.GetRequiredService<ILoggerFactory>()));
        services.AddHostedService(provider => provider.GetRequiredService<SocketRestAgent>());
        ReplaceServer(services);
        return services;
    }

    /// <summary>Puts the reason for a 401 or 403 around whatever answers them, be it registered before or, as the framework's own, after this.</summary>
    private static void GiveReasons(IServiceCollection services)
    {
        if (services.Any(service => service.ServiceType == typeof(ReasonedAuthorization)))
        {
            return;
        }

        ServiceDescriptor? given = services.LastOrDefault(service => service.ServiceType == typeof(IAuthorizationMiddlewareResultHandler));
        services.AddSingleton(provider => new ReasonedAuthorization(
            given is null ? new AuthorizationMiddlewareResultHandler() : Make<IAuthorizationMiddlewareResultHandler>(given, provider)));
        services.AddSingleton<IAuthorizationMiddlewareResultHandler>(provider => provider.GetRequiredService<ReasonedAuthorization>());
    }

    private static T Make<T>(ServiceDescriptor descriptor, IServiceProvider provider)
        where T : class =>
        descriptor.ImplementationInstance as T
            ?? (T)(descriptor.ImplementationFactory?.Invoke(provider) ?? ActivatorUtilities.CreateInstance(provider, descriptor.ImplementationType!));

    private static void AddServing(IServiceCollection services)
    {
        services.AddOptions<SocketRestServingOptions>()
            .Validate(options => options.MaxRequestBodySize is null or >= 0, $"The option {nameof(SocketRestServingOptions.MaxRequestBodySize)} must be null or at least 0.")
            .ValidateOnStart();
        services.TryAddSingleton<ContextFactory>();
        services.TryAddSingleton<ServerTelemetry>();
        services.TryAddSingleton<PipelineServer>();
        if (services.All(service => service.ServiceType != typeof(ApplicationCapture)))
        {
            services.AddSingleton<ApplicationCapture>();
            services.AddSingleton<IStartupFilter>(provider => provider.GetRequiredService<ApplicationCapture>());
        }
    }

    /// <summary>Puts a server that listens nowhere in place of the host's, unless the options want that one.</summary>
    private static void ReplaceServer(IServiceCollection services)
    {
        if (services.LastOrDefault(service => service.ServiceType == typeof(IServer)) is not { } original)
        {
            return;
        }

        services.Replace(ServiceDescriptor.Singleton<IServer>(provider =>
            !provider.GetRequiredService<IOptions<SocketRestAgentOptions>>().Value.ListenLocally ? new SilentServer()
            : Make<IServer>(original, provider)));
    }

    /// <summary>The options' own checks name the option and the rule; they throw, so that the message reaches the person who starts the host.</summary>
    private static bool Validated(SocketRestOptions options)
    {
        options.Validate();
        return true;
    }
}
