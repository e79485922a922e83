using System.Text.RegularExpressions;
using Microsoft.Playwright;
using SocketRest.Cli.Tests.Management;
using static Microsoft.Playwright.Assertions;

namespace SocketRest.Cli.Tests.Dashboard;

public sealed class DashboardTests(Chromium chromium) : IClassFixture<Chromium>
{
    [Theory]
    [InlineData(1280, false)]
    [InlineData(1280, true)]
    [InlineData(360, false)]
    public async Task Agents_come_and_go_on_the_page_as_they_do(int width, bool dark)
    {
        await using ManagedHub hub = await ManagedHub.StartAsync();
        await using OpenPage open = await OpenPage.OpenAsync(chromium, hub, width: width, dark: dark);
        await Expect(open.Page.GetByText("No agent is connected.")).ToBeVisibleAsync();
        await open.PictureAsync($"empty-{width}{(dark ? "-dark" : "")}");

        await using ConnectedAgent first = await hub.ConnectAsync("kiln-7", new { site = "north", floor = 2, firmware = "4.12.0" });
        await using ConnectedAgent second = await hub.ConnectAsync("press-line-2", new { site = "south", tags = new[] { "hot", "new" } });
        await using ConnectedAgent third = await hub.ConnectAsync("weather-station-on-the-roof-of-the-old-mill");

        await Expect(open.Agent("kiln-7").GetByText("connected", new() { Exact = true })).ToBeVisibleAsync();
        await Expect(open.Agent("kiln-7").GetByText("north")).ToBeVisibleAsync();
        await Expect(open.Agent("kiln-7").GetByText("127.0.0.1:")).ToBeVisibleAsync();
        await Expect(open.Agent("kiln-7").Locator("[data-label=Connected]")).ToHaveTextAsync(new Regex("^[0-9]+ s$"));
        await first.Seen.PingAsync().InTime();
        await Expect(open.Agent("kiln-7").Locator("[data-label='Round trip']")).ToHaveTextAsync(new Regex("^[0-9.]+ m?s$"));
        await Expect(open.Page.Locator("#agents tbody tr")).ToHaveCountAsync(3);
        await Expect(open.Page.Locator("#count")).ToHaveTextAsync("3 connected");
        await open.AssertFitsAsync();
        await open.PictureAsync($"agents-{width}{(dark ? "-dark" : "")}");

        await second.Seen.CloseAsync().InTime();
        await third.App.StopAsync().InTime();

        await Expect(open.Agent("weather-station-on-the-roof-of-the-old-mill")).ToHaveCountAsync(0);
    }

    [Fact]
    public async Task Calls_are_drawn_as_they_are_made()
    {
        await using ManagedHub hub = await ManagedHub.StartAsync();
        await using ConnectedAgent agent = await hub.ConnectAsync("kiln-7");
        await using OpenPage open = await OpenPage.OpenAsync(chromium, hub);
        ILocator chart = open.Agent("kiln-7").GetByRole(AriaRole.Img);
        await Expect(chart).ToHaveAccessibleNameAsync(new Regex("^No calls yet|^0 calls a second"));

        using var end = new CancellationTokenSource();
        Task calling = CallAsync(hub, end.Token);
        await Expect(chart).ToHaveAccessibleNameAsync(new Regex("^[1-9][0-9,.]* calls a second, at most [1-9]"));
        await Expect(open.Agent("kiln-7").Locator(".rate")).Not.ToHaveTextAsync("0");
        await Expect(chart.Locator("polyline")).ToHaveAttributeAsync("points", new Regex(@"^\d.* \d.* \d"));
        await open.PictureAsync("calls");
        await end.CancelAsync();
        await calling;

        static async Task CallAsync(ManagedHub hub, CancellationToken end)
        {
            while (!end.IsCancellationRequested)
            {
                await hub.Client.GetStringAsync("/agents/kiln-7/hello", CancellationToken.None).InTime();
            }
        }
    }

