using SocketRest;
using SocketRest.AspNetCore;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Puts the tunnels that this application accepts under <see cref="IHttpClientFactory"/>'s clients.</summary>
public static class SocketRestHubHttpClientBuilderExtensions
{
    /// <summary>
    /// Sends this client's requests to the connected agent whose name is the host of their address (<see cref="SocketRestConnectionRegistry.CreateHandler"/>). Where
    /// <c>AddSocketRest</c> was not called, making a client is an <see cref="InvalidOperationException"/>. Handlers come and go with their lifetime, the connections stay.
    /// </summary>
    /// <param name="builder">The HTTP client.</param>
    /// <param name="configure">Sets the handler's switches.</param>
    public static IHttpClientBuilder UseSocketRestHub(this IHttpClientBuilder builder, Action<SocketRestHandler>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        return builder.ConfigurePrimaryHttpMessageHandler(provider =>
        {
            SocketRestConnectionRegistry registry = provider.GetService<SocketRestConnectionRegistry>()
                ?? throw new InvalidOperationException("This application accepts no tunnels: call services.AddSocketRest() first, and map one with app.MapSocketRest(\"/tunnel\").");
            SocketRestHandler handler = registry.CreateHandler();
            configure?.Invoke(handler);
            return handler;
        });
    }
}
