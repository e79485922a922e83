using System.Text.Encodings.Web;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using SocketRest.Cli.Hub.SignIn;

namespace SocketRest.Cli.Hub.Authentication;

/// <summary>The hub's one scheme: asks for each kind of credential, in order, and says to people what is missing.</summary>
internal sealed class HubAuthenticationHandler(
    IOptionsMonitor<AuthenticationSchemeOptions> options, ILoggerFactory logger, UrlEncoder encoder, IEnumerable<ICredentialReader> readers, ILogger<HubAccessLog> refusals, Visitors? visitors = null)
    : AuthenticationHandler<AuthenticationSchemeOptions>(options, logger, encoder)
{
    public new const string Scheme = "Hub";

    protected override async Task<AuthenticateResult> HandleAuthenticateAsync()
    {
        foreach (ICredentialReader reader in readers)
        {
            AuthenticateResult result = await reader.ReadAsync(Context).ConfigureAwait(false);
            if (!result.None)
            {
                if (result.Failure is { } failure)
                {
                    HubAccessLog.Refused(refusals, Context.Connection.RemoteIpAddress, failure.Message);
                }

                return result;
            }
        }

        return AuthenticateResult.NoResult();
    }

    protected override async Task HandleChallengeAsync(AuthenticationProperties properties)
    {
        if (visitors?.TrySendToSignIn(Context) == true)
        {
            return;
        }

        AuthenticateResult result = await HandleAuthenticateOnceSafeAsync().ConfigureAwait(false);
        Response.Headers.WWWAuthenticate = "Bearer realm=\"SocketRest hub\"";
        await Problem.WriteAsync(Context, StatusCodes.Status401Unauthorized, "key-missing", result.Failure is { } failure
            ? failure.Message
            : $"This hub wants a key that the request does not have: Authorization: Bearer KEY, or {PresentedKey.Header}: KEY. socketrest keys new makes one.").ConfigureAwait(false);
    }

    protected override Task HandleForbiddenAsync(AuthenticationProperties properties) => visitors?.TrySendToSignIn(Context) == true ? Task.CompletedTask : Problem.WriteAsync(
        Context, StatusCodes.Status403Forbidden, "key-refused", "This key is for something else: an agent's key connects, a caller's key calls the agents that it names, an operator's key manages the hub and calls every agent.");
}
