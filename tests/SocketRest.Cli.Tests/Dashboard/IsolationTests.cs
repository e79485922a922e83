using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Playwright;
using SocketRest.Cli.Tests.Management;
using static Microsoft.Playwright.Assertions;

namespace SocketRest.Cli.Tests.Dashboard;

public sealed class IsolationTests(Chromium chromium) : IClassFixture<Chromium>
{
    /// <summary>Tries what a page of the same origin could do, and says what came of it.</summary>
    private const string HostilePage = """
        <!DOCTYPE html><title>page</title><ul id="said"></ul><script>
          const say = text => { const one = document.createElement('li'); one.textContent = text; document.getElementById('said').append(one); };
          try { say('storage ' + sessionStorage.getItem('socketrest.key')); } catch (error) { say('no storage'); }
          fetch('/_hub/api/agents').then(response => say('api ' + response.status)).catch(() => say('no api'));
          fetch('/_hub/api/agents/ID', { method: 'DELETE' }).then(response => say('disconnect ' + response.status)).catch(() => say('no disconnect'));
          for (const scope of ['/', '/_hub/', '/agents/', '/agents/victim/', '/agents/evil/']) {
            (async () => navigator.serviceWorker.register('/agents/evil/worker.js', { scope }))().then(() => say('worker of ' + scope)).catch(() => say('no worker of ' + scope));
          }
          const hub = open('/_hub/');
          setTimeout(() => { try { say('window ' + hub.document.title); } catch { say('no window'); } }, 1000);
        </script>
        """;

    [Fact]
    public async Task A_page_that_is_opened_where_the_dashboard_is_does_everything_elsewhere()
    {
        await using ManagedHub hub = await ManagedHub.StartAsync();
        await using ConnectedAgent agent = await hub.ConnectAsync("kiln-7", map: app =>
        {
            app.MapGet("/", () => Results.Content("<!DOCTYPE html><title>kiln</title><p id=\"said\"></p><script type=\"module\" src=\"main.js\"></script>", "text/html"));
            app.MapGet("/main.js", () => Results.Text("document.getElementById('said').textContent = await (await fetch('data')).text();", "text/javascript"));
            app.MapGet("/data", () => "alive");
        });

        await using OpenPage open = await OpenPage.OpenAsync(chromium, $"http://localhost:{hub.Port}/agents/kiln-7/", expected: "404");

        await Expect(open.Page.Locator("#said")).ToHaveTextAsync("alive");
        await Expect(open.Page).ToHaveURLAsync($"http://127.0.0.1:{hub.Port}/agents/kiln-7/");
    }

    [Theory]
    [InlineData("localhost", false)]
    [InlineData("127.0.0.1", true)]
    public async Task A_page_of_an_agent_reaches_nothing_of_the_dashboard(string host, bool ownWorker)
    {
        await using ManagedHub hub = await ManagedHub.StartAsync();
        ConnectedAgent? other = null;
        await using ConnectedAgent agent = await hub.ConnectAsync("evil", map: app =>
        {
            app.MapGet("/page", (HttpContext context) => Results.Content(HostilePage.Replace("ID", other!.Id, StringComparison.Ordinal), "text/html"));
            app.MapGet("/worker.js", (HttpContext context) =>
            {
                context.Response.Headers["Service-Worker-Allowed"] = "/";
                return Results.Text("self.onfetch = () => {};", "text/javascript");
            });
        });
        await using ConnectedAgent victim = other = await hub.ConnectAsync("victim");
        await using OpenPage open = await OpenPage.OpenAsync(chromium, hub, expected: "");
        await open.Page.EvaluateAsync("() => sessionStorage.setItem('socketrest.key', 'secret')");

        // In a way that the hub does not take for a person's, whom it sends elsewhere.
        await open.Page.RouteAsync("**/page", route => route.ContinueAsync(new() { Headers = new Dictionary<string, string>(route.Request.Headers) { ["accept"] = "*/*" } }));
        await open.Page.GotoAsync($"http://{host}:{hub.Port}/agents/evil/page");

        ILocator said = open.Page.Locator("#said");
        await Expect(said.GetByText("window")).ToBeVisibleAsync();
        await Expect(said.GetByText("disconnect")).ToBeVisibleAsync();
        await Expect(said.GetByText("api")).ToBeVisibleAsync();
        await Expect(said.GetByText("worker of")).ToHaveCountAsync(5);
        string all = await said.InnerTextAsync();
        Assert.DoesNotContain("secret", all, StringComparison.Ordinal);
        Assert.DoesNotContain("api 200", all, StringComparison.Ordinal);
        Assert.DoesNotContain("disconnect 204", all, StringComparison.Ordinal);
        Assert.Contains("no window", all, StringComparison.Ordinal);
        string[] workers = [.. all.Split('\n').Where(line => line.StartsWith("worker of", StringComparison.Ordinal))];
        Assert.Equal(ownWorker ? ["worker of /agents/evil/"] : [], workers);
        Assert.False(victim.Seen.Completion.IsCompleted);
    }
}
