using System.Net;
using System.Net.Http.Headers;
using System.Text;
using SocketRest.Http;

namespace SocketRest.AspNetCore.Tests.Http;

/// <summary>
/// The same conversations through a <see cref="SocketsHttpHandler"/> and through the policies: requests and results must be the same.
/// </summary>
public sealed class PolicyComparisonTests(RecordingServer server) : IClassFixture<RecordingServer>
{
    private static readonly int[] s_statuses = [300, 301, 302, 303, 304, 305, 306, 307, 308];
    private static readonly string[] s_methods = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "post"];

    private static readonly string[] s_locations =
    [
        "/next", "next", "../next", "?q=1", "#part", "/next#part", "", ".", "/a%20b%2Fc", "/\u00e4 b", "/next?x=%zz", "http://",
        "http:next", ":", "/%", "\\next", "/a/./b/../c",
    ];

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Redirects_RewriteTheSame(bool async)
    {
        foreach (var status in s_statuses)
        {
            foreach (var method in s_methods)
                await CompareAsync(async, new(), () => [Redirect(status, "/next", method)]);
        }
    }

    [Fact]
    public async Task Locations_LeadToTheSame()
    {
        string[] absolute = [server.Address, server.Address + "/next", server.Address.ToUpperInvariant() + "/next#"];
        foreach (var location in s_locations.Concat(absolute))
            await CompareAsync(true, new(), () => [Redirect(302, location, "GET"), Redirect(302, location, "GET", "#fragment")]);
    }

    [Fact]
    public async Task NoLocation_IsReturned() => await CompareAsync(true, new(), () =>
        [new(HttpMethod.Get, $"{server.Address}/a?status=302")]);

    [Fact]
    public async Task FromHttpToHttps_IsReturnedAlthoughSocketsHttpHandlerFollows()
    {
        using var client = new HttpMessageInvoker(new PolicyHandler(new HandlerSettings()));
        using var response = await client.SendAsync(Redirect(302, server.Address.Replace("http:", "https:") + "/next", "GET"), default);
        Assert.Equal(HttpStatusCode.Found, response.StatusCode);
        server.TakeSeen();
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(5)]
    public async Task EndlessRedirects_StopAtTheSame(int limit) =>
        await CompareAsync(true, new() { MaxAutomaticRedirections = limit }, () =>
            [Redirect(307, "?status=307&location=%3Fstatus%3D303%26location%3D", "POST")]);

    [Fact]
    public async Task SwitchedOff_NothingIsFollowed() =>
        await CompareAsync(true, new() { AllowAutoRedirect = false }, () => [Redirect(302, "/next", "POST")]);

    [Theory]
    [InlineData(301)]
    [InlineData(307)]
    public async Task ContentThatCannotBeSentAgain_FailsTheSame(int status)
    {
        await CompareAsync(true, new(), () =>
        {
            var request = Redirect(status, "/next", "POST");
            request.Content = new StreamContent(new OneWayStream(Encoding.UTF8.GetBytes("once")));
            return [request];
        });
    }

    [Fact]
    public async Task ChunkedContent_IsSentAgainOrDroppedTheSame()
    {
        await CompareAsync(true, new(), () =>
        {
            HttpRequestMessage[] requests = [Redirect(302, "/next", "POST"), Redirect(307, "/next", "POST"), Redirect(303, "/next", "PUT")];
            foreach (var request in requests)
                request.Headers.TransferEncodingChunked = true;
            return requests;
        });
    }

    [Theory]
    [InlineData(true, "a=1")]
    [InlineData(false, "a=1")]
    [InlineData(true, "a=1", "b=2", "c=3; Path=/other", "d=4; Path=/dir")]
    [InlineData(true, "a=1; Max-Age=0", "b=2; Expires=Thu, 01 Jan 1970 00:00:00 GMT", "c=3; Expires=Fri, 01 Jan 2100 00:00:00 GMT",
        "d=4; Max-Age=1000")]
    [InlineData(true, "a=1; Secure", "b=2; HttpOnly", "c=3; Domain=example.com", "d=4; Domain=127.0.0.1", "e=5; SameSite=Strict")]
    [InlineData(true, "", "=", ";", "=x", "a", "b==", "c=\"q; r\"", "d=1, e=2", "f=\"", "g=a b", " h = 1 ", "$i=1", "j=1; Path",
        "k=1; Port=\"x\"", "good=1")]
    public async Task Cookies_AreStoredAndSentTheSame(bool async, params string[] set)
    {
        var query = string.Join('&', set.Select(cookie => "set=" + Uri.EscapeDataString(cookie)));
        await CompareAsync(async, new(), () =>
        {
            HttpRequestMessage[] requests =
            [
                new(HttpMethod.Get, $"{server.Address}/dir/a?{query}"),
                new(HttpMethod.Get, $"{server.Address}/dir/b"),
                new(HttpMethod.Get, $"{server.Address}/"),
                new(HttpMethod.Get, $"{server.Address}/other/x"),
                new(HttpMethod.Post, $"{server.Address}/dir/c") { Content = new StringContent("x") },
            ];
            requests[3].Headers.Add("Cookie", "own=1; more=2");
            requests[4].Headers.Add("Cookie", "own=1");
            return requests;
        });
    }

    [Fact]
    public async Task CookieOfARedirect_ReachesTheNextRequest() =>
        await CompareAsync(true, new(), () =>
            [Redirect(302, "/next", "GET", "&set=a%3D1&set=b%3D2"), new(HttpMethod.Get, $"{server.Address}/later")]);

    [Fact]
    public async Task Cookies_SwitchedOff() =>
        await CompareAsync(true, new() { UseCookies = false }, () =>
            [new(HttpMethod.Get, $"{server.Address}/?set=a%3D1"), new(HttpMethod.Get, server.Address)]);

    [Theory]
    [InlineData(DecompressionMethods.All, true)]
    [InlineData(DecompressionMethods.All, false)]
    [InlineData(DecompressionMethods.GZip, true)]
    [InlineData(DecompressionMethods.Deflate | DecompressionMethods.Brotli, true)]
    [InlineData(DecompressionMethods.None, true)]
    public async Task Codings_AreUndoneTheSame(DecompressionMethods methods, bool async)
    {
        await CompareAsync(async, new() { AutomaticDecompression = methods }, () =>
        {
            string[] codings = ["gzip", "deflate", "br", "GZIP", "gzip, br", "br, deflate", "identity", "x-gzip", "gzip, identity"];
            var requests = codings.SelectMany(c => new[] { Coded(HttpMethod.Get, c), Coded(HttpMethod.Head, c) }).ToArray();
            requests[0].Headers.AcceptEncoding.ParseAdd("gzip");
            requests[2].Headers.AcceptEncoding.ParseAdd("identity");
            return [.. requests, new(HttpMethod.Get, server.Address)];
        });
    }

    private HttpRequestMessage Coded(HttpMethod method, string coding) =>
        new(method, $"{server.Address}/?coding={Uri.EscapeDataString(coding)}");

    private HttpRequestMessage Redirect(int status, string location, string method, string rest = "")
    {
        var request = new HttpRequestMessage(
            new HttpMethod(method), $"{server.Address}/dir/first?status={status}&location={Uri.EscapeDataString(location)}{rest}");
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", "secret");
        request.Headers.Add("X-Kept", "1");
        if (method is not ("GET" or "HEAD"))
            request.Content = new StringContent("content of " + method);
        return request;
    }

    private async Task CompareAsync(bool async, HandlerSettings settings, Func<HttpRequestMessage[]> requests)
    {
        using var theirs = new HttpMessageInvoker(new SocketsHttpHandler
        {
            AllowAutoRedirect = settings.AllowAutoRedirect,
            MaxAutomaticRedirections = settings.MaxAutomaticRedirections,
            UseCookies = settings.UseCookies,
            AutomaticDecompression = settings.AutomaticDecompression,
        });
        using var ours = new HttpMessageInvoker(new PolicyHandler(settings));

        server.TakeSeen();
        var expected = await TalkAsync(theirs, requests(), async);
        Assert.Equal(expected, await TalkAsync(ours, requests(), async));
    }

    private async Task<string> TalkAsync(HttpMessageInvoker invoker, HttpRequestMessage[] requests, bool async)
    {
        var talk = new StringBuilder();
        foreach (var request in requests)
        {
            string result;
            try
            {
                using var response = async ? await invoker.SendAsync(request, default) : invoker.Send(request, default);
                Assert.Same(request, response.RequestMessage);
                var stream = async ? await response.Content.ReadAsStreamAsync() : response.Content.ReadAsStream();
                var body = new MemoryStream();
                if (async)
                    await stream.CopyToAsync(body);
                else
                    stream.CopyTo(body);
                var headers = string.Join(", ", response.Content.Headers.Select(h => $"{h.Key}={string.Join('|', h.Value)}").Order());
                result = $"{(int)response.StatusCode} [{headers}] {Convert.ToHexString(body.ToArray())}";
            }
            catch (Exception error) when (error is not Xunit.Sdk.XunitException)
            {
                result = error.GetType().Name;
            }

            var sent = string.Join(", ", request.Headers.Select(h => $"{h.Key}={string.Join('|', h.Value)}"));
            talk.AppendLine(result);
            talk.AppendLine(null, $"{request.Method} {request.RequestUri!.AbsoluteUri} [{sent}] {request.Content is null}");
            foreach (var seen in server.TakeSeen())
                talk.AppendLine("  " + seen);
        }

        return talk.ToString();
    }
}
