using System.Net;
using System.Text;

namespace SocketRest.Tests.Http;

public sealed class CookiePolicyTests
{
    private static readonly Uri s_uri = new("http://petstore/dir/a");

    [Fact]
    public async Task CookieThatWasSet_IsSentWhereItBelongs()
    {
        var exchange = new FakeExchange(FakeExchange.SetCookies("a=1; Path=/", "b=2; Path=/other", "c=3; Secure"), new(), new());
        await GetAsync(exchange, s_uri);
        await GetAsync(exchange, s_uri);
        await GetAsync(exchange, new Uri("http://elsewhere/"));
        Assert.Equal([null, "a=1", null], exchange.Seen.Select(seen => seen.Cookies));
    }

    [Fact]
    public async Task CallersOwnCookie_StaysAsItIs()
    {
        var exchange = new FakeExchange(new HttpResponseMessage());
        exchange.Settings.CookieContainer.Add(s_uri, new Cookie("a", "1"));
        using var request = new HttpRequestMessage(HttpMethod.Get, s_uri);
        request.Headers.Add("Cookie", "own=1");
        await exchange.SendAsync(request);
        Assert.Equal("a=1", Assert.Single(exchange.Seen).Cookies);
        // Else a policy that sends the request again would send the container's cookies twice.
        Assert.Equal(["own=1"], request.Headers.GetValues("Cookie"));
    }

    [Fact]
    public async Task CookieOfARedirect_IsSentWithTheNextRequest()
    {
        var redirect = FakeExchange.Redirect(HttpStatusCode.Found, "/next");
        redirect.Headers.Add("Set-Cookie", "a=1; Path=/");
        var exchange = new FakeExchange(redirect, new());
        await GetAsync(exchange, s_uri);
        Assert.Equal([null, "a=1"], exchange.Seen.Select(seen => seen.Cookies));
    }

    [Fact]
    public async Task SwitchedOff_NothingIsSentOrStored()
    {
        var exchange = new FakeExchange(FakeExchange.SetCookies("b=2"), new());
        exchange.Settings.UseCookies = false;
        exchange.Settings.CookieContainer.Add(s_uri, new Cookie("a", "1"));
        await GetAsync(exchange, s_uri);
        await GetAsync(exchange, s_uri);
        Assert.All(exchange.Seen, seen => Assert.Null(seen.Cookies));
        Assert.Equal(1, exchange.Settings.CookieContainer.Count);
    }

    [Fact]
    public async Task MalformedCookies_AreIgnored()
    {
        string[] pieces =
        [
            "a", "=", ";", ",", " ", "\"", "$", "Path", "Domain", "Expires", "Max-Age", "Port", "Version", "Secure", "petstore", "/",
            "99999999999", "-1", "Thu, 01 Jan 1970", ".", "\u00e4", "\t", "{", "\\",
        ];
        var random = new Random(6265);
        for (var round = 0; round < 5000; round++)
        {
            var cookie = new StringBuilder();
            for (var left = random.Next(12); left > 0; left--)
                cookie.Append(pieces[random.Next(pieces.Length)]);
            var exchange = new FakeExchange(FakeExchange.SetCookies(cookie.ToString(), "good=1"));
            await GetAsync(exchange, s_uri);
            Assert.Contains("good=1", exchange.Settings.CookieContainer.GetCookieHeader(s_uri), StringComparison.Ordinal);
        }
    }

    private static async Task GetAsync(FakeExchange exchange, Uri uri)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, uri);
        using var response = await exchange.SendAsync(request, async: false);
    }
}
