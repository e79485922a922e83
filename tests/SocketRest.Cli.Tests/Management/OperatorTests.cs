using System.Net;
using System.Net.Http.Headers;

namespace SocketRest.Cli.Tests.Management;

public sealed class OperatorTests
{
    [Theory]
    [InlineData("/_hub/api/agents", 401)]
    [InlineData("/_hub/api/hub", 401)]
    [InlineData("/_hub/api/events", 401)]
    [InlineData("/_hub/api/openapi.json", 401)]
    [InlineData("/_hub/api/nothing", 401)]
    [InlineData("/metrics", 401)]
    [InlineData("/healthz", 200)]
    [InlineData("/readyz", 200)]
    [InlineData("/_hub/", 200)]
    [InlineData("/_hub/assets/app.js", 200)]
    [InlineData("/_hub/agents/kiln-7/swagger", 200)]
    public async Task Everything_but_pages_and_health_is_for_operators(string path, int status)
    {
        await using ManagedHub hub = await OperatorKey.StartHubAsync();

        using HttpResponseMessage response = await hub.Client.GetAsync(path, HttpCompletionOption.ResponseHeadersRead).InTime();

        Assert.Equal(status, (int)response.StatusCode);
    }

    [Fact]
    public async Task With_keys_the_hub_answers_under_every_name()
    {
        await using ManagedHub hub = await OperatorKey.StartHubAsync();
        using var request = new HttpRequestMessage(HttpMethod.Get, "/_hub/api/hub");
        request.Headers.Host = "hub.example.com";
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", OperatorKey.Key);

        using HttpResponseMessage response = await hub.Client.SendAsync(request).InTime();

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
    }

    [Fact]
    public async Task Metrics_are_open_where_an_option_says_so()
    {
        await using ManagedHub hub = await OperatorKey.StartHubAsync(options => options.OpenMetrics = true);

        using HttpResponseMessage response = await hub.Client.GetAsync("/metrics").InTime();

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
    }
}
