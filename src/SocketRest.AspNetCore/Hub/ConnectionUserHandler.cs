using System.Security.Claims;
using System.Text.Encodings.Web;
using Microsoft.AspNetCore.Authentication;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Microsoft.Net.Http.Headers;
using SocketRest.AspNetCore.Pipeline;

namespace SocketRest.AspNetCore.Hub;

/// <summary>Authenticates a request as the user who opened the tunnel through which it came.</summary>
internal sealed class ConnectionUserHandler(IOptionsMonitor<AuthenticationSchemeOptions> options, ILoggerFactory logger, UrlEncoder encoder)
    : AuthenticationHandler<AuthenticationSchemeOptions>(options, logger, encoder)
{
    protected override Task<AuthenticateResult> HandleAuthenticateAsync()
    {
        if (UserAtArrival() is not { Identity.IsAuthenticated: true } user || BringsItsOwnCredential())
        {
            return Task.FromResult(AuthenticateResult.NoResult());
        }

        // A copy: what one request's pipeline adds to its user is not the next one's.
        var principal = new ClaimsPrincipal(user.Identities.Select(identity => identity.Clone()));
        return Task.FromResult(AuthenticateResult.Success(new AuthenticationTicket(principal, Scheme.Name)));
    }

    // A request that runs keeps the user whom it came with when the connection's credentials are renewed.
    private ClaimsPrincipal? UserAtArrival()
    {
        ISocketRestConnectionFeature? feature = Context.Features.Get<ISocketRestConnectionFeature>();
        return feature is ServerExchange exchange ? exchange.Stream.User : feature?.Connection.User;
    }

    // Whoever shows a credential is who that says, or nobody: a forwarded request whose token has expired must not go on as the forwarder. That
    // it is there is what counts; whether it is any good is for other schemes to say.
    private bool BringsItsOwnCredential() =>
        Request.Headers.ContainsKey(HeaderNames.Authorization)
        || Request.Headers.ContainsKey(HeaderNames.Cookie)
        || Context.Connection.ClientCertificate is not null;
}
