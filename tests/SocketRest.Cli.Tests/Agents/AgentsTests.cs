using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using SocketRest.Cli.Configuration;
using SocketRest.Cli.Hub.Authentication;

namespace SocketRest.Cli.Tests.Agents;

/// <summary>The table, against a management API that is as the contract says.</summary>
public sealed class AgentsTests : IAsyncLifetime
{
    private const string Kiln = """
        { "id": "c1", "name": "kiln-7", "instance": "i", "state": "connected", "metadata": { "site": "north" }, "user": null, "remoteAddress": "10.0.0.7",
          "connectedAt": "2026-01-01T00:00:00Z", "roundTripMs": 12.5, "openStreams": 3, "callsToAgent": 41, "callsFromAgent": 0, "bytesSent": 2048, "bytesReceived": 100 }
        """;

    private const string Shop = """
        { "id": "c2", "name": "shop\u001b[2J", "instance": "i", "state": "interrupted", "metadata": {}, "user": "agent key 22222222", "remoteAddress": "10.0.0.8",
          "connectedAt": "2026-01-01T00:00:00Z", "roundTripMs": null, "openStreams": 0, "callsToAgent": 0, "callsFromAgent": 0, "bytesSent": 0, "bytesReceived": 0 }
        """;

    private WebApplication _hub = null!;
    private Func<HttpContext, string> _answer = null!;

    public async Task InitializeAsync()
    {
        _answer = context => context.Request.Query["cursor"] == "2"
            ? $$"""{ "items": [{{Shop}}], "next": null }"""
            : $$"""{ "items": [{{Kiln}}], "next": "2" }""";
        WebApplicationBuilder builder = WebApplication.CreateBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        _hub = builder.Build();
        _hub.MapGet("/_hub/api/agents", (HttpContext context) => Results.Text(_answer(context), "application/json"));
        await _hub.StartAsync().InTime();
    }

    public async Task DisposeAsync() => await _hub.DisposeAsync();

    [Fact]
    public async Task Table_has_the_agents_of_all_pages()
    {
        CommandRun run = await CommandRun.RunAsync("agents", "--hub", _hub.Urls.First());

        Assert.Equal((0, ""), (run.ExitCode, run.Error));
        string[] lines = run.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(3, lines.Length);
        Assert.StartsWith("NAME ", lines[0], StringComparison.Ordinal);
        Assert.Matches(@"^kiln-7\s+connected\s+10\.0\.0\.7\s+\d+ d \d+ h\s+12 ms\s+3\s+41\s+2\.0 KiB\s+100 B\s+c1$", lines[1].Replace("13 ms", "12 ms", StringComparison.Ordinal));
        Assert.Contains("interrupted", lines[2], StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_a_terminal_would_obey_is_not_printed() =>
        Assert.DoesNotContain('\u001b', (await CommandRun.RunAsync("agents", "--hub", _hub.Urls.First())).Output);

    [Fact]
    public async Task Json_is_what_the_hub_says_an_object_a_line()
    {
        CommandRun run = await CommandRun.RunAsync("agents", "--json", "--hub", _hub.Urls.First());

        string[] lines = run.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(2, lines.Length);
        Assert.Equal("north", JsonDocument.Parse(lines[0]).RootElement.GetProperty("metadata").GetProperty("site").GetString());
    }

    [Fact]
    public async Task Key_is_sent()
    {
        string? key = null;
        _answer = context =>
        {
            key = context.Request.Headers[PresentedKey.Header];
            return """{ "items": [] }""";
        };

        CommandRun run = await CommandRun.RunAsync("agents", "--key", "sr-operator.22222222.x", "--hub", _hub.Urls.First());

        Assert.Equal((0, "sr-operator.22222222.x"), (run.ExitCode, key));
    }

    [Theory]
    [InlineData("hello")]
    [InlineData("[]")]
    [InlineData("""{ "items": [{ "id": 3 }] }""")]
    public async Task What_is_no_management_API_is_said_to_be_none(string answer)
    {
        _answer = _ => answer;

        CommandRun run = await CommandRun.RunAsync("agents", "--hub", _hub.Urls.First());

        Assert.Equal((int)ExitCode.Failure, run.ExitCode);
        Assert.Contains("not the management API", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Hub_that_is_not_there_is_a_sentence()
    {
        string address = _hub.Urls.First();
        await _hub.DisposeAsync();

        CommandRun run = await CommandRun.RunAsync("agents", "--hub", address);

        Assert.Equal((int)ExitCode.HubUnreachable, run.ExitCode);
    }

    [Fact]
    public async Task Watching_asks_again_until_it_is_interrupted()
    {
        int asked = 0;
        _answer = _ => $$"""{ "items": [{{Kiln.Replace("kiln-7", $"kiln-{++asked}", StringComparison.Ordinal)}}] }""";
        await using var watch = CommandProcess.Start("agents", "--watch", "--hub", _hub.Urls.First());

        await watch.LineAsync("kiln-1 ");
        await watch.LineAsync("kiln-2 ");

        Assert.Equal(0, await watch.StopAsync());
    }

    [Fact]
    public async Task Watching_goes_on_when_the_hub_fails_meanwhile()
    {
        int asked = 0;
        _answer = _ => ++asked == 2 ? "no hub" : $$"""{ "items": [{{Kiln.Replace("kiln-7", $"kiln-{asked}", StringComparison.Ordinal)}}] }""";
        await using var watch = CommandProcess.Start("agents", "--watch", "--hub", _hub.Urls.First());

        await watch.LineAsync("kiln-1 ");
        await watch.LineAsync("not the management API");
        await watch.LineAsync("kiln-3 ");

        Assert.Equal(0, await watch.StopAsync());
    }
}
