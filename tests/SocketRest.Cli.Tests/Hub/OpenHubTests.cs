using System.Net;

namespace SocketRest.Cli.Tests.Hub;

/// <summary>A hub without keys: everything for this machine, nothing for others.</summary>
public sealed class OpenHubTests : IAsyncLifetime
{
    private RunningHub _hub = null!;

    public async Task InitializeAsync() => _hub = await RunningHub.StartAsync();

    public async Task DisposeAsync() => await _hub.DisposeAsync();

    [Fact]
    public async Task Agent_connects_and_is_called()
    {
        await using SocketRestClient shop = await _hub.ConnectAsync("shop");

        Assert.Equal("shop: GET /a%2Fb?c=d auth= key=", await _hub.Http.GetStringAsync("/agents/shop/a%2Fb?c=d").InTime());
    }

    [Theory]
    [InlineData("7")]
    [InlineData("a_b")]
    [InlineData("a.b")]
    [InlineData("-a")]
    [InlineData("_hub")]
    [InlineData("ä")]
    [InlineData("a123456789012345678901234567890123456789012345678901234567890123")]
    public async Task Name_that_cannot_be_a_host_is_refused_with_the_rule(string name)
    {
        var refused = await Assert.ThrowsAsync<SocketRestException>(() => _hub.ConnectAsync(name));

        Assert.Contains("letters (a to z), digits and hyphens", refused.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("hub.example.com")]
    [InlineData("attacker.example:7080")]
    [InlineData("192.168.1.4")]
    [InlineData("localhost.example.com")]
    public async Task Other_host_names_than_this_machines_are_not_answered(string host)
    {
        using HttpResponseMessage response = await _hub.GetAsync("/agents/shop/", key: null, ("Host", host));

        Assert.Equal(HttpStatusCode.MisdirectedRequest, response.StatusCode);
    }

    [Theory]
    [InlineData("localhost")]
    [InlineData("shop.localhost")]
    [InlineData("[::1]")]
    [InlineData("127.0.0.1:7080")]
    public async Task This_machines_names_are_answered(string host)
    {
        using HttpResponseMessage response = await _hub.GetAsync("/agents/shop/", key: null, ("Host", host));

        Assert.Equal(HttpStatusCode.NotFound, response.StatusCode);
    }

    [Theory]
    [InlineData("https://attacker.example", HttpStatusCode.Forbidden)]
    [InlineData("null", HttpStatusCode.Forbidden)]
    [InlineData("file://", HttpStatusCode.Forbidden)]
    [InlineData("localhost", HttpStatusCode.Forbidden)]
    [InlineData("http://localhost:3000", HttpStatusCode.NotFound)]
    public async Task Pages_of_other_sites_are_not_answered(string origin, HttpStatusCode expected)
    {
        using HttpResponseMessage response = await _hub.GetAsync("/agents/shop/", key: null, ("Origin", origin));

        Assert.Equal(expected, response.StatusCode);
    }

    [Theory]
    [InlineData("cross-site", "no-cors", null, HttpStatusCode.Forbidden)]
    [InlineData("cross-site", "no-cors", "https://attacker.example/page", HttpStatusCode.Forbidden)]
    [InlineData("same-site", "cors", null, HttpStatusCode.Forbidden)]
    [InlineData("cross-site", null, null, HttpStatusCode.Forbidden)]
    [InlineData("cross-site", "navigate", "https://attacker.example/page", HttpStatusCode.NotFound)]
    [InlineData("cross-site", "no-cors", "http://localhost:7080/agents/shop/", HttpStatusCode.NotFound)]
    [InlineData("same-origin", "cors", null, HttpStatusCode.NotFound)]
    [InlineData("none", "navigate", null, HttpStatusCode.NotFound)]
    public async Task What_pages_of_other_sites_load_is_not_answered(string site, string? mode, string? referer, HttpStatusCode expected)
    {
        List<(string, string)> fields = [("Sec-Fetch-Site", site)];
        if (mode is not null)
            fields.Add(("Sec-Fetch-Mode", mode));
        if (referer is not null)
            fields.Add(("Referer", referer));

        using HttpResponseMessage response = await _hub.GetAsync("/agents/shop/", key: null, [.. fields]);

        Assert.Equal(expected, response.StatusCode);
    }
}
