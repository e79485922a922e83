using System.Security.Claims;

namespace SocketRest.Multiplexing;

/// <summary>Whose new credentials are and until when they are good, or why they are refused.</summary>
internal readonly record struct CredentialDecision(ClaimsPrincipal? User, DateTimeOffset? Expires, string? Refusal)
{
    public static CredentialDecision Accept(ClaimsPrincipal user, DateTimeOffset? expires) => new(user, expires, null);

    /// <param name="sentence">For the other end: not for secrets.</param>
    public static CredentialDecision Refuse(string sentence) => new(null, null, sentence);
}
