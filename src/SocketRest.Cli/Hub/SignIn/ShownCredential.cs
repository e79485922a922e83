using Microsoft.AspNetCore.Authentication;
using SocketRest.Cli.Hub.Authentication;

namespace SocketRest.Cli.Hub.SignIn;

/// <summary>A good key or token that a person showed.</summary>
/// <param name="Credential">Its text.</param>
/// <param name="Owner">Whose it is, among all who have one.</param>
/// <param name="Expires">When it does, or null where that is not known.</param>
internal sealed record ShownCredential(string Credential, string Owner, DateTimeOffset? Expires)
{
    public static ShownCredential Of(string credential, AuthenticateResult result) => new(
        credential,
        HubClaims.KeyOf(result.Principal) is { } id ? $"key {id}" : $"token {result.Principal?.Identity?.Name}",
        result.Properties?.ExpiresUtc);
}
