using System.Security.Claims;
using SocketRest.AspNetCore.Hub;

namespace SocketRest.AspNetCore.Tests.Tunnel;

/// <summary>When two users are the same one: by issuer and subject, whatever else is claimed.</summary>
public sealed class UserIdentityTests
{
    [Fact]
    public void Issuer_and_subject_make_the_same_user_whatever_else_is_claimed()
    {
        Assert.True(Same(Of(("sub", "1", "a"), ("role", "reader", "a"), (ClaimTypes.Name, "Ann", "a")), Of((ClaimTypes.Name, "Anna", "a"), ("sub", "1", "a"))));
        Assert.False(Same(Of(("sub", "1", "a")), Of(("sub", "2", "a"))));
        Assert.False(Same(Of(("sub", "1", "a")), Of(("sub", "1", "b"))));
    }

    [Fact]
    public void The_claim_of_an_issuer_counts_more_than_who_issued_the_claim()
    {
        Assert.True(Same(Of(("sub", "1", "a"), ("iss", "x", "a")), Of(("sub", "1", "b"), ("iss", "x", "b"))));
        Assert.False(Same(Of(("sub", "1", "a"), ("iss", "x", "a")), Of(("sub", "1", "a"), ("iss", "y", "a"))));
    }

    [Fact]
    public void Without_a_subject_it_is_the_name_identifier_and_else_the_name()
    {
        Assert.True(Same(Of((ClaimTypes.NameIdentifier, "1", "a"), (ClaimTypes.Name, "Ann", "a")), Of((ClaimTypes.NameIdentifier, "1", "a"))));
        Assert.False(Same(Of((ClaimTypes.NameIdentifier, "1", "a"), (ClaimTypes.Name, "Ann", "a")), Of((ClaimTypes.NameIdentifier, "2", "a"), (ClaimTypes.Name, "Ann", "a"))));
        Assert.True(Same(Of((ClaimTypes.Name, "Ann", "a")), Of((ClaimTypes.Name, "Ann", "a"))));
        Assert.False(Same(Of((ClaimTypes.Name, "Ann", "a")), Of((ClaimTypes.Name, "ann", "a"))));
    }

    [Fact]
    public void One_kind_is_not_another()
    {
        Assert.False(Same(Of((ClaimTypes.Name, "1", "a")), Of(("sub", "1", "a"))));
    }

    [Fact]
    public void Where_this_application_issues_the_claims_the_ways_of_authentication_are_apart()
    {
        Assert.True(Same(Local("Basic"), Local("Basic")));
        Assert.False(Same(Local("Basic"), Local("Key")));

        static ClaimsPrincipal Local(string way) => new(new ClaimsIdentity([new Claim(ClaimTypes.Name, "ann")], way));
    }

    [Fact]
    public void Who_is_not_known_is_nobody_and_nobody_is_the_same_as_nobody()
    {
        Assert.False(UserIdentity.AreSame(null, null));
        Assert.False(Same(Of(("role", "reader", "a")), Of(("role", "reader", "a"))));
        Assert.False(Same(Of(("sub", "", "a")), Of(("sub", "", "a"))));
        var claimed = new ClaimsPrincipal(new ClaimsIdentity([new Claim("sub", "1", null, "a")]));
        Assert.False(Same(claimed, claimed));
    }

    [Fact]
    public void Of_several_identities_all_are_the_same()
    {
        ClaimsPrincipal both = new([Of(("sub", "1", "a")).Identities.Single(), Of(("sub", "2", "b")).Identities.Single()]);
        ClaimsPrincipal turned = new([Of(("sub", "2", "b")).Identities.Single(), Of(("sub", "1", "a")).Identities.Single(), new ClaimsIdentity([new Claim("sub", "3")])]);
        Assert.True(Same(both, turned));
        Assert.False(Same(both, Of(("sub", "1", "a"))));
        Assert.False(Same(Of(("sub", "1", "a")), both));
    }

    private static bool Same(ClaimsPrincipal one, ClaimsPrincipal other) => UserIdentity.AreSame(one, other);

    private static ClaimsPrincipal Of(params (string Type, string Value, string Issuer)[] claims) =>
        new(new ClaimsIdentity(claims.Select(claim => new Claim(claim.Type, claim.Value, null, claim.Issuer)), "test"));
}
