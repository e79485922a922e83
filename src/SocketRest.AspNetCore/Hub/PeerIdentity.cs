using System.Security.Claims;

namespace SocketRest.AspNetCore.Hub;

/// <summary>Who somebody is, whatever else the credentials say.</summary>
internal static class PeerIdentity
{
    private const string Subject = "sub";
    private const string Issuer = "iss";

    /// <summary>
    /// Whether both are the same user: the same subject of the same issuer, or the same name where there is no subject, or the same claims where there is no
    /// name either. Nobody is the same as nobody.
    /// </summary>
    public static bool IsSame(ClaimsPrincipal? one, ClaimsPrincipal? other)
    {
        if (one is null || other is null)
        {
            return one is null && other is null;
        }

        (string? Scheme, string? Issuer, string Subject)? key = Key(one);
        return key is null ? Key(other) is null && Claims(one).SetEquals(Claims(other)) : key == Key(other);
    }

    private static (string? Scheme, string? Issuer, string Subject)? Key(ClaimsPrincipal user)
    {
        if ((user.FindFirst(ClaimTypes.NameIdentifier) ?? user.FindFirst(Subject)) is { } subject)
        {
            return (null, user.FindFirst(Issuer)?.Value ?? subject.Issuer, subject.Value);
        }

        return user.Identity is { Name: { } name } identity ? (identity.AuthenticationType, null, name) : null;
    }

    private static HashSet<(string Type, string Value, string Issuer)> Claims(ClaimsPrincipal user) =>
        [.. user.Claims.Select(claim => (claim.Type, claim.Value, claim.Issuer))];
}