    [Fact]
    public async Task Search_narrows_the_list_by_name_and_metadata()
    {
        await using ManagedHub hub = await ManagedHub.StartAsync();
        await using ConnectedAgent first = await hub.ConnectAsync("kiln-7", new { site = "north" });
        await using ConnectedAgent second = await hub.ConnectAsync("kiln-8", new { site = "south" });
        await using ConnectedAgent third = await hub.ConnectAsync("oven", new { site = "north" });
        await using OpenPage open = await OpenPage.OpenAsync(chromium, hub);
        ILocator rows = open.Page.Locator("#agents tbody tr");
        await Expect(rows).ToHaveCountAsync(3);

        await open.Page.GetByLabel("Search agents").FillAsync("KILN");
        await Expect(rows).ToHaveCountAsync(2);
        await open.Page.GetByLabel("Search agents").FillAsync("kiln site=north");
        await Expect(rows).ToHaveCountAsync(1);
        await Expect(open.Agent("kiln-7")).ToBeVisibleAsync();
        await open.Page.GetByLabel("State", new() { Exact = true }).SelectOptionAsync("draining");
        await Expect(open.Page.GetByText("No agent fits.")).ToBeVisibleAsync();
    }

    [Fact]
    public async Task An_agent_is_drained_after_a_question()
    {
        var entered = new TaskCompletionSource();
        var answer = new TaskCompletionSource();
        await using ManagedHub hub = await ManagedHub.StartAsync();
        await using ConnectedAgent agent = await hub.ConnectAsync("kiln-7", map: app => app.MapGetSlow(entered, answer.Task));
        Task<string> running = hub.Client.GetStringAsync("/agents/kiln-7/slow");
        await entered.Task.InTime();
        await using OpenPage open = await OpenPage.OpenAsync(chromium, hub);
        ILocator row = open.Page.Locator($"tr[data-agent='{agent.Id}']");

        await open.Button("Drain kiln-7").ClickAsync();
        ILocator dialog = open.Page.GetByRole(AriaRole.Dialog, new() { Name = "Drain kiln-7?" });
        await Expect(dialog).ToBeVisibleAsync();
        await open.PictureAsync("drain");
        await dialog.GetByRole(AriaRole.Button, new() { Name = "Cancel" }).ClickAsync();
        await Expect(dialog).ToBeHiddenAsync();
        Assert.False(agent.Seen.IsDraining);

        await open.Button("Drain kiln-7").ClickAsync();
        await dialog.GetByRole(AriaRole.Button, new() { Name = "Drain" }).ClickAsync();
        await Expect(row.GetByText("draining", new() { Exact = true })).ToBeVisibleAsync();
        answer.SetResult();

        Assert.Equal("slow", await running.InTime());
        await hub.GoneAsync(agent.Seen);
        await Expect(row).ToHaveCountAsync(0);
    }

    [Fact]
    public async Task An_agent_is_disconnected_after_a_question()
    {
        await using ManagedHub hub = await ManagedHub.StartAsync();
        await using ConnectedAgent agent = await hub.ConnectAsync("kiln-7");
        await using OpenPage open = await OpenPage.OpenAsync(chromium, hub);

        await open.Button("Disconnect kiln-7").ClickAsync();
        await open.Page.GetByRole(AriaRole.Dialog).GetByRole(AriaRole.Button, new() { Name = "Disconnect" }).ClickAsync();

        await Expect(open.Page.Locator($"tr[data-agent='{agent.Id}']")).ToHaveCountAsync(0);
        await hub.GoneAsync(agent.Seen);
    }

