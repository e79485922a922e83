using Microsoft.AspNetCore.Authentication;
using SocketRest.AspNetCore;
using SocketRest.AspNetCore.Hub;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Adds the scheme that takes the connection's user for the user of what comes through it.</summary>
public static class SocketRestAuthenticationBuilderExtensions
{
    /// <summary>
    /// Adds the scheme <see cref="SocketRestAuthenticationDefaults.AuthenticationScheme"/>: a request that came through a tunnel and brings no credential
    /// of its own is authenticated as the user who opened the tunnel. One that brings an Authorization header, a Cookie or a client certificate is not:
    /// it stays anonymous to this scheme, also when that credential turns out to be wrong. Neither is a request that came another way, nor one on a
    /// connection without a user: an agent's, for instance, which dialled itself.
    /// </summary>
    /// <param name="builder">What <c>AddAuthentication</c> returns.</param>
    public static AuthenticationBuilder AddSocketRest(this AuthenticationBuilder builder)
    {
        ArgumentNullException.ThrowIfNull(builder);
        return builder.AddScheme<AuthenticationSchemeOptions, ConnectionUserHandler>(SocketRestAuthenticationDefaults.AuthenticationScheme, configureOptions: null);
    }
}
