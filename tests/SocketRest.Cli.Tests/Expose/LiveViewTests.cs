using SocketRest.Cli.Configuration;
using SocketRest.Cli.Expose;
using Spectre.Console;

namespace SocketRest.Cli.Tests.Expose;

public sealed class LiveViewTests
{
    [Fact]
    public async Task Page_shows_state_addresses_and_requests_and_obeys_nothing_that_others_say()
    {
        using var output = new StringWriter();
        IAnsiConsole console = AnsiConsole.Create(new AnsiConsoleSettings { Ansi = AnsiSupport.No, Out = new AnsiConsoleOutput(output) });
        console.Profile.Width = 120;
        var options = new ExposeOptions
        {
            Hub = HubAddress.Parse("wss://hub.example.com")!,
            Name = "shop",
            Upstream = new UpstreamOptions { Address = new Uri("http://localhost:3000") },
        };
        await using (var view = new LiveView(console, options, TimeProvider.System))
        {
            view.Online([new Uri("https://hub.example.com/agents/shop/")], reconnects: 2);
            view.Warn("[bold]beware\u001b[2J");
            var request = new ExposedRequest("GET", "/pets?[red]=[/]", DateTimeOffset.UtcNow) { Status = 200, Failure = null };
            request.AddOut(2048);
            request.TryFinish(TimeSpan.FromMilliseconds(42));
            view.Finished(request);
        }

        string page = output.ToString();
        Assert.Contains("shop: online", page, StringComparison.Ordinal);
        Assert.Contains("https://hub.example.com/agents/shop/", page, StringComparison.Ordinal);
        Assert.Contains("/pets?[red]=[/]", page, StringComparison.Ordinal);
        Assert.Contains("42 ms", page, StringComparison.Ordinal);
        Assert.Contains("2.0 KiB", page, StringComparison.Ordinal);
        Assert.Contains("[bold]beware", page, StringComparison.Ordinal);
        Assert.DoesNotContain('\u001b', page);
    }
}
