using Microsoft.AspNetCore.Builder;
using SocketRest.AspNetCore.Hub;

namespace SocketRest.AspNetCore;

/// <summary>A mapped tunnel: takes the conventions of any endpoint, authorization for instance.</summary>
public sealed class SocketRestEndpointConventionBuilder : IEndpointConventionBuilder
{
    private readonly IEndpointConventionBuilder _inner;
    private readonly TunnelEndpoint _endpoint;

    internal SocketRestEndpointConventionBuilder(IEndpointConventionBuilder inner, TunnelEndpoint endpoint)
    {
        _inner = inner;
        _endpoint = endpoint;
    }

    /// <summary>
    /// Lets whoever dials in call this application: every endpoint of it, with each request's own credentials. Without it the tunnel only lets this
    /// side call them.
    /// </summary>
    public SocketRestEndpointConventionBuilder ServeApplication()
    {
        _endpoint.ServesApplication = true;
        return this;
    }

    /// <inheritdoc/>
    public void Add(Action<EndpointBuilder> convention) => _inner.Add(convention);

    /// <inheritdoc/>
    public void Finally(Action<EndpointBuilder> finallyConvention) => _inner.Finally(finallyConvention);
}
