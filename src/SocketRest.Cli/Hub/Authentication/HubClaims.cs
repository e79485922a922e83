using System.Collections.Immutable;
using System.Security.Claims;
using SocketRest.Cli.Keys;

namespace SocketRest.Cli.Hub.Authentication;

/// <summary>What the hub knows of a user who proved to be one, and what follows from it.</summary>
internal static class HubClaims
{
    private const string Kind = "socketrest:kind";
    private const string Names = "socketrest:names";
    private const string KeyId = "socketrest:key";

    /// <summary>The user of a key.</summary>
    public static ClaimsPrincipal Of(HubKey key)
    {
        var identity = new ClaimsIdentity("Key", "sub", ClaimTypes.Role);
        identity.AddClaim(new Claim("sub", $"{key.Kind.ToString().ToLowerInvariant()} key {key.Id}"));
        identity.AddClaim(new Claim(KeyId, key.Id));
        Grant(identity, key.Kind, key.Names);
        return new ClaimsPrincipal(identity);
    }

    /// <summary>Lets the user be, or call, those agents.</summary>
    public static void Grant(ClaimsIdentity identity, KeyKind kind, ImmutableArray<NamePattern> names)
    {
        identity.AddClaim(new Claim(Kind, kind.ToString()));
        foreach (NamePattern name in names)
        {
            identity.AddClaim(new Claim(Names + kind, name.ToString()));
        }
    }

    /// <summary>The ID of the key that the user showed, or null for none.</summary>
    public static string? KeyOf(ClaimsPrincipal? user) => user?.FindFirst(KeyId)?.Value;

    public static bool Is(ClaimsPrincipal? user, KeyKind kind) => user?.HasClaim(Kind, kind.ToString()) == true;

    /// <summary>Whether the user may take the name.</summary>
    public static bool MayBe(ClaimsPrincipal? user, string agent) => Is(user, KeyKind.Agent) && HasName(user!, KeyKind.Agent, agent);

    /// <summary>Whether the user may call the agent of that name.</summary>
    public static bool MayCall(ClaimsPrincipal? user, string agent) =>
        Is(user, KeyKind.Operator) || (Is(user, KeyKind.Caller) && HasName(user!, KeyKind.Caller, agent));

    /// <summary>The names that the user may take, for people.</summary>
    public static string Describe(ClaimsPrincipal? user) =>
        string.Join(", ", user?.FindAll(Names + KeyKind.Agent).Select(claim => claim.Value) ?? []) is { Length: > 0 } names ? names : "no agent";

    private static bool HasName(ClaimsPrincipal user, KeyKind kind, string agent)
    {
        foreach (Claim claim in user.FindAll(Names + kind))
        {
            if (NamePattern.TryParse(claim.Value, out NamePattern pattern, out _) && pattern.Matches(agent))
            {
                return true;
            }
        }

        return false;
    }
}
