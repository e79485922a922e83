using System.Net;
using System.Net.Http.Headers;
using SocketRest.Http;

namespace SocketRest.Tests.Http;

public sealed class RedirectPolicyTests
{
    private static readonly Uri s_origin = new("http://petstore/dir/first?q=1");

    [Fact]
    public void IsRedirect_NamesExactlySix()
    {
        var redirects = Enumerable.Range(100, 900).Where(status => RedirectPolicy.IsRedirect((HttpStatusCode)status));
        Assert.Equal([300, 301, 302, 303, 307, 308], redirects);
    }

    [Theory]
    [InlineData("/next", "http://petstore/next")]
    [InlineData("next?x", "http://petstore/dir/next?x")]
    [InlineData("?x", "http://petstore/dir/first?x")]
    [InlineData("http://petstore/next", "http://petstore/next")]
    [InlineData("HTTP://PETSTORE:80/next", "http://petstore/next")]
    [InlineData("//petstore/next", "http://petstore/next")]
    [InlineData("http://user@petstore/next", "http://user@petstore/next")]
    [InlineData("https://petstore/next", null)]
    [InlineData("http://petstore:8080/next", null)]
    [InlineData("http://petstore.example/next", null)]
    [InlineData("http://petstore@evil/next", null)]
    [InlineData("//evil/next", null)]
    [InlineData("ws://petstore/next", null)]
    [InlineData("mailto:petstore", null)]
    [InlineData("file:///petstore", null)]
    [InlineData("//", null)]
    [InlineData("http://", null)]
    [InlineData("http://[", null)]
    public void Target_StaysInTheAuthority(string location, string? target)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, s_origin);
        using var response = FakeExchange.Redirect(HttpStatusCode.Found, location);
        Assert.Equal(target, RedirectPolicy.GetTarget(request, response)?.AbsoluteUri);
    }

    [Fact]
    public void Target_OfHttps_IsNeverHttp()
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "https://petstore/");
        using var response = FakeExchange.Redirect(HttpStatusCode.Found, "http://petstore:443/");
        Assert.Null(RedirectPolicy.GetTarget(request, response));
    }

    [Theory]
    [InlineData("/next", "http://petstore/next#part")]
    [InlineData("/next#other", "http://petstore/next#other")]
    public void Target_InheritsTheFragment(string location, string target)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, s_origin + "#part");
        using var response = FakeExchange.Redirect(HttpStatusCode.Found, location);
        Assert.Equal(target, RedirectPolicy.GetTarget(request, response)?.AbsoluteUri);
    }

    [Fact]
    public async Task LeavingTheAuthority_ReturnsTheResponseAsItIs()
    {
        var last = FakeExchange.Redirect(HttpStatusCode.Found, "https://login.example/");
        last.Content = new StringContent("go there");
        var exchange = new FakeExchange(FakeExchange.Redirect(HttpStatusCode.Found, "/next"), last);
        using var request = new HttpRequestMessage(HttpMethod.Get, s_origin);
        using var response = await exchange.SendAsync(request);
        Assert.Same(last, response);
        Assert.Equal("go there", await response.Content.ReadAsStringAsync());
        Assert.Equal("http://petstore/next", request.RequestUri!.AbsoluteUri);
    }

    [Fact]
    public async Task Post_BecomesGetWithoutContentAndAuthorization()
    {
        var exchange = new FakeExchange(FakeExchange.Redirect(HttpStatusCode.SeeOther, "/next"), new HttpResponseMessage());
        using var request = new HttpRequestMessage(HttpMethod.Post, s_origin) { Content = new StringContent("x") };
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", "secret");
        request.Headers.TransferEncodingChunked = true;
        using var response = await exchange.SendAsync(request);
        Assert.Equal([("POST http://petstore/dir/first?q=1", null, "x"), ("GET http://petstore/next", null, null)], exchange.Seen);
        Assert.Same(request, response.RequestMessage);
        Assert.Equal(HttpMethod.Get, request.Method);
        Assert.Null(request.Headers.Authorization);
        Assert.False(request.Headers.TransferEncodingChunked);
    }

    [Fact]
    public async Task Limit_ReturnsTheLastRedirect()
    {
        var redirects = Enumerable.Range(0, 10).Select(i => FakeExchange.Redirect(HttpStatusCode.Found, $"/{i}")).ToArray();
        var exchange = new FakeExchange(redirects) { Settings = { MaxAutomaticRedirections = 3 } };
        using var request = new HttpRequestMessage(HttpMethod.Get, s_origin);
        Assert.Same(redirects[3], await exchange.SendAsync(request));
        Assert.Equal(4, exchange.Seen.Count);
        // Those that were followed are done with, and say so to their streams.
        Assert.Throws<ObjectDisposedException>(() => redirects[2].Content = null);
    }

    [Fact]
    public async Task CancellationBetweenTwo_Ends()
    {
        using var cancellation = new CancellationTokenSource();
        var exchange = new FakeExchange(FakeExchange.Redirect(HttpStatusCode.Found, "/next"));
        using var request = new HttpRequestMessage(HttpMethod.Get, s_origin) { Content = new CancellingContent(cancellation) };
        var error = await Assert.ThrowsAnyAsync<OperationCanceledException>(async () =>
            await exchange.SendAsync(request, true, cancellation.Token));
        Assert.Equal(cancellation.Token, error.CancellationToken);
    }
}
