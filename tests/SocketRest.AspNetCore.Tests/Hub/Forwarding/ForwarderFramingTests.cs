using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace SocketRest.AspNetCore.Tests.Forwarding;

/// <summary>Requests whose end two readers could see in two places die at the edge: the agent never hears of them.</summary>
public sealed class ForwarderFramingTests
{
    [Theory]
    [InlineData("two lengths", "POST /agents/kiln/ HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabcd")]
    [InlineData("the same length twice", "POST /agents/kiln/ HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\nContent-Length: 3\r\n\r\nabc")]
    [InlineData("a list of lengths", "POST /agents/kiln/ HTTP/1.1\r\nHost: h\r\nContent-Length: 3, 4\r\n\r\nabcd")]
    [InlineData("a negative length", "POST /agents/kiln/ HTTP/1.1\r\nHost: h\r\nContent-Length: -3\r\n\r\nabc")]
    [InlineData("a length in hexadecimal", "POST /agents/kiln/ HTTP/1.1\r\nHost: h\r\nContent-Length: 0x3\r\n\r\nabc")]
    [InlineData("length and chunked", "POST /agents/kiln/ HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n")]
    [InlineData("chunked and length", "POST /agents/kiln/ HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n0\r\n\r\n")]
    [InlineData("another coding last", "POST /agents/kiln/ HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n")]
    [InlineData("a coding in front", "POST /agents/kiln/ HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n")]
    [InlineData("chunked twice", "POST /agents/kiln/ HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n")]
    [InlineData("a coding that is none", "POST /agents/kiln/ HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: xchunked\r\n\r\n0\r\n\r\n")]
    [InlineData("a vertical tab in the coding", "POST /agents/kiln/ HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: \vchunked\r\n\r\n0\r\n\r\n")]
    [InlineData("a space before the colon", "POST /agents/kiln/ HTTP/1.1\r\nHost: h\r\nTransfer-Encoding : chunked\r\n\r\n0\r\n\r\n")]
    [InlineData("a folded line", "GET /agents/kiln/ HTTP/1.1\r\nHost: h\r\nX-One: a\r\n b\r\n\r\n")]
    [InlineData("a folded coding", "POST /agents/kiln/ HTTP/1.1\r\nHost: h\r\nTransfer-Encoding:\r\n chunked\r\n\r\n0\r\n\r\n")]
    [InlineData("a bare CR in a value", "GET /agents/kiln/ HTTP/1.1\r\nHost: h\r\nX-One: a\rX-Two: b\r\n\r\n")]
    [InlineData("a NUL in a value", "GET /agents/kiln/ HTTP/1.1\r\nHost: h\r\nX-One: a\0b\r\n\r\n")]
    [InlineData("a bare CR in the target", "GET /agents/kiln/\rx HTTP/1.1\r\nHost: h\r\n\r\n")]
    [InlineData("no host", "GET /agents/kiln/ HTTP/1.1\r\n\r\n")]
    [InlineData("two hosts", "GET /agents/kiln/ HTTP/1.1\r\nHost: h\r\nHost: i\r\n\r\n")]
    [InlineData("a bare LF in a chunk extension", "POST /agents/kiln/read HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n3;a\nabc\r\n0\r\n\r\n")]
    [InlineData("a bare CR in a chunk extension", "POST /agents/kiln/read HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n3;a\rb\r\nabc\r\n0\r\n\r\n")]
    [InlineData("a bad chunk size", "POST /agents/kiln/read HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n0x3\r\nabc\r\n0\r\n\r\n")]
    public async Task Request_with(string what, string request)
    {
        await using ForwardingHub hub = await StartAsync();
        using RawHttp raw = await hub.ConnectAsync();

        // What a smuggler would have behind it.
        await raw.SendAsync(request + "GET /agents/kiln/smuggled HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");

        string answer = await raw.ReadToEndAsync() ?? "reset";
        Assert.True(answer == "reset" || answer.StartsWith("HTTP/1.1 4", StringComparison.Ordinal), $"{what}: {answer}");
        Assert.DoesNotContain("agent saw", answer, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("a bare LF ends a line", "GET /agents/kiln/ HTTP/1.1\r\nHost: h\nX-One: a\r\n\r\n")]
    [InlineData("a bare LF in the value", "GET /agents/kiln/ HTTP/1.1\r\nHost: h\r\nX-One: a\nTransfer-Encoding: chunked\r\n\r\n")]
    public async Task Bare_line_feed_hides_nothing(string what, string request)
    {
        await using ForwardingHub hub = await StartAsync();
        using RawHttp raw = await hub.ConnectAsync();

        await raw.SendAsync(request);
        raw.EndSending();

        // A server may take it for the end of a line (RFC 9112 section 2.2); what the agent sees is one request with fields of one line each, whatever it took.
        string answer = await raw.ReadToEndAsync() ?? "reset";
        Assert.False(answer.Contains("agent saw", StringComparison.Ordinal) && answer.Contains('\n' + "X-One", StringComparison.Ordinal), $"{what}: {answer}");
    }

    [Fact]
    public async Task Requests_that_follow_each_other_stay_apart()
    {
        await using ForwardingHub hub = await StartAsync();
        using RawHttp raw = await hub.ConnectAsync();

        const string Smuggled = "GET /agents/kiln/smuggled HTTP/1.1\r\nHost: h\r\n\r\n";
        await raw.SendAsync(
            $"POST /agents/kiln/read HTTP/1.1\r\nHost: h\r\nContent-Length: {Smuggled.Length}\r\n\r\n{Smuggled}"
            + "POST /agents/kiln/read HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n3;ext=1\r\nabc\r\n0\r\n\r\n"
            + "GET /agents/kiln/last HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");

        string? answer = await raw.ReadToEndAsync();
        Assert.Equal(3, answer!.Split("HTTP/1.1 200").Length - 1);
        Assert.Contains($"agent saw POST /read {Smuggled.Length}", answer, StringComparison.Ordinal);
        Assert.Contains("agent saw POST /read 3", answer, StringComparison.Ordinal);
        Assert.Contains("agent saw GET /last 0", answer, StringComparison.Ordinal);
        Assert.DoesNotContain("agent saw GET /smuggled", answer, StringComparison.Ordinal);
    }

    private static async Task<ForwardingHub> StartAsync()
    {
        ForwardingHub hub = await ForwardingHub.StartAsync();
        await hub.AddAgentAsync("kiln", app => app.Run(async context =>
        {
            using var body = new MemoryStream();
            await context.Request.Body.CopyToAsync(body);
            await context.Response.WriteAsync($"agent saw {context.Request.Method} {context.Request.Path} {body.Length}");
        }));
        return hub;
    }
}
