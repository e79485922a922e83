using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace SocketRest.AspNetCore.Tests.Tunnel;

/// <summary>Pages in browsers may open tunnels to their own origin only, unless another is listed. Programs send no Origin.</summary>
public sealed class OriginTests
{
    public static TheoryData<string, string, bool> Origins => new()
    {
        { "http://hub.example", "hub.example", true },
        { "http://hub.example", "hub.example:80", true },
        { "http://hub.example:80", "hub.example", true },
        { "HTTP://Hub.Example", "hub.EXAMPLE", true },
        { "http://hub.example:8080", "hub.example:8080", true },
        { "http://[::1]:5080", "[::1]:5080", true },
        { "http://[0:0:0:0:0:0:0:1]:5080", "[::1]:5080", true },
        { "http://xn--lbronn-wxa.example", "xn--lbronn-wxa.example", true },
        { "http://hub.example:8080", "hub.example", false },
        { "http://hub.example", "hub.example:8080", false },
        { "https://hub.example", "hub.example", false },
        { "https://hub.example:80", "hub.example:80", false },
        { "http://evil.example", "hub.example", false },
        { "http://hub.example.evil.example", "hub.example", false },
        { "http://evil.example/hub.example", "hub.example", false },
        { "http://hub.example@evil.example", "hub.example", false },
        { "http://hub.example/", "hub.example", false },
        { "http://[::2]:5080", "[::1]:5080", false },
        { "http://[::1]", "[::1]:5080", false },
        { "null", "hub.example", false },
        { "hub.example", "hub.example", false },
        { "://hub.example", "hub.example", false },
        { "http://", "hub.example", false },
        { "file://", "hub.example", false },
        { "*", "hub.example", false },
        { " ", "hub.example", false },
    };

    [Theory]
    [MemberData(nameof(Origins))]
    public void Same_origin_is_scheme_host_and_port(string origin, string host, bool same)
    {
        HttpRequest request = Request(origin, host);

        AspNetCore.Hub.UpgradeRefusal? refusal = AspNetCore.Hub.Origin.Check(request, []);

        Assert.Equal(same, refusal is null);
        if (!same)
        {
            Assert.Equal(403, refusal!.Status);
            Assert.Contains("AllowedOrigins", refusal.Reason, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("https://app.example", true)]
    [InlineData("https://APP.example:443", true)]
    [InlineData("http://localhost:3000", true)]
    [InlineData("chrome-extension://abcdefgh", true)]
    [InlineData("http://hub.example", true)]
    [InlineData("http://app.example", false)]
    [InlineData("http://localhost:3001", false)]
    [InlineData("null", false)]
    public void Listed_origins_may_beside_the_server_s_own(string origin, bool allowed) =>
        Assert.Equal(allowed, AspNetCore.Hub.Origin.Check(
            Request(origin, "hub.example"), ["https://app.example", "http://localhost:3000", "chrome-extension://abcdefgh"]) is null);

    [Fact]
    public void Asterisk_allows_every_page_and_nothing_is_asked_without_the_field()
    {
        Assert.Null(AspNetCore.Hub.Origin.Check(Request("null", "hub.example"), ["*"]));
        Assert.Null(AspNetCore.Hub.Origin.Check(new DefaultHttpContext().Request, []));
    }

    [Fact]
    public void Several_origins_at_once_are_none()
    {
        HttpRequest request = Request("http://hub.example", "hub.example");
        request.Headers.Append("Origin", "http://hub.example");

        Assert.NotNull(AspNetCore.Hub.Origin.Check(request, []));
    }

    [Theory]
    [InlineData("")]
    [InlineData("app.example")]
    [InlineData("https://app.example/path")]
    [InlineData("null")]
    public async Task List_that_holds_no_origin_is_named_when_the_host_starts(string origin) =>
        Assert.Equal("AllowedOrigins", (await Assert.ThrowsAsync<ArgumentException>(
            () => TestHub.StartAsync(configure: options => options.AllowedOrigins.Add(origin)))).ParamName);

    [Fact]
    public async Task Page_of_another_origin_gets_no_socket()
    {
        await using TestHub hub = await TestHub.StartAsync(configure: options => options.AllowedOrigins.Add("https://app.example"));

        using UpgradeAttempt cross = await UpgradeAttempt.SendAsync(hub.Tunnel, ("Origin", "https://evil.example"));
        Assert.Contains("https://evil.example", await cross.ExpectRefusalAsync(403), StringComparison.Ordinal);
        using UpgradeAttempt port = await UpgradeAttempt.SendAsync(hub.Tunnel, ("Origin", $"http://127.0.0.1:{hub.Address.Port + 1}"));
        await port.ExpectRefusalAsync(403);
        using UpgradeAttempt sandboxed = await UpgradeAttempt.SendAsync(hub.Tunnel, ("Origin", "null"));
        await sandboxed.ExpectRefusalAsync(403);
        using UpgradeAttempt empty = await UpgradeAttempt.SendAsync(hub.Tunnel, ("Origin", ""));
        await empty.ExpectRefusalAsync(403);

        foreach (string origin in new[] { hub.Address.GetLeftPart(UriPartial.Authority), "https://app.example" })
        {
            using UpgradeAttempt allowed = await UpgradeAttempt.SendAsync(hub.Tunnel, ("Origin", origin));
            Assert.Equal(101, allowed.Status);
        }

        SocketRestException refused = await Assert.ThrowsAsync<SocketRestException>(() => hub.DialAsync(
            options => options.ConfigureWebSocket = socket => socket.SetRequestHeader("Origin", "https://evil.example")));
        Assert.Equal(SocketRestErrorCode.Unauthorized, refused.ErrorCode);
    }

    [Fact]
    public async Task Path_base_is_no_part_of_an_origin()
    {
        await using TestHub hub = await TestHub.StartAsync(app =>
        {
            app.UsePathBase("/hub");
            app.UseRouting();
        });
        var tunnel = new Uri(hub.Address, "/hub/tunnel");

        using UpgradeAttempt same = await UpgradeAttempt.SendAsync(tunnel, ("Origin", hub.Address.GetLeftPart(UriPartial.Authority)));
        Assert.Equal(101, same.Status);
        using UpgradeAttempt cross = await UpgradeAttempt.SendAsync(tunnel, ("Origin", "http://evil.example"));
        await cross.ExpectRefusalAsync(403);
    }

    private static HttpRequest Request(string origin, string host)
    {
        HttpRequest request = new DefaultHttpContext().Request;
        request.Scheme = "http";
        request.Host = new HostString(host);
        request.Headers.Origin = origin;
        return request;
    }
}
