using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using SocketRest;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Registers named tunnels and puts them under <see cref="IHttpClientFactory"/>'s clients.</summary>
public static class SocketRestClientServiceCollectionExtensions
{
    /// <summary>
    /// Adds a tunnel that dials with its first request. Resolve it as a keyed <see cref="SocketRestClient"/>, or put it under a client with
    /// <see cref="UseSocketRest"/>. It is closed with the container.
    /// </summary>
    /// <param name="services">The application's services.</param>
    /// <param name="name">The tunnel's name in this application. The other end does not see it: that is <see cref="SocketRestClientOptions.Name"/>.</param>
    /// <param name="configure">Says at least where to dial. What is out of its range is an <see cref="ArgumentException"/> when the tunnel is first resolved.</param>
    /// <exception cref="ArgumentException"><paramref name="name"/> is empty.</exception>
    public static IServiceCollection AddSocketRestClient(this IServiceCollection services, string name, Action<SocketRestClientOptions> configure)
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentException.ThrowIfNullOrEmpty(name);
        ArgumentNullException.ThrowIfNull(configure);
        services.AddLogging();
        services.AddOptions<SocketRestClientOptions>(name).Configure(configure);
        services.TryAddKeyedSingleton(name, (provider, key) => new SocketRestClient(
            provider.GetRequiredService<IOptionsMonitor<SocketRestClientOptions>>().Get((string)key!),
            provider.GetRequiredService<ILoggerFactory>().CreateLogger("SocketRest.Client")));
        return services;
    }

    /// <summary>
    /// Sends this client's requests through the tunnel that <see cref="AddSocketRestClient"/> added under that name. Without such a tunnel, making a
    /// client is an <see cref="InvalidOperationException"/>. Handlers come and go with their lifetime, the connection stays.
    /// </summary>
    /// <param name="builder">The HTTP client.</param>
    /// <param name="name">The tunnel's name.</param>
    /// <param name="configure">Sets the handler's switches.</param>
    /// <exception cref="ArgumentException"><paramref name="name"/> is empty.</exception>
    public static IHttpClientBuilder UseSocketRest(this IHttpClientBuilder builder, string name, Action<SocketRestHandler>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentException.ThrowIfNullOrEmpty(name);
        return builder.ConfigurePrimaryHttpMessageHandler(provider =>
        {
            SocketRestClient tunnel = provider.GetKeyedService<SocketRestClient>(name)
                ?? throw new InvalidOperationException($"There is no tunnel named '{name}': call services.AddSocketRestClient(\"{name}\", ...) first.");
            SocketRestHandler handler = tunnel.CreateHandler();
            configure?.Invoke(handler);
            return handler;
        });
    }
}
