using System.Net;
using System.Net.Http.Headers;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

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
    public async Task Every_operation_of_the_api_is_for_operators()
    {
        await using ManagedHub hub = await OperatorKey.StartHubAsync();
        string[] operations = [.. hub.App.Services.GetRequiredService<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>()
            .Where(endpoint => endpoint.RoutePattern.RawText!.TrimStart('/').StartsWith("_hub/api", StringComparison.Ordinal))
            .SelectMany(endpoint => (endpoint.Metadata.GetMetadata<IHttpMethodMetadata>()?.HttpMethods ?? ["GET"]).Select(method => $"{method} /{endpoint.RoutePattern.RawText!.TrimStart('/')}"))];

        Assert.Contains(operations, operation => operation.StartsWith("DELETE ", StringComparison.Ordinal));
        Assert.InRange(operations.Length, 9, 50);
        foreach (string operation in operations)
        {
            string[] parts = operation.Split(' ');
            using var request = new HttpRequestMessage(new HttpMethod(parts[0]), parts[1].Replace("{id}", "any", StringComparison.Ordinal).Replace("{**rest}", "any", StringComparison.Ordinal));
            request.Content = parts[0] == "PUT" ? new StringContent("{}", System.Text.Encoding.UTF8, "application/json") : null;
            using HttpResponseMessage response = await hub.Client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead).InTime();

            Assert.True(response.StatusCode == HttpStatusCode.Unauthorized, $"{operation}: {response.StatusCode}");
        }
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
