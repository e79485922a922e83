using System.Net;
using SocketRest.Cli.Tests.Management;

namespace SocketRest.Cli.Tests.Dashboard;

public sealed class PagesTests
{
    [Theory]
    [InlineData("")]
    [InlineData("agents/kiln-7/swagger")]
    public async Task Pages_let_nothing_run_that_is_not_theirs(string page)
    {
        await using ManagedHub hub = await ManagedHub.StartAsync();

        using HttpResponseMessage response = await SendAsync(hub, "/_hub/" + page);

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        string policy = Assert.Single(response.Headers.GetValues("Content-Security-Policy"));
        Assert.Contains("default-src 'none'; ", policy, StringComparison.Ordinal);
        Assert.Contains($"script-src http://localhost:{hub.Port}/_hub/assets/; ", policy, StringComparison.Ordinal);
        Assert.Contains("frame-ancestors 'none'", policy, StringComparison.Ordinal);
        Assert.DoesNotContain("script-src 'unsafe", policy, StringComparison.Ordinal);
        Assert.Equal("nosniff", Assert.Single(response.Headers.GetValues("X-Content-Type-Options")));
        Assert.Equal("DENY", Assert.Single(response.Headers.GetValues("X-Frame-Options")));
        Assert.Equal("same-origin", Assert.Single(response.Headers.GetValues("Referrer-Policy")));
        string html = await response.Content.ReadAsStringAsync().InTime();
        Assert.DoesNotContain("http:", html, StringComparison.Ordinal);
        Assert.DoesNotContain("https:", html, StringComparison.Ordinal);
        Assert.DoesNotMatch("<script(?![^>]*src=)|<style| style=| on[a-z]+=", html);
    }

    [Theory]
    [InlineData("/_hub", "localhost", 302)]
    [InlineData("/_hub/", "127.0.0.1", 302)]
    [InlineData("/_hub/agents/a/swagger", "127.0.0.1", 302)]
    [InlineData("/_hub/", "evil.example", 421)]
    [InlineData("/_hub/assets/index.html", "localhost", 404)]
    [InlineData("/_hub/assets/nothing.js", "localhost", 404)]
    [InlineData("/_hub/assets/..%2f..%2fhub.json", "localhost", 404)]
    public async Task Other_names_and_places_have_no_pages(string path, string host, int status)
    {
        await using ManagedHub hub = await ManagedHub.StartAsync();

        using HttpResponseMessage response = await SendAsync(hub, path, host);

        Assert.Equal(status, (int)response.StatusCode);
        if (status == 302)
        {
            string place = response.Headers.Location!.ToString();
            Assert.True(place == "/_hub/" || place == $"http://localhost:{hub.Port}{path}", place);
        }
    }

    [Fact]
    public async Task Assets_are_compressed_and_sent_once()
    {
        await using ManagedHub hub = await ManagedHub.StartAsync();
        using var request = new HttpRequestMessage(HttpMethod.Get, $"http://localhost:{hub.Port}/_hub/assets/swagger-ui-bundle.js");
        request.Headers.TryAddWithoutValidation("Accept-Encoding", "gzip");
        using HttpResponseMessage response = await hub.Client.SendAsync(request).InTime();
        Assert.Equal("gzip", Assert.Single(response.Content.Headers.ContentEncoding));
        Assert.Equal("text/javascript", response.Content.Headers.ContentType?.MediaType);
        Assert.InRange(response.Content.Headers.ContentLength ?? 0, 100_000, 700_000);

        using var again = new HttpRequestMessage(HttpMethod.Get, request.RequestUri);
        again.Headers.IfNoneMatch.Add(response.Headers.ETag!);
        using HttpResponseMessage unchanged = await hub.Client.SendAsync(again).InTime();

        Assert.Equal(HttpStatusCode.NotModified, unchanged.StatusCode);
    }

    private static async Task<HttpResponseMessage> SendAsync(ManagedHub hub, string path, string host = "localhost")
    {
        using var client = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false }) { BaseAddress = hub.Client.BaseAddress };
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        request.Headers.Host = $"{host}:{hub.Port}";
        return await client.SendAsync(request).InTime();
    }
}
