using System.Text.Json;
using SocketRest.Cli.Expose;

namespace SocketRest.Cli.Tests.Expose;

/// <summary>What a service or a script reads of an exposed service, with and without its requests.</summary>
public sealed class LineViewTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Plain_lines_say_what_happens_and_quiet_ones_leave_out_the_requests(bool quiet)
    {
        using var output = new StringWriter();
        using var error = new StringWriter();
        await PlayAsync(new PlainView(output, error, TimeProvider.System, quiet));

        string[] lines = [.. output.ToString().TrimEnd().Split(Environment.NewLine).Select(line => line[9..])];
        string[] states = ["online   http://hub/agents/shop/  (reconnected 2x)", "interrupted  The socket was lost."];
        string[] requests = quiet ? [] : ["200 POST   /pets?a=b  42 ms  3 B in, 2.0 KiB out", "--- GET    /gone  1.0 ms  0 B in, 0 B out  the caller gave up"];
        Assert.Equal([states[0], .. requests, states[1]], lines);
        Assert.Equal("beware", error.ToString().TrimEnd());
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Objects_say_what_happens_and_quiet_ones_leave_out_the_requests(bool quiet)
    {
        using var output = new StringWriter();
        await PlayAsync(new JsonView(output, TimeProvider.System, quiet));

        JsonElement[] said = [.. output.ToString().TrimEnd().Split(Environment.NewLine).Select(line => JsonDocument.Parse(line).RootElement)];
        Assert.Equal(
            quiet ? ["online", "warning", "interrupted"] : ["online", "warning", "request", "request", "interrupted"],
            said.Select(one => one.GetProperty("event").GetString()));
        Assert.All(said, one => Assert.True(one.GetProperty("at").GetDateTime() > DateTime.UnixEpoch));
        Assert.Equal(("http://hub/agents/shop/", 2), (said[0].GetProperty("addresses")[0].GetString(), said[0].GetProperty("reconnects").GetInt32()));
        Assert.Equal("The socket was lost.", said[^1].GetProperty("reason").GetString());
        if (!quiet)
        {
            Assert.Equal(("POST", "/pets?a=b", 200, 42.0, 3, 2048), (said[2].GetProperty("method").GetString(), said[2].GetProperty("path").GetString(),
                said[2].GetProperty("status").GetInt32(), said[2].GetProperty("durationMs").GetDouble(), said[2].GetProperty("bytesIn").GetInt32(), said[2].GetProperty("bytesOut").GetInt32()));
            Assert.Equal((JsonValueKind.Null, "the caller gave up"), (said[3].GetProperty("status").ValueKind, said[3].GetProperty("failure").GetString()));
        }
    }

    private static async Task PlayAsync(IExposeView view)
    {
        await using (view)
        {
            view.Online([new Uri("http://hub/agents/shop/")], reconnects: 2);
            view.Warn("beware");
            var request = new ExposedRequest("POST", "/pets?a=b", DateTimeOffset.UtcNow) { Status = 200 };
            request.AddIn(3);
            request.AddOut(2048);
            request.TryFinish(TimeSpan.FromMilliseconds(42));
            view.Finished(request);
            var gone = new ExposedRequest("GET", "/gone", DateTimeOffset.UtcNow) { Failure = "the caller gave up" };
            gone.TryFinish(TimeSpan.FromMilliseconds(1));
            view.Finished(gone);
            view.Offline("interrupted", "The socket was lost.");
        }
    }
}
