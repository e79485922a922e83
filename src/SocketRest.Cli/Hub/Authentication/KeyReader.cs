using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Http;
using SocketRest.Cli.Keys;

namespace SocketRest.Cli.Hub.Authentication;

/// <summary>Knows the keys of the hub's key file.</summary>
internal sealed class KeyReader(LiveKeys keys) : ICredentialReader
{
    public ValueTask<AuthenticateResult> ReadAsync(HttpContext context)
    {
        if (PresentedKey.Of(context.Request) is not { } presented)
        {
            return new(AuthenticateResult.NoResult());
        }

        return new(keys.Current.Find(presented) is { } key
            ? AuthenticateResult.Success(new AuthenticationTicket(HubClaims.Of(key), HubAuthenticationHandler.Scheme))
            : AuthenticateResult.Fail(KeyText.TryGetId(presented, out string? id) ? $"The key {Printable(id)} is not, or no longer, one of this hub's." : "This is no key."));
    }

    /// <summary>Others' words, which end up in a log and in an answer.</summary>
    private static string Printable(string id) => KeyText.IsId(id) ? id : "presented";
}
