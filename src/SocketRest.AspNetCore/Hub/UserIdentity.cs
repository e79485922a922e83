using System.Security.Claims;

namespace SocketRest.AspNetCore.Hub;

/// <summary>
/// Who a user is, apart from what is claimed of it: issuer and subject. The subject is the claim <c>sub</c>, else the name identifier, else the
/// identity's name; the issuer is the claim <c>iss</c>, else the subject claim's issuer, else, where that is this application, the way of authentication.
/// </summary>
internal static class UserIdentity
{
    /// <summary>Whether both are known, and are the same: of several identities all of them.</summary>
    public static bool AreSame(ClaimsPrincipal? one, ClaimsPrincipal? other)
    {
        HashSet<(string, string, string)> identities = Of(one);
        return identities.Count > 0 && identities.SetEquals(Of(other));
    }

    /// <summary>
    /// Whether who comes back is who was here: the same, or nobody both times. A user of whom nothing tells who it is, is the same where all of its claims are.
    /// </summary>
    public static bool IsUnchanged(ClaimsPrincipal? before, ClaimsPrincipal? now) =>
        before is null || now is null
            ? before is null && now is null
            : AreSame(before, now) || (Of(before).Count == 0 && Of(now).Count == 0 && Claims(before).SetEquals(Claims(now)));

    private static HashSet<(string Type, string Value, string Issuer)> Claims(ClaimsPrincipal user) =>
        [.. user.Claims.Select(claim => (claim.Type, claim.Value, claim.Issuer))];

    private static HashSet<(string Kind, string Issuer, string Subject)> Of(ClaimsPrincipal? user)
    {
        var all = new HashSet<(string, string, string)>();
        foreach (ClaimsIdentity identity in user?.Identities.Where(identity => identity.IsAuthenticated) ?? [])
        {
            if (Subject(identity) is { Value.Length: > 0 } subject)
            {
                all.Add((subject.Type, Issuer(identity, subject), subject.Value));
            }
        }

        return all;
    }

    private static Claim? Subject(ClaimsIdentity identity) =>
        identity.FindFirst("sub") ?? identity.FindFirst(ClaimTypes.NameIdentifier) ?? identity.FindFirst(identity.NameClaimType);

    private static string Issuer(ClaimsIdentity identity, Claim subject) =>
        identity.FindFirst("iss")?.Value
            ?? (subject.Issuer == ClaimsIdentity.DefaultIssuer ? $"{ClaimsIdentity.DefaultIssuer}: {identity.AuthenticationType}" : subject.Issuer);
}
