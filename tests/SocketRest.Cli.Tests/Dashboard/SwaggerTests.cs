using System.Collections.Concurrent;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Playwright;
using SocketRest.Cli.Tests.Management;
using static Microsoft.Playwright.Assertions;

namespace SocketRest.Cli.Tests.Dashboard;

public sealed class SwaggerTests(Chromium chromium) : IClassFixture<Chromium>
{
    [Theory]
    [InlineData("/swagger/v1/swagger.json", null, 1280, false)]
    [InlineData("/openapi/v1.json", null, 1280, true)]
    [InlineData("/docs/kiln.json", "docs/kiln.json", 360, false)]
    public async Task Try_it_out_goes_through_the_tunnel(string place, string? said, int width, bool dark)
    {
        await using ManagedHub hub = await ManagedHub.StartAsync();
        await using ConnectedAgent agent = await hub.ConnectAsync("kiln-7", said is null ? null : new { openapi = said }, DocumentedAgent.At(place));
        await using OpenPage open = await OpenPage.OpenAsync(chromium, hub, width: width, dark: dark, expected: "404");
        await open.Page.GetByRole(AriaRole.Link, new() { Name = "API of kiln-7" }).ClickAsync();
        await Expect(open.Page.GetByRole(AriaRole.Heading, new() { Name = "Kiln" })).ToBeVisibleAsync();

        await open.Page.GetByText("Measures a zone.").ClickAsync();
        await open.Page.GetByPlaceholder("zone").FillAsync("4");
        await open.Button("Execute").ClickAsync();

        ILocator live = open.Page.Locator(".live-responses-table");
        await Expect(live.GetByText("1180.5")).ToBeVisibleAsync();
        await Expect(open.Page.Locator(".request-url")).ToContainTextAsync($"http://localhost:{hub.Port}/agents/kiln-7/temperature/4");
        Assert.DoesNotContain("run", await open.Page.TitleAsync(), StringComparison.Ordinal);
        await open.AssertFitsAsync();
        await open.PictureAsync($"swagger-{width}{(dark ? "-dark" : "")}");
    }

    [Fact]
    public async Task A_document_cannot_send_the_operator_out_of_the_agent()
    {
        await using ManagedHub hub = await ManagedHub.StartAsync();
        await using ConnectedAgent agent = await hub.ConnectAsync("kiln-7", map: DocumentedAgent.At("/openapi/v1.json"));
        await using OpenPage open = await OpenPage.OpenAsync(chromium, hub, "agents/kiln-7/swagger", expected: "");
        await open.Page.GetByText("Goes where it must not.").ClickAsync();
        bool asked = false;
        open.Page.Request += (_, request) => asked |= request.Url.EndsWith("/_hub/api/hub", StringComparison.Ordinal);

        await open.Button("Execute").ClickAsync();

        await Expect(open.Page.GetByText("is not an address of this agent").First).ToBeVisibleAsync();
        Assert.False(asked);
    }

    [Fact]
    public async Task An_answer_cannot_send_the_operator_out_of_the_agent()
    {
        var reached = new ConcurrentQueue<string>();
        await using ManagedHub hub = await ManagedHub.StartAsync();
        await using ConnectedAgent victim = await hub.ConnectAsync("victim", map: Note(reached));
        await using ConnectedAgent agent = await hub.ConnectAsync("kiln-7", map: app =>
        {
            // The first place that is looked at as well as a call that the document tells of.
            app.MapGet("/swagger/v1/swagger.json", () => Results.Redirect("/agents/victim/document", preserveMethod: true));
            app.MapGet("/away", () => Results.Redirect("/agents/victim/call", preserveMethod: true));
            DocumentedAgent.At("/openapi/v1.json")(app);
        });
        await using OpenPage open = await OpenPage.OpenAsync(chromium, hub, "agents/kiln-7/swagger", expected: "");
        await open.Page.GetByText("Answers with a redirect.").ClickAsync();

        await open.Button("Execute").ClickAsync();

        await Expect(open.Page.Locator(".responses-wrapper").GetByText("Failed to fetch").First).ToBeVisibleAsync();
        Assert.Empty(reached);
    }

    [Fact]
    public async Task An_agent_without_a_document_is_told_apart()
    {
        await using ManagedHub hub = await ManagedHub.StartAsync();
        await using ConnectedAgent agent = await hub.ConnectAsync("kiln-7");
        await using OpenPage open = await OpenPage.OpenAsync(chromium, hub, "agents/kiln-7/swagger", expected: "404");

        await Expect(open.Page.GetByText("No OpenAPI document was found at /swagger/v1/swagger.json or /openapi/v1.json.")).ToBeVisibleAsync();
    }

    private static Action<WebApplication> Note(ConcurrentQueue<string> reached) => app => app.Map("/{**path}", (string? path) =>
    {
        reached.Enqueue(path ?? "");
        return Results.Text(DocumentedAgent.Document, "application/json");
    });
}
