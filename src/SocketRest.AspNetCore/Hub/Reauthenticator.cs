using System.Security.Claims;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Authorization.Policy;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using SocketRest.Multiplexing;

namespace SocketRest.AspNetCore.Hub;

/// <summary>
/// Looks at new credentials of one connection as the application would at an upgrade that brings them: its own schemes, the endpoint's policy, and
/// AuthorizeConnection. The request that these see is made up: where the upgrade went and from where, the new Authorization field, and no other.
/// </summary>
internal sealed class Reauthenticator : IReauthenticator
{
    private readonly IServiceScopeFactory _scopes;
    private readonly HandshakePolicy _handshake;
    private readonly CredentialExpiry? _expiry;
    private readonly Endpoint? _endpoint;
    private readonly RouteValueDictionary _routeValues;
    private readonly (string Protocol, string Scheme, HostString Host, PathString PathBase, PathString Path) _target;
    private readonly ConnectionInfo _from = new DefaultHttpContext().Connection;

    private Reauthenticator(HttpContext upgrade, HandshakePolicy handshake, CredentialExpiry? expiry)
    {
        // The upgrade's own objects are used again once it has ended.
        HttpRequest request = upgrade.Request;
        _scopes = upgrade.RequestServices.GetRequiredService<IServiceScopeFactory>();
        _handshake = handshake;
        _expiry = expiry;
        _endpoint = upgrade.GetEndpoint();
        _routeValues = new RouteValueDictionary(request.RouteValues);
        _target = (request.Protocol, request.Scheme, request.Host, request.PathBase, request.Path);
        Copy(upgrade.Connection, _from);
    }

    /// <summary>Null where nobody could look at new credentials, and for a connection that has none to renew.</summary>
    public static async ValueTask<Reauthenticator?> CreateAsync(HttpContext upgrade, ClaimsPrincipal? user, HandshakePolicy handshake, CredentialExpiry? expiry)
    {
        if (user is null)
        {
            // Before anything else: to ask for the request's services makes a scope that lives as long as the connection.
            return null;
        }

        IServiceProvider services = upgrade.RequestServices;
        if (services.GetService<IAuthenticationService>() is null
            || services.GetService<IAuthenticationSchemeProvider>() is not { } schemes)
        {
            return null;
        }

        AuthorizationPolicy? policy = await CombineAsync(services, upgrade.GetEndpoint()).ConfigureAwait(false);
        if (policy is not { AuthenticationSchemes.Count: > 0 }
            && (await schemes.GetDefaultAuthenticateSchemeAsync().ConfigureAwait(false) is not { } scheme || scheme.HandlerType == typeof(ConnectionUserHandler)))
        {
            return null;
        }

        return new Reauthenticator(upgrade, handshake, expiry);
    }

    public async ValueTask<CredentialDecision> DecideAsync(ConnectionIdentity identity, string scheme, string credential, CancellationToken cancellationToken)
    {
        AsyncServiceScope scope = _scopes.CreateAsyncScope();
        await using (scope.ConfigureAwait(false))
        {
            DefaultHttpContext context = CreateContext(scope.ServiceProvider, credential.Length == 0 ? scheme : $"{scheme} {credential}", cancellationToken);
            return await DecideAsync(context, identity, cancellationToken).ConfigureAwait(false);
        }
    }

    public void OnAccepted(CredentialDecision decision) => _expiry?.Move(decision.Expires);

    /// <summary>A copy for the connection to keep.</summary>
    public static ClaimsPrincipal Copy(ClaimsPrincipal user) => new(user.Identities.Select(identity => identity.Clone()));

    private async ValueTask<CredentialDecision> DecideAsync(DefaultHttpContext context, ConnectionIdentity identity, CancellationToken cancellationToken)
    {
        AuthorizationPolicy? policy = await CombineAsync(context.RequestServices, _endpoint).ConfigureAwait(false);
        IPolicyEvaluator? evaluator = context.RequestServices.GetService<IPolicyEvaluator>();
        AuthenticateResult result = policy is { AuthenticationSchemes.Count: > 0 } && evaluator is not null
            ? await evaluator.AuthenticateAsync(policy, context).ConfigureAwait(false)
            : await context.AuthenticateAsync().ConfigureAwait(false);
        if (result is not { Succeeded: true, Principal: { Identity.IsAuthenticated: true } principal })
        {
            return CredentialDecision.Refuse("These credentials are missing, wrong or expired.");
        }

        context.User = principal;
        if (policy is not null
            && evaluator is not null
            && _endpoint?.Metadata.GetMetadata<IAllowAnonymous>() is null
            && await evaluator.AuthorizeAsync(policy, result, context, context).ConfigureAwait(false) is { Succeeded: false })
        {
            return CredentialDecision.Refuse("This tunnel is not for the user of these credentials.");
        }

        DateTimeOffset? expires = result.Properties?.ExpiresUtc;
        if (_expiry?.IsPast(expires) == true)
        {
            return CredentialDecision.Refuse("These credentials have expired.");
        }

        ClaimsPrincipal user = Copy(principal);
        if (!UserIdentity.AreSame(identity.User, user))
        {
            return CredentialDecision.Refuse("These credentials are another user's than the connection's.");
        }

        return await _handshake.CheckAsync(context, identity with { User = user }, cancellationToken, reauthenticates: true).ConfigureAwait(false) is { } refusal
            ? CredentialDecision.Refuse(refusal.Message)
            : CredentialDecision.Accept(user, expires);
    }

    /// <summary>The policy that the authorization middleware would find for the endpoint.</summary>
    private static async ValueTask<AuthorizationPolicy?> CombineAsync(IServiceProvider services, Endpoint? endpoint)
    {
        if (endpoint is null || services.GetService<IAuthorizationPolicyProvider>() is not { } provider)
        {
            return null;
        }

        AuthorizationPolicy? policy = await AuthorizationPolicy.CombineAsync(
            provider,
            endpoint.Metadata.GetOrderedMetadata<IAuthorizeData>(),
            endpoint.Metadata.GetOrderedMetadata<AuthorizationPolicy>()).ConfigureAwait(false);
        IAuthorizationRequirement[] more =
            [.. endpoint.Metadata.GetOrderedMetadata<IAuthorizationRequirementData>().SelectMany(data => data.GetRequirements())];
        if (more.Length == 0)
        {
            return policy;
        }

        AuthorizationPolicy required = new AuthorizationPolicyBuilder().AddRequirements(more).Build();
        return policy is null ? required : AuthorizationPolicy.Combine(policy, required);
    }

    private static void Copy(ConnectionInfo from, ConnectionInfo to)
    {
        to.Id = from.Id;
        (to.RemoteIpAddress, to.RemotePort) = (from.RemoteIpAddress, from.RemotePort);
        (to.LocalIpAddress, to.LocalPort) = (from.LocalIpAddress, from.LocalPort);
    }

    private DefaultHttpContext CreateContext(IServiceProvider services, string authorization, CancellationToken cancellationToken)
    {
        var context = new DefaultHttpContext { RequestServices = services, RequestAborted = cancellationToken };
        HttpRequest request = context.Request;
        request.Method = HttpMethods.Get;
        (request.Protocol, request.Scheme, request.Host, request.PathBase, request.Path) = _target;
        request.RouteValues = new RouteValueDictionary(_routeValues);
        request.Headers.Authorization = authorization;
        context.SetEndpoint(_endpoint);
        Copy(_from, context.Connection);
        if (services.GetService<IHttpContextAccessor>() is { } accessor)
        {
            accessor.HttpContext = context;
        }

        return context;
    }
}