    [Theory]
    [InlineData(1280, false)]
    [InlineData(1280, true)]
    [InlineData(360, true)]
    public async Task Requests_appear_as_they_are_made_with_their_timing_and_headers(int width, bool dark)
    {
        await using ManagedHub hub = await ManagedHub.StartAsync();
        await using ConnectedAgent agent = await hub.ConnectAsync("kiln-7", new { site = "north" });
        await hub.Client.GetStringAsync("/agents/kiln-7/hello?first=1").InTime();
        await using OpenPage open = await OpenPage.OpenAsync(chromium, hub, "#/agents/" + agent.Id, width, dark);
        await Expect(open.Page.GetByRole(AriaRole.Heading, new() { Name = "kiln-7" })).ToBeVisibleAsync();
        await Expect(open.Page.GetByText("/hello?first=1")).ToBeVisibleAsync();

        using var request = new HttpRequestMessage(HttpMethod.Get, "/agents/kiln-7/hello?second=2");
        request.Headers.TryAddWithoutValidation("Authorization", "Bearer hidden");
        request.Headers.TryAddWithoutValidation("X-Shown", "shown");
        using HttpResponseMessage response = await hub.Client.SendAsync(request).InTime();
        using HttpResponseMessage missing = await hub.Client.GetAsync("/agents/kiln-7/nothing/here/but/a/long/path/that/has/to/be/broken/somewhere").InTime();

        ILocator toggle = open.Page.Locator("#requests button").Filter(new() { HasText = "/hello?second=2" });
        await toggle.ClickAsync();
        ILocator details = open.Page.Locator("tr.details");
        await Expect(details.GetByText("shown", new() { Exact = true })).ToBeVisibleAsync();
        await Expect(details.GetByText("(redacted)")).ToBeVisibleAsync();
        await Expect(details.GetByText("Answer began after")).ToBeVisibleAsync();
        await Expect(open.Page.GetByText("/nothing/here")).ToBeVisibleAsync();
        Assert.DoesNotContain("hidden", await details.InnerTextAsync(), StringComparison.Ordinal);
        await open.AssertFitsAsync();
        await open.PictureAsync($"agent-{width}{(dark ? "-dark" : "")}");

        await open.Page.GetByLabel("Search requests").FillAsync("404");
        await Expect(open.Page.Locator("#requests tbody tr")).ToHaveCountAsync(1);
    }

    [Theory]
    [InlineData(1280, false)]
    [InlineData(390, true)]
    public async Task Requests_that_go_on_are_shown_while_they_run(int width, bool dark)
    {
        var entered = new TaskCompletionSource();
        var answer = new TaskCompletionSource();
        await using ManagedHub hub = await ManagedHub.StartAsync();
        await using ConnectedAgent agent = await hub.ConnectAsync("kiln-7", map: app => app.MapGetSlow(entered, answer.Task));
        await hub.Client.GetStringAsync("/agents/kiln-7/hello").InTime();
        Task<string> running = hub.Client.GetStringAsync("/agents/kiln-7/slow?a=long&enough=target");
        await entered.Task.InTime();
        await using OpenPage open = await OpenPage.OpenAsync(chromium, hub, "#/agents/" + agent.Id, width, dark);

        ILocator row = open.Page.Locator("#running tr");
        await Expect(row).ToContainTextAsync("/slow?a=long&enough=target");
        await Expect(row.GetByText("running", new() { Exact = true })).ToBeVisibleAsync();
        await open.AssertFitsAsync();
        await open.PictureAsync($"running-{width}{(dark ? "-dark" : "")}");
        await open.Page.GetByLabel("Search requests").FillAsync("hello");
        await Expect(row).ToHaveCountAsync(0);
        await open.Page.GetByLabel("Search requests").FillAsync("");
        await Expect(row).ToHaveCountAsync(1);

        answer.SetResult();
        await running.InTime();

        await Expect(row).ToHaveCountAsync(0);
        await Expect(open.Page.Locator("#finished tr").First).ToContainTextAsync("/slow?a=long&enough=target");
    }

    [Fact]
    public async Task Bodies_are_recorded_once_somebody_asks_for_it()
    {
        await using ManagedHub hub = await ManagedHub.StartAsync();
        await using ConnectedAgent agent = await hub.ConnectAsync("kiln-7");
        await using OpenPage open = await OpenPage.OpenAsync(chromium, hub, "#/agents/" + agent.Id);

        await open.Page.GetByLabel("Record bodies").CheckAsync();
        await Expect(open.Page.GetByText("the first 16 KiB of text bodies")).ToBeVisibleAsync();
        await hub.Client.GetStringAsync("/agents/kiln-7/hello").InTime();

        await open.Page.Locator("#requests button").ClickAsync();
        await Expect(open.Page.GetByLabel("Response body")).ToHaveTextAsync("hello");
    }

