using SocketRest.AspNetCore.Tests.Conformance;
using SocketRest.AspNetCore.Tests.Tunnel;

namespace SocketRest.AspNetCore.Tests.Hub;

/// <summary>Whose connection takes the place of whose: that of the same issuer's same subject, whatever its name and its other claims.</summary>
public sealed class ReplacementTests
{
    [Theory]
    [InlineData("ann@home/reader/", "bob@home/reader/")]
    [InlineData("ann@home/reader/", "ann@elsewhere/reader/")]
    public async Task Another_user_of_the_same_name_and_instance_replaces_nobody(string one, string other)
    {
        await using TestHub hub = await TokenHub.StartAsync();
        await using SocketRestClient first = await DialAsync(hub, one);
        SocketRestConnection firstSide = await hub.SideOfAsync(first);
        await using SocketRestClient second = await DialAsync(hub, other);
        await hub.SideOfAsync(second);

        Assert.Equal(2, hub.Registry.FindByName("KILN-7").Count);
        await firstSide.PingAsync().InTime();
    }

    [Fact]
    public async Task The_same_user_with_other_claims_replaces_its_older_connection()
    {
        await using TestHub hub = await TokenHub.StartAsync();
        await using SocketRestClient first = await DialAsync(hub, "ann@home/reader/");
        SocketRestConnection firstSide = await hub.SideOfAsync(first);
        await using SocketRestClient second = await DialAsync(hub, "ann@home/writer/");
        await hub.SideOfAsync(second);

        SocketRestException end = await Assert.ThrowsAsync<SocketRestException>(() => firstSide.Completion.InTime());
        Assert.Equal(SocketRestErrorCode.Replaced, end.ErrorCode);
    }

    private static Task<SocketRestClient> DialAsync(TestHub hub, string token) => hub.DialAsync(options =>
    {
        (options.Name, options.Instance) = ("kiln-7", "the only one");
        options.KeepConnected = false;
        options.AuthorizationProvider = _ => new($"Bearer {token}");
    });
}
