using System.Net;
using System.Text.RegularExpressions;
using System.Web;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using SocketRest.Cli.Hub;
using SocketRest.Cli.Hub.SignIn;
using SocketRest.Cli.Keys;
using SocketRest.Cli.Tests.Management;

namespace SocketRest.Cli.Tests.Hub;

/// <summary>Browsers that open agents' pages on a hub with keys, request by request.</summary>
public sealed partial class VisitorTests : IAsyncLifetime, IDisposable
{
    private const string Name = "hub.example.com";
    private const string ShopHost = "shop.hub.example.com";
    private const string Session = "/_socketrest/session";

    private readonly TemporaryFolder _folder = new();
    private readonly MovedTime _time = new();
    private readonly LogWatch _log = new();
    private RunningHub _hub = null!;
    private HttpClient _http = null!;
    private SocketRestClient _shop = null!;
    private SocketRestClient _till = null!;
    private string _operator = "";
    private string _caller = "";

    private string KeyPath => _folder.File("hub.keys");

    public async Task InitializeAsync()
    {
        string agent = await RunningHub.AddKeyAsync(KeyPath, KeyKind.Agent, "*");
        _operator = await RunningHub.AddKeyAsync(KeyPath, KeyKind.Operator);
        _caller = await RunningHub.AddKeyAsync(KeyPath, KeyKind.Caller, "shop");
        _hub = await RunningHub.StartAsync(new HubOptions { KeysFile = KeyPath, PublicHosts = [Name] }, builder =>
        {
            builder.Services.AddSingleton<TimeProvider>(_time);
            builder.Logging.AddProvider(_log);
        });
        _http = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false }) { BaseAddress = _hub.Address, Timeout = Patience.Limit };
        _shop = await _hub.ConnectAsync("shop", agent, Echo("shop"));
        _till = await _hub.ConnectAsync("till", agent, Echo("till"));
    }

    public async Task DisposeAsync()
    {
        await _shop.DisposeAsync();
        await _till.DisposeAsync();
        _http.Dispose();
        await _hub.DisposeAsync();
    }

    public void Dispose()
    {
        _log.Dispose();
        _folder.Dispose();
    }

    [Theory]
    [InlineData("shop.hub.example.com", "/a?b=c%2Fd", "//hub.example.com/_hub/sign-in?agent=shop&to=%2Fa%3Fb%3Dc%252Fd")]
    [InlineData("shop.hub.example.com:8080", "/", "//hub.example.com:8080/_hub/sign-in?agent=shop&to=%2F")]
    [InlineData("10.0.0.7:8080", "/agents/shop/a?b", "//10.0.0.7:8080/_hub/sign-in?agent=shop&to=%2Fagents%2Fshop%2Fa%3Fb")]
    [InlineData("hub.example.com:8080", "/agents/shop/a?b", "//shop.hub.example.com:8080/a?b")]
    [InlineData("hub.example.com", "/agents/nobody/", "//nobody.hub.example.com/")]
    [InlineData("10.0.0.7", "/agents/nobody", "//10.0.0.7/_hub/sign-in?agent=nobody&to=%2Fagents%2Fnobody%2F")]
    public async Task Page_without_a_key_leads_to_where_one_is_shown(string host, string path, string expected)
    {
        using HttpResponseMessage response = await OpenAsync(host, path);

        Assert.Equal(HttpStatusCode.Redirect, response.StatusCode);
        Assert.Equal(expected, response.Headers.Location!.OriginalString.Split("&by=")[0]);
        Assert.Equal(host.StartsWith("shop.", StringComparison.Ordinal), response.Headers.Location!.OriginalString.Contains("&by=", StringComparison.Ordinal));
    }

    [Fact]
    public async Task What_is_no_page_in_a_window_gets_the_reason_as_before()
    {
        (string, string) html = ("Accept", "text/html,*/*;q=0.8");
        Assert.Equal(HttpStatusCode.Unauthorized, (await SendAsync("GET", ShopHost, "/")).StatusCode);
        Assert.Equal(HttpStatusCode.Unauthorized, (await SendAsync("POST", ShopHost, "/", html)).StatusCode);
        Assert.Equal(HttpStatusCode.Unauthorized, (await SendAsync("GET", ShopHost, "/", html, ("Sec-Fetch-Dest", "iframe"))).StatusCode);
        Assert.Equal(HttpStatusCode.Unauthorized, (await SendAsync("GET", ShopHost, "/", html, ("SocketRest-Key", "sr-caller.22222222.x"))).StatusCode);
        Assert.Equal(HttpStatusCode.Unauthorized, (await SendAsync("GET", Name, "/_hub/api/agents", html)).StatusCode);
    }

    [Theory]
    [InlineData(ShopHost, "/page?x=1&y=%22")]
    [InlineData("10.0.0.7:8080", "/agents/shop/page?x=1&y=%22")]
    public async Task Key_that_is_shown_opens_the_page_that_was_wanted(string host, string path)
    {
        string cookie = await SignInAsync(host, path, _caller);

        using HttpResponseMessage page = await OpenAsync(host, path, ("Cookie", cookie), ("Sec-Fetch-Site", "same-origin"));

        Assert.Equal("shop: GET /page?x=1&y=%22 cookie= key= auth=", await page.Content.ReadAsStringAsync());
    }

    [Theory]
    [InlineData("http://shop.hub.example.com", false, "socketrest-visitor")]
    [InlineData("https://shop.hub.example.com", true, "__Host-socketrest-visitor")]
    [InlineData("http://10.0.0.7", false, "socketrest-visitor")]
    [InlineData("https://10.0.0.7", true, "__Secure-socketrest-visitor")]
    public async Task Cookie_is_for_this_browser_and_this_agent_alone(string origin, bool secure, string name)
    {
        string host = new Uri(origin).Host;
        string field = await SignInAsync(host, host == ShopHost ? "/" : "/agents/shop/", _caller, secure ? "https" : "http", whole: true);

        Assert.StartsWith(name + "=", field, StringComparison.Ordinal);
        Assert.Contains(host == ShopHost ? "; Path=/;" : "; Path=/agents/shop;", field, StringComparison.Ordinal);
        Assert.Contains("; HttpOnly; SameSite=Lax", field, StringComparison.Ordinal);
        Assert.Equal(secure, field.EndsWith("; Secure", StringComparison.Ordinal));
        Assert.DoesNotContain("Domain", field, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain(_caller.Split('.')[2], field, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("a=1; {0}; b=\"2 3\";c", "a=1; b=\"2 3\";c")]
    [InlineData("{0}", "")]
    [InlineData("{0}; a=1", "a=1")]
    [InlineData("a=1;{0}", "a=1")]
    [InlineData("socketrest-visitor=mine; x-socketrest-visitor=2; {0}", "x-socketrest-visitor=2")]
    [InlineData("a=socketrest-visitor; {0}", "a=socketrest-visitor")]
    public async Task Agent_sees_all_cookies_but_the_hubs(string cookies, string seen)
    {
        string cookie = await SignInAsync(ShopHost, "/", _caller);

        using HttpResponseMessage page = await SendAsync("GET", ShopHost, "/p", ("Cookie", string.Format(null, cookies, cookie)), ("Sec-Fetch-Site", "same-origin"));

        Assert.Equal($"shop: GET /p cookie={seen} key= auth=", await page.Content.ReadAsStringAsync());
    }

    [Fact]
    public async Task Cookie_is_hidden_also_where_it_is_good_for_nothing()
    {
        string cookie = await SignInAsync(ShopHost, "/", _caller);

        using HttpResponseMessage page = await SendAsync("GET", "till.hub.example.com", "/p", ("Cookie", cookie + "; a=b"), ("SocketRest-Key", _operator));
        using HttpResponseMessage own = await SendAsync("GET", ShopHost, "/p", ("Cookie", cookie), ("Sec-Fetch-Site", "same-origin"), ("Authorization", "Bearer agents-own"));

        Assert.Equal("till: GET /p cookie=a=b key= auth=", await page.Content.ReadAsStringAsync());
        Assert.Equal("shop: GET /p cookie= key= auth=Bearer agents-own", await own.Content.ReadAsStringAsync());
    }

    [Theory]
    [InlineData("{0}; __Host-socketrest-visitor=other", false)]
    [InlineData("__Host-socketrest-visitor=other; {0}", false)]
    [InlineData("__Secure-socketrest-visitor=other; {0}", true)]
    public async Task Cookie_that_no_neighbour_can_set_counts_alone_where_there_is_one(string cookies, bool counts)
    {
        string cookie = await SignInAsync(ShopHost, "/", _caller);

        Assert.Equal(counts ? HttpStatusCode.OK : HttpStatusCode.Unauthorized, await AskAsync(string.Format(null, cookies, cookie)));
    }

    [Theory]
    [InlineData("http", "/", "socketrest-visitor=a; b=c; __Secure-socketrest-visitor=d", "a")]
    [InlineData("http", "/", "__Host-socketrest-visitor=e; b=c; socketrest-visitor=a", "e")]
    [InlineData("https", "/", "__Host-socketrest-visitor=e; b=c; socketrest-visitor=a", "e")]
    [InlineData("https", "/", "socketrest-visitor=a; b=c; __Secure-socketrest-visitor=d", "")]
    [InlineData("https", "/agents/shop", "socketrest-visitor=a; b=c; __Secure-socketrest-visitor=d", "d")]
    [InlineData("https", "/agents/shop", "socketrest-visitor=a; b=c; __Host-socketrest-visitor=e", "")]
    public void Cookie_counts_by_the_name_that_it_is_given_there(string scheme, string path, string cookies, string counts)
    {
        var context = new DefaultHttpContext { Request = { Scheme = scheme, Headers = { Cookie = cookies } } };

        Assert.Equal(counts, string.Join(',', VisitorCookie.Take(context.Request, path)));
        Assert.Equal("b=c", context.Request.Headers.Cookie.ToString().Trim());
    }

    [Fact]
    public async Task Agent_cannot_set_the_hubs_cookies()
    {
        using HttpResponseMessage response = await SendAsync("GET", "10.0.0.7", "/agents/shop/cookies", ("SocketRest-Key", _caller));

        Assert.Equal(["a=socketrest-visitor", "socketrest-visitors=1"], response.Headers.GetValues("Set-Cookie"));
    }

    [Theory]
    [InlineData("GET", "same-origin", null, null, true)]
    [InlineData("POST", "same-origin", "http://shop.hub.example.com", null, true)]
    [InlineData("GET", "none", null, null, true)]
    [InlineData("GET", null, "http://shop.hub.example.com", null, true)]
    [InlineData("GET", null, "https://shop.hub.example.com", null, true)]
    [InlineData("GET", null, null, "http://shop.hub.example.com/page", true)]
    [InlineData("GET", null, null, null, false)]
    [InlineData("POST", null, null, null, false)]
    [InlineData("GET", "same-site", null, "http://shop.hub.example.com/page", false)]
    [InlineData("GET", "cross-site", null, null, false)]
    [InlineData("POST", "same-origin", "http://till.hub.example.com", null, false)]
    [InlineData("GET", null, "http://till.hub.example.com", "http://shop.hub.example.com/page", false)]
    [InlineData("GET", null, "http://shop.hub.example.com:81", null, false)]
    [InlineData("GET", null, "null", null, false)]
    [InlineData("GET", null, "shop.hub.example.com", null, false)]
    [InlineData("GET", null, null, "http://till.hub.example.com/", false)]
    [InlineData("GET", null, null, "http://shop.hub.example.com.evil.example/", false)]
    [InlineData("GET", null, null, "http://shop.hub.example.com@evil.example/", false)]
    public async Task Cookie_counts_for_the_agents_own_pages_and_the_person_alone(string method, string? site, string? origin, string? referer, bool counts)
    {
        string cookie = await SignInAsync(ShopHost, "/", _caller);
        List<(string, string)> fields = [("Cookie", cookie)];
        fields.AddRange(new (string Name, string? Value)[] { ("Sec-Fetch-Site", site), ("Origin", origin), ("Referer", referer) }
            .Where(field => field.Value is not null).Select(field => (field.Name, field.Value!)));

        using HttpResponseMessage response = await SendAsync(method, ShopHost, "/relay", [.. fields]);

        Assert.Equal(counts ? HttpStatusCode.OK : HttpStatusCode.Unauthorized, response.StatusCode);
    }

    [Theory]
    [InlineData("cross-site")]
    [InlineData("same-site")]
    [InlineData(null)]
    public async Task Link_from_elsewhere_asks_before_anything_is_asked_of_the_agent(string? site)
    {
        string cookie = await SignInAsync(ShopHost, "/", _caller);
        List<(string, string)> fields = [("Cookie", cookie)];
        if (site is not null)
            fields.Add(("Sec-Fetch-Site", site));

        using HttpResponseMessage response = await OpenAsync(ShopHost, "/relay?on=1&x=<b>", [.. fields]);

        Assert.Equal(HttpStatusCode.Forbidden, response.StatusCode);
        string html = await response.Content.ReadAsStringAsync();
        Assert.Contains("""href="/relay?on=1&amp;x=""", html, StringComparison.Ordinal);
        Assert.DoesNotContain("<b>", html, StringComparison.Ordinal);
        Assert.Contains("frame-ancestors 'none'", response.Headers.GetValues("Content-Security-Policy").Single(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/agents/shop/a?b=c&d=e", "none")]
    [InlineData("/agents/shop/a?b=c&d=e", "cross-site")]
    [InlineData("/agents/shop/a?b=c&d=e", null)]
    [InlineData("/agents/shop/_socketrest/session?to=%2Fagents%2Fshop%2Fa%3Fb%3Dc%26d%3De", "same-origin")]
    public async Task Page_that_shares_the_hubs_origin_is_opened_by_who_knows_what_it_cannot_do(string path, string? site)
    {
        string cookie = await SignInAsync("10.0.0.7", "/agents/shop/", _caller);
        List<(string, string)> fields = [("Cookie", cookie)];
        if (site is not null)
            fields.Add(("Sec-Fetch-Site", site));

        using HttpResponseMessage response = await OpenAsync("10.0.0.7", path, [.. fields]);

        Assert.Equal(path.Contains("session", StringComparison.Ordinal) ? HttpStatusCode.OK : HttpStatusCode.Forbidden, response.StatusCode);
        string html = await response.Content.ReadAsStringAsync();
        Assert.Contains("""<a class="button" href="/agents/shop/a?b=c&amp;d=e">""", html, StringComparison.Ordinal);
        Assert.Contains("""<a href="//shop.hub.example.com/a?b=c&amp;d=e">""", html, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("//evil.example/")]
    [InlineData("/agents/till/")]
    [InlineData("/agents/shop/../till/")]
    public async Task Page_that_opens_one_alone_leads_to_no_other_agent(string target)
    {
        string cookie = await SignInAsync("10.0.0.7", "/agents/shop/", _caller);

        using HttpResponseMessage response = await SendAsync("GET", "10.0.0.7", $"/agents/shop{Session}?to={Uri.EscapeDataString(target)}", ("Cookie", cookie));

        Assert.Contains("""<a class="button" href="/agents/shop/">""", await response.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Cookie_reaches_no_other_agent_and_nothing_of_the_hub()
    {
        string cookie = await SignInAsync("10.0.0.7", "/agents/shop/", _operator);
        (string, string)[] fields = [("Cookie", cookie), ("Sec-Fetch-Site", "same-origin")];

        Assert.Equal(HttpStatusCode.OK, (await SendAsync("GET", "10.0.0.7", "/agents/shop/", fields)).StatusCode);
        Assert.Equal(HttpStatusCode.Unauthorized, (await SendAsync("GET", "10.0.0.7", "/agents/till/", fields)).StatusCode);
        Assert.Equal(HttpStatusCode.Unauthorized, (await SendAsync("GET", "10.0.0.7", "/_hub/api/agents", fields)).StatusCode);
        Assert.Equal(HttpStatusCode.Unauthorized, (await SendAsync("GET", "10.0.0.7", "/metrics", fields)).StatusCode);
        Assert.Equal(HttpStatusCode.Unauthorized, (await SendAsync("GET", "10.0.0.7", "/tunnel", fields)).StatusCode);
        Assert.Equal(HttpStatusCode.Unauthorized, (await SendAsync("GET", "till.hub.example.com", "/", fields)).StatusCode);
    }

    [Theory]
    [InlineData("")]
    [InlineData("wrong")]
    [InlineData("sr-caller.22222222.x")]
    [InlineData("till")]
    public async Task Key_that_does_not_fit_signs_nobody_in(string key)
    {
        using HttpResponseMessage response = await ShowAsync(Name, "shop", "/", key == "till" ? await RunningHub.AddKeyAsync(KeyPath, KeyKind.Caller, "till") : key);

        Assert.InRange((int)response.StatusCode, 401, 403);
        Assert.Contains("role=\"alert\"", await response.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        Assert.False(response.Headers.Contains("Set-Cookie"));
    }

    [Theory]
    [InlineData("http://shop.hub.example.com")]
    [InlineData("http://evil.example")]
    [InlineData("null")]
    [InlineData(null)]
    public async Task Page_of_an_agent_signs_nobody_in(string? origin)
    {
        using HttpResponseMessage response = await ShowAsync(Name, "shop", "/", _caller, origin);

        Assert.Equal(HttpStatusCode.Forbidden, response.StatusCode);
    }

    [Theory]
    [InlineData("//evil.example/")]
    [InlineData("/\\evil.example/")]
    [InlineData("https://evil.example/")]
    [InlineData("/agents/till/")]
    [InlineData("/agents/shopping/")]
    [InlineData("/agents/shop/../../_hub/")]
    [InlineData("/agents/shop/%2E%2e/till/")]
    [InlineData("/agents/shop/.%2e")]
    [InlineData("/agents/shop/a b")]
    [InlineData("")]
    public async Task Target_that_is_no_page_of_the_agent_is_none(string target)
    {
        using HttpResponseMessage response = await ShowAsync("10.0.0.7", "shop", target, _caller);

        Assert.Equal(HttpStatusCode.SeeOther, response.StatusCode);
        Assert.Equal($"/agents/shop{Session}?to=%2Fagents%2Fshop%2F", response.Headers.Location!.OriginalString);
    }

    [Theory]
    [InlineData("evil.example/")]
    [InlineData("a.b")]
    [InlineData("")]
    public async Task Sign_in_is_for_an_agent(string agent)
    {
        using HttpResponseMessage response = await SendAsync("GET", Name, $"/_hub/sign-in?agent={Uri.EscapeDataString(agent)}&to=/");

        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
    }

    [Fact]
    public async Task Key_is_shown_under_the_hubs_name_alone()
    {
        using HttpResponseMessage agents = await SendAsync("GET", ShopHost, "/_hub/sign-in?agent=shop&to=/", ("SocketRest-Key", _caller));

        Assert.StartsWith("shop: GET /_hub/sign-in", await agents.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Session_is_handed_over_once_and_soon_to_the_browser_that_was_sent_to_sign_in()
    {
        (string by, string came) = await ComeAsync();
        string code = await CodeAsync(by);
        string second = await CodeAsync(by);

        Assert.False(await IsHandedOverAsync("till.hub.example.com", second, came));
        Assert.True(await IsHandedOverAsync(ShopHost, code, came));
        Assert.False(await IsHandedOverAsync(ShopHost, code, came));

        string third = await CodeAsync(by);
        _time.Move(TimeSpan.FromMinutes(1));
        Assert.False(await IsHandedOverAsync(ShopHost, third, came));
    }

    [Fact]
    public async Task Session_that_another_browser_began_is_taken_over_at_the_persons_word_alone()
    {
        (string by, string came) = await ComeAsync();
        (_, string other) = await ComeAsync();
        string code = await CodeAsync(by);
        string unknown = await CodeAsync(by: null);

        Assert.False(await IsHandedOverAsync(ShopHost, code, other));
        Assert.False(await IsHandedOverAsync(ShopHost, code, "a=b"));
        Assert.False(await IsHandedOverAsync(ShopHost, code, $"{came}; __Host-socketrest-visitor-came=other"));
        Assert.False(await IsHandedOverAsync(ShopHost, unknown, came));
        Assert.Equal(HttpStatusCode.Forbidden, (await SendAsync("POST", ShopHost, $"{Session}?code={unknown}", ("Origin", "http://till.hub.example.com"))).StatusCode);
        using HttpResponseMessage asked = await SendAsync("GET", ShopHost, $"{Session}?code={unknown}");
        Assert.Contains($"action=\"{Session}?code={unknown}\"", await asked.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        using HttpResponseMessage taken = await SendAsync("POST", ShopHost, $"{Session}?code={unknown}", ("Origin", $"http://{ShopHost}"));
        Assert.Equal(HttpStatusCode.OK, await AskAsync(taken.Headers.GetValues("Set-Cookie").Single().Split(';')[0]));
    }

    [Fact]
    public async Task Session_that_another_browser_began_takes_no_other_ones_place()
    {
        string cookie = await SignInAsync(ShopHost, "/", _caller);
        string code = await CodeAsync(by: null);

        using HttpResponseMessage response = await SendAsync("GET", ShopHost, $"{Session}?code={code}", ("Cookie", cookie));

        Assert.Equal(HttpStatusCode.Forbidden, response.StatusCode);
        Assert.False(response.Headers.Contains("Set-Cookie"));
    }

    [Fact]
    public async Task Session_ends_after_its_time()
    {
        string cookie = await SignInAsync(ShopHost, "/", _caller);
        _time.Move(TimeSpan.FromHours(12) - TimeSpan.FromMinutes(1));
        Assert.Equal(HttpStatusCode.OK, await AskAsync(cookie));

        _time.Move(TimeSpan.FromMinutes(1));

        Assert.Equal(HttpStatusCode.Unauthorized, await AskAsync(cookie));
    }

    [Fact]
    public async Task Session_ends_with_its_key()
    {
        string cookie = await SignInAsync(ShopHost, "/", _caller);
        string other = await SignInAsync(ShopHost, "/", _operator);

        await CommandRun.RunAsync("keys", "revoke", _caller.Split('.')[1], "--keys", KeyPath);
        await _log.SaidAsync("2 keys are in force").InTime();

        Assert.Equal(HttpStatusCode.Unauthorized, await AskAsync(cookie));
        Assert.Equal(HttpStatusCode.OK, await AskAsync(other));
        using HttpResponseMessage page = await OpenAsync(ShopHost, "/", ("Cookie", cookie), ("Sec-Fetch-Site", "none"));
        Assert.Equal(HttpStatusCode.Redirect, page.StatusCode);
    }

    [Fact]
    public async Task Session_ends_when_the_person_signs_out_and_at_no_other_pages_word()
    {
        string cookie = await SignInAsync(ShopHost, "/", _caller);
        Assert.Contains("Sign out", await (await SendAsync("GET", ShopHost, Session, ("Cookie", cookie))).Content.ReadAsStringAsync(), StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.Forbidden, (await SendAsync("POST", ShopHost, Session, ("Cookie", cookie), ("Origin", "http://till.hub.example.com"))).StatusCode);
        Assert.Equal(HttpStatusCode.OK, await AskAsync(cookie));

        using HttpResponseMessage response = await SendAsync("POST", ShopHost, Session, ("Cookie", cookie), ("Origin", $"http://{ShopHost}"));

        Assert.Contains(response.Headers.GetValues("Set-Cookie"), field => field.StartsWith("socketrest-visitor=; Path=/; Max-Age=0", StringComparison.Ordinal));
        Assert.Equal(HttpStatusCode.Unauthorized, await AskAsync(cookie));
    }

    [Fact]
    public async Task What_runs_ends_with_the_session()
    {
        string cookie = await SignInAsync(ShopHost, "/", _caller);
        string other = await SignInAsync(ShopHost, "/", _caller);
        using HttpResponseMessage ends = await StreamAsync(cookie);
        using HttpResponseMessage stays = await StreamAsync(other);
        Task<string> reading = stays.Content.ReadAsStringAsync();

        using HttpResponseMessage response = await SendAsync("POST", ShopHost, Session, ("Cookie", cookie), ("Origin", $"http://{ShopHost}"));

        await Assert.ThrowsAnyAsync<Exception>(() => ends.Content.ReadAsStringAsync()).InTime();
        Assert.False(reading.IsCompleted);
    }

    [Fact]
    public async Task What_runs_ends_when_the_sessions_time_is_over()
    {
        string cookie = await SignInAsync(ShopHost, "/", _caller);
        _time.Move(TimeSpan.FromHours(11));
        string other = await SignInAsync(ShopHost, "/", _caller);
        using HttpResponseMessage ends = await StreamAsync(cookie);
        using HttpResponseMessage stays = await StreamAsync(other);
        Task<string> reading = stays.Content.ReadAsStringAsync();

        _time.Move(TimeSpan.FromHours(1));

        await Assert.ThrowsAnyAsync<Exception>(() => ends.Content.ReadAsStringAsync()).InTime();
        Assert.False(reading.IsCompleted);
    }

    [Fact]
    public async Task Key_that_is_shown_too_often_ends_its_own_oldest_session_alone()
    {
        string others = await SignInAsync(ShopHost, "/", _operator);
        string oldest = await SignInAsync(ShopHost, "/", _caller);
        string second = await SignInAsync(ShopHost, "/", _caller);
        using HttpResponseMessage ends = await StreamAsync(oldest);
        for (int i = 0; i < 99; i++)
            (await ShowAsync("10.0.0.7", "shop", "", _caller)).Dispose();

        await Assert.ThrowsAnyAsync<Exception>(() => ends.Content.ReadAsStringAsync()).InTime();
        Assert.Equal(HttpStatusCode.Unauthorized, await AskAsync(oldest));
        Assert.Equal(HttpStatusCode.OK, await AskAsync(second));
        Assert.Equal(HttpStatusCode.OK, await AskAsync(others));
    }

    [Fact]
    public async Task Public_hub_passes_everything_on()
    {
        await using RunningHub open = await RunningHub.StartAsync(new HubOptions { KeysFile = KeyPath, Public = true });

        using HttpResponseMessage response = await open.GetAsync("/agents/shop" + Session);

        Assert.Equal(HttpStatusCode.NotFound, response.StatusCode);
    }

    private static Action<SocketRestClientOptions> Echo(string name) => options => options.RequestHandler = (request, _) =>
    {
        string Field(string field) => request.Headers.TryGetValues(field, out IEnumerable<string>? values) ? string.Join(" + ", values) : "";
        var response = new HttpResponseMessage
        {
            Content = request.RequestUri!.AbsolutePath == "/stream" ? new StreamContent(new System.IO.Pipelines.Pipe().Reader.AsStream()) : new StringContent($"{name}: {request.Method} {request.RequestUri.PathAndQuery} cookie={Field("Cookie")} key={Field("SocketRest-Key")} auth={Field("Authorization")}"),
        };
        foreach (string cookie in request.RequestUri.AbsolutePath == "/cookies" ? (string[])["socketrest-visitor=1; Path=/agents/till", "a=socketrest-visitor", "__Host-socketrest-visitor=1", "__Secure-socketrest-visitor =1", "socketrest-visitors=1"] : [])
            response.Headers.TryAddWithoutValidation("Set-Cookie", cookie);
        return Task.FromResult(response);
    };

    private async Task<HttpStatusCode> AskAsync(string cookie) => (await SendAsync("GET", ShopHost, "/", ("Cookie", cookie), ("Sec-Fetch-Site", "same-origin"))).StatusCode;

    private async Task<HttpResponseMessage> StreamAsync(string cookie)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(_hub.Address, "/stream")) { Headers = { Host = ShopHost } };
        request.Headers.Add("Cookie", cookie);
        request.Headers.Add("Sec-Fetch-Site", "same-origin");
        return await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead).InTime();
    }

    /// <summary>Goes to sign in, as a browser, and returns how it is known and with which cookie.</summary>
    private async Task<(string By, string Cookie)> ComeAsync()
    {
        using HttpResponseMessage sent = await OpenAsync(ShopHost, "/");
        return (sent.Headers.Location!.OriginalString.Split("&by=")[1], sent.Headers.GetValues("Set-Cookie").First().Split(';')[0]);
    }

    private async Task<string> CodeAsync(string? by)
    {
        using HttpResponseMessage shown = await ShowAsync(Name, "shop", "/", _caller, by: by);
        return shown.Headers.Location!.OriginalString.Split("code=")[1];
    }

    private async Task<bool> IsHandedOverAsync(string host, string code, string cookie)
    {
        using HttpResponseMessage response = await SendAsync("GET", host, $"{Session}?code={code}", ("Cookie", cookie));
        return response.Headers.Contains("Set-Cookie");
    }

    /// <summary>Opens a page as a person does.</summary>
    private Task<HttpResponseMessage> OpenAsync(string host, string path, params (string, string)[] fields) =>
        SendAsync("GET", host, path, [("Accept", "text/html,application/xhtml+xml,*/*;q=0.8"), .. fields]);

    private async Task<HttpResponseMessage> SendAsync(string method, string host, string path, params (string Name, string Value)[] fields)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), new Uri(_hub.Address, path)) { Headers = { Host = host } };
        foreach ((string name, string value) in fields)
            request.Headers.TryAddWithoutValidation(name, value);
        return await _http.SendAsync(request).InTime();
    }

    private async Task<HttpResponseMessage> ShowAsync(string hub, string agent, string target, string key, string? origin = "own", string? by = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(_hub.Address, $"/_hub/sign-in?agent={agent}&to={Uri.EscapeDataString(target)}{(by is null ? "" : "&by=" + by)}"))
        {
            Headers = { Host = hub },
            Content = new FormUrlEncodedContent([new("key", key)]),
        };
        if (origin is not null)
            request.Headers.TryAddWithoutValidation("Origin", origin == "own" ? $"http://{hub}" : origin);
        return await _http.SendAsync(request).InTime();
    }

    /// <summary>Goes the way of a browser from the page without a key to the cookie.</summary>
    private async Task<string> SignInAsync(string host, string path, string key, string scheme = "http", bool whole = false)
    {
        using HttpResponseMessage sent = await OpenAsync(host, path);
        var place = new Uri($"{scheme}:{sent.Headers.Location!.OriginalString}");
        string html = await (await SendAsync("GET", place.Authority, place.PathAndQuery)).Content.ReadAsStringAsync();
        string action = HttpUtility.HtmlDecode(Action().Match(html).Groups[1].Value);
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(_hub.Address, action))
        {
            Headers = { Host = place.Authority },
            Content = new FormUrlEncodedContent([new("key", key)]),
        };
        request.Headers.Add("Origin", $"{scheme}://{place.Authority}");
        HttpResponseMessage done = await _http.SendAsync(request).InTime();
        Assert.Equal(HttpStatusCode.SeeOther, done.StatusCode);
        string location = done.Headers.Location!.OriginalString;
        if (location.StartsWith("//", StringComparison.Ordinal))
        {
            var own = new Uri($"{scheme}:{location}");
            Assert.Equal(host, own.Authority);
            done = await SendAsync("GET", own.Authority, own.PathAndQuery, ("Sec-Fetch-Site", "same-site"), ("Cookie", sent.Headers.GetValues("Set-Cookie").First().Split(';')[0]));
            Assert.Contains($"content=\"0;url={HttpUtility.HtmlEncode(path)}\"", await done.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        }
        else
        {
            Assert.Equal($"/agents/shop{Session}?to={Uri.EscapeDataString(path)}", location);
        }

        string field = Assert.Single(done.Headers.GetValues("Set-Cookie"));
        return whole ? field : field.Split(';')[0];
    }

    [GeneratedRegex("action=\"([^\"]*)\"")]
    private static partial Regex Action();
}