    [Fact]
    public async Task The_keyboard_is_enough()
    {
        await using ManagedHub hub = await ManagedHub.StartAsync();
        await using ConnectedAgent agent = await hub.ConnectAsync("kiln-7");
        await hub.Client.GetStringAsync("/agents/kiln-7/hello").InTime();
        await using OpenPage open = await OpenPage.OpenAsync(chromium, hub);
        await Expect(open.Agent("kiln-7")).ToBeVisibleAsync();
        IKeyboard keyboard = open.Page.Keyboard;

        await keyboard.PressAsync("Tab");
        await Expect(open.Page.GetByText("Skip to the content")).ToBeFocusedAsync();
        await Expect(open.Page.GetByText("Skip to the content")).ToBeInViewportAsync();
        await TabToAsync(open.Page.GetByLabel("Search agents"));
        await keyboard.TypeAsync("kiln");
        await TabToAsync(open.Button("Drain kiln-7"));
        Assert.NotEqual("none", await open.Button("Drain kiln-7").EvaluateAsync<string>("one => getComputedStyle(one).outlineStyle"));
        await keyboard.PressAsync("Enter");
        await Expect(open.Page.GetByRole(AriaRole.Button, new() { Name = "Cancel" })).ToBeFocusedAsync();
        await keyboard.PressAsync("Escape");
        await Expect(open.Page.GetByRole(AriaRole.Dialog)).ToBeHiddenAsync();
        await Expect(open.Button("Drain kiln-7")).ToBeFocusedAsync();
        Assert.False(agent.Seen.IsDraining);

        ILocator link = open.Page.GetByRole(AriaRole.Link, new() { Name = "kiln-7", Exact = true });
        await link.FocusAsync();
        await keyboard.PressAsync("Enter");
        await Expect(open.Page.GetByRole(AriaRole.Heading, new() { Name = "kiln-7" })).ToBeVisibleAsync();
        ILocator toggle = open.Page.Locator("#requests button");
        await Expect(toggle).ToBeVisibleAsync();
        await TabToAsync(toggle);
        await keyboard.PressAsync("Space");
        await Expect(toggle).ToHaveAttributeAsync("aria-expanded", "true");
        await Expect(open.Page.GetByText("Answer began after")).ToBeVisibleAsync();

        async Task TabToAsync(ILocator target)
        {
            for (int i = 0; i < 30 && !await target.EvaluateAsync<bool>("one => one === document.activeElement"); i++)
            {
                await keyboard.PressAsync("Tab");
            }

            await Expect(target).ToBeFocusedAsync();
        }
    }

    [Fact]
    public async Task What_agents_say_of_themselves_is_text()
    {
        const string Name = "<img src=x onerror=document.title='run'>";
        await using ManagedHub hub = await ManagedHub.StartAsync();
        await using ConnectedAgent agent = await hub.ConnectAsync(Name, new Dictionary<string, object> { ["<b>bold</b>"] = "<script>document.title='run'</script>" });
        await using OpenPage open = await OpenPage.OpenAsync(chromium, hub);

        await Expect(open.Page.GetByText(Name)).ToBeVisibleAsync();
        await Expect(open.Page.GetByText("<script>document.title='run'</script>")).ToBeVisibleAsync();
        await open.Page.GetByText(Name).ClickAsync();

        await Expect(open.Page.GetByRole(AriaRole.Heading, new() { Name = Name })).ToBeVisibleAsync();
        Assert.DoesNotContain("run", (await open.Page.TitleAsync()).Replace(Name, "", StringComparison.Ordinal), StringComparison.Ordinal);
        Assert.Equal(0, await open.Page.Locator("main img, main script, main b").CountAsync());
    }
}
