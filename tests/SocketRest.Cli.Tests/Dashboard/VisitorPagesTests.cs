using System.Collections.Concurrent;
using System.Net.WebSockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Playwright;
using SocketRest.Cli.Tests.Management;
using static Microsoft.Playwright.Assertions;

namespace SocketRest.Cli.Tests.Dashboard;

/// <summary>Agents' pages that want a key, in a browser, at the command's own hub.</summary>
public sealed class VisitorPagesTests(Chromium chromium) : IClassFixture<Chromium>
{
    /// <summary>Does what pages do, and says what came of it.</summary>
    private const string BusyPage = """
        <!DOCTYPE html><title>kiln</title><h1>Kiln 7</h1><ul id="said"></ul><a href="page?again">again</a><script>
          const say = text => { const one = document.createElement('li'); one.textContent = text; document.getElementById('said').append(one); };
          const image = new Image(); image.onload = () => say('image'); image.onerror = () => say('no image'); image.src = 'dot.svg';
          fetch('data', { method: 'POST', body: 'x' }).then(async answer => say('fetched ' + await answer.text())).catch(() => say('not fetched'));
          const events = new EventSource('events'); events.onmessage = event => { say('event ' + event.data); events.close(); }; events.onerror = () => say('no event');
          const socket = new WebSocket(new URL('socket', location.href.replace(/^http/, 'ws')));
          socket.onopen = () => socket.send('hello'); socket.onmessage = event => { say('socket ' + event.data); socket.close(); }; socket.onerror = () => say('no socket');
          try { document.cookie = 'own=cookie'; say('cookies ' + document.cookie); } catch { say('no cookies'); }
        </script>
        """;

    [Theory]
    [InlineData("localhost", 1280, false)]
    [InlineData(Chromium.PublicName, 390, true)]
    public async Task Page_under_the_agents_own_name_does_everything_once_a_callers_key_was_shown(string name, int width, bool dark)
    {
        await using KeyedHub hub = await KeyedHub.StartAsync(name);
        var cookies = new ConcurrentQueue<string>();
        await hub.ConnectAsync("kiln-7", app => MapBusy(app, cookies));
        string address = $"http://kiln-7.{name}:{hub.Port}";
        await using OpenPage open = await OpenPage.OpenAsync(chromium, address, "/page?first", width, dark, expected: name == Chromium.PublicName ? "" : "40");
        Assert.StartsWith($"http://{name}:{hub.Port}/_hub/sign-in?", open.Page.Url, StringComparison.Ordinal);
        await Expect(open.Page.GetByLabel("Key", new() { Exact = true })).ToBeFocusedAsync();
        await open.AssertFitsAsync();
        await open.PictureAsync($"visitor-sign-in-{width}{(dark ? "-dark" : "")}");

        await KeyedHub.SignInAsync(open.Page, "sr-caller.22222222.wrong");
        await Expect(open.Page.GetByRole(AriaRole.Alert)).ToContainTextAsync("no longer, one of this hub's");
        await open.PictureAsync($"visitor-refused-{width}{(dark ? "-dark" : "")}");
        await KeyedHub.SignInAsync(open.Page, hub.Caller);

        await Expect(open.Page).ToHaveURLAsync(address + "/page?first");
        await AssertDidEverythingAsync(open.Page);
        await open.Page.GetByText("again").ClickAsync();
        await Expect(open.Page).ToHaveURLAsync(address + "/page?again");
        await AssertDidEverythingAsync(open.Page);
        Assert.DoesNotContain(cookies, cookie => cookie.Contains("socketrest", StringComparison.Ordinal));
        Assert.Contains("own=cookie", cookies);

        // Over plain HTTP the browser does not say who opens a page, but for which page led there.
        await open.Page.GotoAsync(address + "/page?typed");
        if (name == Chromium.PublicName)
        {
            await Expect(open.Page.GetByRole(AriaRole.Heading)).ToHaveTextAsync("Open kiln-7?");
            await open.PictureAsync("visitor-confirm");
            await open.Page.GetByText("Open it").ClickAsync();
        }

        await Expect(open.Page).ToHaveURLAsync(address + "/page?typed");
        await AssertDidEverythingAsync(open.Page);

        await open.Page.GotoAsync(address + "/_socketrest/session");
        await open.PictureAsync($"visitor-session-{width}{(dark ? "-dark" : "")}");
        await open.Button("Sign out").ClickAsync();
        await Expect(open.Page.GetByRole(AriaRole.Heading)).ToHaveTextAsync("Signed out");
        Assert.DoesNotContain(await open.Page.Context.CookiesAsync(), cookie => cookie.Name.Contains("socketrest", StringComparison.Ordinal));
        await open.Page.GotoAsync(address + "/page");
        await Expect(open.Page).ToHaveURLAsync(new Regex("/_hub/sign-in"));
    }

