using Microsoft.Playwright;
using SocketRest.Cli.Tests.Management;
using static Microsoft.Playwright.Assertions;

namespace SocketRest.Cli.Tests.Dashboard;

public sealed class SignInTests(Chromium chromium) : IClassFixture<Chromium>
{
    [Theory]
    [InlineData("localhost", 1280, false)]
    [InlineData(Chromium.PublicName, 390, true)]
    public async Task An_operator_signs_in_and_out_and_calls_agents_meanwhile(string name, int width, bool dark)
    {
        await using KeyedHub hub = await KeyedHub.StartAsync(name);
        ConnectedAgent agent = await hub.ConnectAsync("kiln-7", DocumentedAgent.At("/swagger/v1/swagger.json"));
        await using OpenPage open = await OpenPage.OpenAsync(
            chromium, $"http://{name}:{hub.Port}/_hub/", width: width, dark: dark, expected: name == Chromium.PublicName ? "" : "40");
        ILocator key = open.Page.GetByLabel("Operator key");
        await Expect(key).ToBeFocusedAsync();
        await open.AssertFitsAsync();
        await open.PictureAsync($"sign-in-{width}{(dark ? "-dark" : "")}");

        await key.FillAsync("wrong");
        await open.Page.Keyboard.PressAsync("Enter");
        await Expect(open.Page.GetByRole(AriaRole.Alert)).ToContainTextAsync("key");
        await key.FillAsync(hub.Caller);
        await open.Page.Keyboard.PressAsync("Enter");
        await Expect(open.Page.GetByRole(AriaRole.Alert)).ToContainTextAsync("This key is for something else");
        await key.FillAsync(hub.Operator);
        await open.Page.Keyboard.PressAsync("Enter");
        await Expect(open.Agent("kiln-7")).ToBeVisibleAsync();

        await open.Page.ReloadAsync();
        await Expect(open.Agent("kiln-7")).ToBeVisibleAsync();
        await open.AssertFitsAsync();
        await open.PictureAsync($"signed-in-{width}{(dark ? "-dark" : "")}");
        await open.Page.GetByRole(AriaRole.Link, new() { Name = "API of kiln-7" }).ClickAsync();
        await open.Page.GetByText("Measures a zone.").ClickAsync();
        await open.Page.GetByPlaceholder("zone").FillAsync("4");
        await open.Button("Execute").ClickAsync();
        await Expect(open.Page.Locator(".live-responses-table").GetByText("1180.5")).ToBeVisibleAsync();
        Assert.DoesNotContain(hub.Operator, await open.Page.Locator("body").InnerTextAsync(), StringComparison.Ordinal);

        await open.Page.GotoAsync(open.Address + "#/agents/" + agent.Id);
        await Expect(open.Page.GetByText("/temperature/4")).ToBeVisibleAsync();
        await open.Button("Sign out").ClickAsync();
        await Expect(key).ToBeVisibleAsync();
        Assert.Equal(0, await open.Page.EvaluateAsync<int>("() => sessionStorage.length"));
    }
}
