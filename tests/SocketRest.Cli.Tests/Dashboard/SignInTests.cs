using Microsoft.Playwright;
using SocketRest.Cli.Tests.Management;
using static Microsoft.Playwright.Assertions;

namespace SocketRest.Cli.Tests.Dashboard;

public sealed class SignInTests(Chromium chromium) : IClassFixture<Chromium>
{
    [Fact]
    public async Task An_operator_signs_in_and_out_and_calls_agents_meanwhile()
    {
        await using ManagedHub hub = await OperatorKey.StartHubAsync();
        await using ConnectedAgent agent = await hub.ConnectAsync("kiln-7", map: DocumentedAgent.At("/swagger/v1/swagger.json"));
        await using OpenPage open = await OpenPage.OpenAsync(chromium, hub, expected: "401");
        ILocator key = open.Page.GetByLabel("Operator key");
        await Expect(key).ToBeFocusedAsync();
        await open.PictureAsync("sign-in");

        await key.FillAsync("wrong");
        await open.Page.Keyboard.PressAsync("Enter");
        await Expect(open.Page.GetByRole(AriaRole.Alert)).ToHaveTextAsync("The hub answered 401.");
        await key.FillAsync(OperatorKey.Key);
        await open.Page.Keyboard.PressAsync("Enter");
        await Expect(open.Agent("kiln-7")).ToBeVisibleAsync();

        await open.Page.ReloadAsync();
        await Expect(open.Agent("kiln-7")).ToBeVisibleAsync();
        await open.Page.GetByRole(AriaRole.Link, new() { Name = "API of kiln-7" }).ClickAsync();
        await open.Page.GetByText("Measures a zone.").ClickAsync();
        await open.Page.GetByPlaceholder("zone").FillAsync("4");
        await open.Button("Execute").ClickAsync();
        await Expect(open.Page.Locator(".live-responses-table").GetByText("1180.5")).ToBeVisibleAsync();
        Assert.DoesNotContain(OperatorKey.Key, await open.Page.Locator("body").InnerTextAsync(), StringComparison.Ordinal);

        await open.Page.GotoAsync(open.Address);
        await open.Button("Sign out").ClickAsync();
        await Expect(key).ToBeVisibleAsync();
        Assert.Equal(0, await open.Page.EvaluateAsync<int>("() => sessionStorage.length"));
    }
}