    [Fact]
    public async Task By_HTTPS_the_cookie_is_one_that_no_neighbour_can_set()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using X509Certificate2 certificate = new CertificateRequest($"CN={Chromium.PublicName}", key, HashAlgorithmName.SHA256)
            .CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
        await using KeyedHub hub = await KeyedHub.StartAsync(Chromium.PublicName, certificate);
        var cookies = new ConcurrentQueue<string>();
        await hub.ConnectAsync("kiln-7", app => MapBusy(app, cookies));
        string address = $"https://kiln-7.{Chromium.PublicName}:{hub.Port}/page";
        await using OpenPage open = await OpenPage.OpenAsync(chromium, address, expected: "40");

        await KeyedHub.SignInAsync(open.Page, hub.Caller);

        await Expect(open.Page).ToHaveURLAsync(address);
        await AssertDidEverythingAsync(open.Page);
        Assert.Contains(await open.Page.Context.CookiesAsync(), cookie => cookie is { Name: "__Host-socketrest-visitor", Secure: true, HttpOnly: true });
        Assert.DoesNotContain(cookies, cookie => cookie.Contains("socketrest", StringComparison.Ordinal));
        await open.Page.GotoAsync(address + "?typed");
        await AssertDidEverythingAsync(open.Page);
        await open.Page.GotoAsync($"https://kiln-7.{Chromium.PublicName}:{hub.Port}/_socketrest/session");
        await open.Button("Sign out").ClickAsync();
        await Expect(open.Page.GetByRole(AriaRole.Heading)).ToHaveTextAsync("Signed out");
        Assert.DoesNotContain(await open.Page.Context.CookiesAsync(), cookie => cookie.Name.Contains("socketrest", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("127.0.0.1", 1280, false)]
    [InlineData(Chromium.PublicName, 390, true)]
    public async Task Page_under_the_hubs_own_name_says_what_it_cannot_do_and_opens_alone(string name, int width, bool dark)
    {
        await using KeyedHub hub = await KeyedHub.StartAsync(null);
        await hub.ConnectAsync("kiln-7", app => MapBusy(app, []));
        string address = $"http://{name}:{hub.Port}/agents/kiln-7/page";
        await using OpenPage open = await OpenPage.OpenAsync(chromium, address, "", width, dark, expected: "");
        ILocator heading = open.Page.GetByRole(AriaRole.Heading, new() { Level = 1 });
        await Expect(open.Page.GetByText("opened alone")).ToBeVisibleAsync();
        await open.AssertFitsAsync();
        await open.PictureAsync($"visitor-sign-in-shared-{width}{(dark ? "-dark" : "")}");
        await KeyedHub.SignInAsync(open.Page, hub.Caller);

        await Expect(heading).ToHaveTextAsync("Open kiln-7 alone?");
        await Expect(open.Page.GetByText("--public-host hub.example.com")).ToBeVisibleAsync();
        await open.AssertFitsAsync();
        await open.PictureAsync($"visitor-alone-{width}{(dark ? "-dark" : "")}");
        await open.Page.GetByText("Open it alone").ClickAsync();
        await Expect(open.Page).ToHaveURLAsync(address);
        await Expect(heading).ToHaveTextAsync("Kiln 7");
        foreach (string said in (string[])["no image", "not fetched", "no event", "no socket", "no cookies"])
            await Expect(open.Page.GetByText(said, new() { Exact = true }).First).ToBeVisibleAsync();

        // A link in a page without an origin is anybody's.
        await open.Page.GetByText("again").ClickAsync();
        await Expect(heading).ToHaveTextAsync("Open kiln-7 alone?");
        await open.Page.GetByText("Open it alone").ClickAsync();
        await Expect(heading).ToHaveTextAsync("Kiln 7");

        await open.Page.GotoAsync(address);
        await Expect(heading).ToHaveTextAsync("Open kiln-7 alone?");
        await open.Page.GotoAsync($"http://{name}:{hub.Port}/agents/kiln-7/_socketrest/session");
        await open.Button("Sign out").ClickAsync();
        await Expect(heading).ToHaveTextAsync("Signed out");
        await open.Page.GotoAsync(address);
        await Expect(open.Page).ToHaveURLAsync(new Regex("/_hub/sign-in"));
    }

    [Fact]
    public async Task Page_under_a_name_of_the_hub_that_agents_have_none_below_leads_to_where_they_have()
    {
        await using KeyedHub hub = await KeyedHub.StartAsync("localhost");
        await hub.ConnectAsync("kiln-7", app => MapBusy(app, []));
        await using OpenPage open = await OpenPage.OpenAsync(chromium, $"http://127.0.0.1:{hub.Port}/agents/kiln-7/page?x", expected: "40");
        await KeyedHub.SignInAsync(open.Page, hub.Caller);

        await open.Page.GetByText($"kiln-7.localhost:{hub.Port}").ClickAsync();

        await Expect(open.Page).ToHaveURLAsync(new Regex($"//localhost:{hub.Port}/_hub/sign-in"));
        await KeyedHub.SignInAsync(open.Page, hub.Caller);
        await Expect(open.Page).ToHaveURLAsync($"http://kiln-7.localhost:{hub.Port}/page?x");
        await AssertDidEverythingAsync(open.Page);
    }

    [Fact]
    public async Task Operator_who_opens_a_page_without_a_name_from_the_dashboard_is_told_what_it_cannot_do()
    {
        await using KeyedHub hub = await KeyedHub.StartAsync(null);
        ConnectedAgent agent = await hub.ConnectAsync("kiln-7", app => MapBusy(app, []));
        await using OpenPage open = await OpenPage.OpenAsync(chromium, $"http://localhost:{hub.Port}/_hub/", "#/agents/" + agent.Id, expected: "40");
        await open.Page.GetByLabel("Operator key").FillAsync(hub.Operator);
        await open.Page.Keyboard.PressAsync("Enter");
        Task<IPage> opened = open.Page.Context.WaitForPageAsync();

        await open.Page.GetByRole(AriaRole.Link, new() { Name = $"http://localhost:{hub.Port}/agents/kiln-7/" }).ClickAsync();

        IPage page = await opened.InTime();
        await Expect(page.GetByRole(AriaRole.Heading, new() { Level = 1 })).ToHaveTextAsync("Open kiln-7 alone?");
    }

    [Fact]
    public async Task Page_under_the_hubs_public_name_is_opened_under_the_agents()
    {
        await using KeyedHub hub = await KeyedHub.StartAsync("localhost");
        await hub.ConnectAsync("kiln-7", app => MapBusy(app, []));
        await using OpenPage open = await OpenPage.OpenAsync(chromium, $"http://localhost:{hub.Port}/agents/kiln-7/page?x", expected: "404");

        await KeyedHub.SignInAsync(open.Page, hub.Operator);

        await Expect(open.Page).ToHaveURLAsync($"http://kiln-7.localhost:{hub.Port}/page?x");
        await AssertDidEverythingAsync(open.Page);
    }

    [Fact]
    public async Task Operator_opens_the_page_from_the_dashboard_without_showing_the_key_again()
    {
        await using KeyedHub hub = await KeyedHub.StartAsync("localhost");
        ConnectedAgent agent = await hub.ConnectAsync("kiln-7", app => app.MapGet("/", () => Results.Content("<!DOCTYPE html><title>kiln</title>", "text/html")));
        await using OpenPage open = await OpenPage.OpenAsync(chromium, $"http://localhost:{hub.Port}/_hub/", "#/agents/" + agent.Id, expected: "40");
        await open.Page.GetByLabel("Operator key").FillAsync(hub.Operator);
        await open.Page.Keyboard.PressAsync("Enter");
        ILocator link = open.Page.GetByRole(AriaRole.Link, new() { Name = $"http://kiln-7.localhost:{hub.Port}/" });
        Task<IPage> opened = open.Page.Context.WaitForPageAsync();

        await link.FocusAsync();
        await open.Page.Keyboard.PressAsync("Enter");

        IPage page = await opened.InTime();
        await page.GetByText("It was me").ClickAsync();
        await Expect(page).ToHaveTitleAsync("kiln");
        await Expect(page).ToHaveURLAsync($"http://kiln-7.localhost:{hub.Port}/");
    }

    /// <summary>What a page of one agent tries against another, to which the same browser is signed in, and against the hub.</summary>
    private const string HostilePage = """
        <!DOCTYPE html><title>evil</title><ul id="said"></ul><iframe name="frame"></iframe><form method="post" target="frame" action="VICTIM/relay?form"></form><script>
          const say = text => { const one = document.createElement('li'); one.textContent = text; document.getElementById('said').append(one); };
          const ended = (what, run) => run.then(answer => say(what + ' ended ' + (answer ?? ''))).catch(() => say(what + ' ended'));
          ended('fetch', fetch('VICTIM/relay?fetch', { credentials: 'include', mode: 'no-cors', referrerPolicy: 'no-referrer' }).then(() => ''));
          ended('post', fetch('VICTIM/relay?post', { method: 'POST', credentials: 'include', mode: 'no-cors' }).then(() => ''));
          ended('sign-out', fetch('VICTIM/_socketrest/session', { method: 'POST', credentials: 'include', mode: 'no-cors' }).then(() => ''));
          ended('api', fetch('HUB/_hub/api/agents', { credentials: 'include' }).then(answer => answer.status));
          ended('image', new Promise(done => { const image = new Image(); image.onload = image.onerror = () => done(); image.referrerPolicy = 'no-referrer'; image.src = 'VICTIM/relay?image'; }));
          ended('socket', new Promise(done => { const socket = new WebSocket('VICTIM/relay?socket'.replace('http', 'ws')); socket.onclose = () => done(); }));
          ended('frame', new Promise(done => { const frame = document.createElement('iframe'); frame.onload = () => done(); frame.src = 'VICTIM/relay?frame'; document.body.append(frame); }));
          document.forms[0].submit();
        </script>
        """;

    [Theory]
    [InlineData("localhost")]
    [InlineData(Chromium.PublicName)]
    public async Task Page_of_one_agent_cannot_use_the_key_at_another_or_at_the_hub(string name)
    {
        await using KeyedHub hub = await KeyedHub.StartAsync(name);
        string victim = $"http://victim.{name}:{hub.Port}";
        var reached = new ConcurrentQueue<string>();
        await hub.ConnectAsync("victim", app => app.Map("/relay", (HttpContext context) =>
        {
            reached.Enqueue(context.Request.QueryString.Value!);
            return Results.Content("<!DOCTYPE html><title>victim</title>relay", "text/html");
        }));
        await hub.ConnectAsync("evil", app => app.MapGet("/page", () => Results.Content(
            HostilePage.Replace("VICTIM", victim, StringComparison.Ordinal).Replace("HUB", $"http://{name}:{hub.Port}", StringComparison.Ordinal), "text/html")));
        await using OpenPage open = await OpenPage.OpenAsync(chromium, victim, "/relay?signed-in", expected: "");
        await KeyedHub.SignInAsync(open.Page, hub.Operator);
        await Expect(open.Page).ToHaveTitleAsync("victim");
        await open.Page.GotoAsync($"http://evil.{name}:{hub.Port}/page");
        await KeyedHub.SignInAsync(open.Page, hub.Operator);

        foreach (string what in (string[])["fetch", "post", "sign-out", "api", "image", "socket", "frame"])
            await Expect(open.Page.Locator("#said")).ToContainTextAsync(what + " ended");

        // Last, and without a way back: the page that asks leaves its opener's group, in the midst of whatever else goes on there.
        Task<IPage> opened = open.Page.Context.WaitForPageAsync();
        await open.Page.EvaluateAsync($"() => {{ open('{victim}/relay?window', '_blank', 'noopener'); }}");
        IPage window = await opened.InTime();
        await Expect(window.GetByRole(AriaRole.Heading)).ToHaveTextAsync("Open victim?");
        await Expect(open.Page.GetByText("api ended 200")).ToHaveCountAsync(0);
        Assert.Equal(["?signed-in"], reached);

        // The key is as good as before, for the person.
        await window.GetByText("Open it").ClickAsync();
        await Expect(window).ToHaveTitleAsync("victim");
        Assert.Equal(["?signed-in", "?window"], reached);
    }

    private static async Task AssertDidEverythingAsync(IPage page)
    {
        foreach (string said in (string[])["image", "fetched data", "event one", "socket hello", "cookies own=cookie"])
            await Expect(page.GetByText(said, new() { Exact = true })).ToBeVisibleAsync();
    }

    private static void MapBusy(WebApplication app, ConcurrentQueue<string> cookies)
    {
        app.Use((context, next) =>
        {
            cookies.Enqueue(context.Request.Headers.Cookie.ToString());
            return next(context);
        });
        app.UseWebSockets();
        app.MapGet("/page", () => Results.Content(BusyPage, "text/html"));
        app.MapGet("/dot.svg", () => Results.Content("<svg xmlns='http://www.w3.org/2000/svg' width='1' height='1'/>", "image/svg+xml"));
        app.MapPost("/data", () => "data");
        app.MapGet("/events", async (HttpContext context) =>
        {
            context.Response.ContentType = "text/event-stream";
            await context.Response.WriteAsync("data: one\n\n");
        });
        app.Map("/socket", async (HttpContext context) =>
        {
            using WebSocket socket = await context.WebSockets.AcceptWebSocketAsync();
            byte[] buffer = new byte[100];
            ValueWebSocketReceiveResult received = await socket.ReceiveAsync(buffer.AsMemory(), context.RequestAborted);
            await socket.SendAsync(buffer.AsMemory(0, received.Count), received.MessageType, endOfMessage: true, context.RequestAborted);
            await socket.CloseAsync(WebSocketCloseStatus.NormalClosure, null, context.RequestAborted);
        });
    }
}
