using System.Net;
using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace SocketRest.AspNetCore.Tests.Conformance;

/// <summary>An Upgrade of HTTP/1.1 to a protocol that is no WebSocket (RFC 9110 section 7.8): an offer, which the application takes or leaves.</summary>
public abstract class UpgradeTests<TTransport> : ConformanceTests<TTransport>
    where TTransport : ITransport, new()
{
    [FactIf(Capability.Upgrades)]
    public async Task Bytes_pass_both_ways_once_the_offer_is_taken()
    {
        HttpClient client = await ServeAsync(async context =>
        {
            HttpRequest request = context.Request;
            string seen = $"{request.Method} {request.Path}{request.QueryString} {request.Protocol} {request.Headers.Connection} {request.Headers.Upgrade} {request.Headers["X-One"]}";
            context.Response.Headers.Upgrade = "chat/2";
            context.Response.Headers["X-Seen"] = seen;
            await using Stream stream = await context.Features.GetRequiredFeature<IHttpUpgradeFeature>().UpgradeAsync();
            await stream.WriteAsync(Encoding.ASCII.GetBytes($"{context.Response.StatusCode}"));
            await stream.FlushAsync();
            await stream.CopyToAsync(stream);
        });
        using HttpRequestMessage offer = Offer(HttpMethod.Get, "/line?a=b");
        offer.Headers.Add("X-One", "1");

        using HttpResponseMessage response = await client.SendAsync(offer, HttpCompletionOption.ResponseHeadersRead).InTime();

        Assert.Equal((HttpStatusCode.SwitchingProtocols, "chat/2"), (response.StatusCode, response.Headers.Upgrade.Single().ToString()));
        Assert.Equal("GET /line?a=b HTTP/1.1 Upgrade chat/2 1", response.Headers.GetValues("X-Seen").Single());
        await using Stream stream = await response.Content.ReadAsStreamAsync().InTime();
        Assert.Equal("101", await ReadAsync(stream, 3));
        foreach (string word in (string[])["one", "\0\r\n\r\n", new string('x', 40_000)])
        {
            await stream.WriteAsync(Encoding.ASCII.GetBytes(word)).AsTask().InTime();
            await stream.FlushAsync().InTime();
            Assert.Equal(word, await ReadAsync(stream, word.Length));
        }
    }

    [FactIf(Capability.Upgrades)]
    public async Task Application_that_ends_ends_the_stream()
    {
        HttpClient client = await ServeAsync(async context =>
        {
            context.Response.Headers.Upgrade = "chat/2";
            Stream stream = await context.Features.GetRequiredFeature<IHttpUpgradeFeature>().UpgradeAsync();
            await stream.WriteAsync("bye"u8.ToArray());
        });

        using HttpResponseMessage response = await client.SendAsync(Offer(HttpMethod.Get, "/"), HttpCompletionOption.ResponseHeadersRead).InTime();

        Assert.Equal("bye", await new StreamReader(await response.Content.ReadAsStreamAsync()).ReadToEndAsync().InTime());
    }

    [FactIf(Capability.Upgrades)]
    public async Task Caller_that_is_gone_is_gone_for_the_application()
    {
        var over = new Signal();
        HttpClient client = await ServeAsync(async context =>
        {
            context.Response.Headers.Upgrade = "chat/2";
            Stream stream = await context.Features.GetRequiredFeature<IHttpUpgradeFeature>().UpgradeAsync();

            // An end or a failure, as the transport has it.
            await Record.ExceptionAsync(async () => await stream.ReadExactlyAsync(new byte[1]));
            over.Release();
        });
        HttpResponseMessage response = await client.SendAsync(Offer(HttpMethod.Get, "/"), HttpCompletionOption.ResponseHeadersRead).InTime();

        response.Dispose();

        await over.NextAsync();
    }

    [TheoryIf(Capability.Upgrades)]
    [InlineData("GET", 200)]
    [InlineData("POST", 201)]
    [InlineData("DELETE", 204)]
    [InlineData("GET", 404)]
    [InlineData("GET", 302)]
    public async Task Offer_that_is_left_is_an_ordinary_request(string method, int status)
    {
        HttpClient client = await ServeAsync(async context =>
        {
            var said = new MemoryStream();
            await context.Request.Body.CopyToAsync(said);
            context.Response.StatusCode = status;
            context.Response.Headers["X-Seen"] = $"{context.Request.Method} {said.Length} {context.Features.Get<IHttpRequestBodyDetectionFeature>()?.CanHaveBody}";
            if (status != 204)
            {
                await context.Response.WriteAsync("no, thank you");
            }
        });
        for (int i = 0; i < 3; i++)
        {
            using HttpResponseMessage response = await client.SendAsync(Offer(new HttpMethod(method), "/")).InTime();

            Assert.Equal(status, (int)response.StatusCode);
            Assert.Equal($"{method} 0 False", response.Headers.GetValues("X-Seen").Single());
            Assert.Equal(status == 204 ? "" : "no, thank you", await response.Content.ReadAsStringAsync().InTime());
        }
    }

    [FactIf(Capability.Upgrades)]
    public async Task Offer_is_taken_once_and_before_the_response_begins()
    {
        var outcome = new TaskCompletionSource<(Exception? Twice, Exception? Late)>(TaskCreationOptions.RunContinuationsAsynchronously);
        Exception? twice = null;
        HttpClient client = await ServeAsync(async context =>
        {
            IHttpUpgradeFeature upgrade = context.Features.GetRequiredFeature<IHttpUpgradeFeature>();
            if (context.Request.Path == "/late")
            {
                await context.Response.WriteAsync("begun");
                await context.Response.Body.FlushAsync();
                outcome.SetResult((twice, await Record.ExceptionAsync(upgrade.UpgradeAsync)));
                return;
            }

            context.Response.Headers.Upgrade = "chat/2";
            await upgrade.UpgradeAsync();
            twice = await Record.ExceptionAsync(upgrade.UpgradeAsync);
        });

        using HttpResponseMessage first = await client.SendAsync(Offer(HttpMethod.Get, "/twice"), HttpCompletionOption.ResponseHeadersRead).InTime();
        await new StreamReader(await first.Content.ReadAsStreamAsync()).ReadToEndAsync().InTime();
        await Record.ExceptionAsync(() => client.SendAsync(Offer(HttpMethod.Get, "/late"))).InTime();

        (Exception? again, Exception? late) = await outcome.Task.InTime();
        Assert.IsType<InvalidOperationException>(again);
        Assert.IsType<InvalidOperationException>(late);
    }

    [FactIf(Capability.Upgrades)]
    public async Task Request_without_an_offer_is_not_upgradable()
    {
        HttpClient client = await ServeAsync(async context =>
            await context.Response.WriteAsync($"{context.Features.Get<IHttpUpgradeFeature>()?.IsUpgradableRequest == true}"));
        using var withBody = new HttpRequestMessage(HttpMethod.Post, "/") { Content = new StringContent("body") };
        withBody.Headers.TryAddWithoutValidation("Connection", "Upgrade");
        withBody.Headers.TryAddWithoutValidation("Upgrade", "chat/2");

        Assert.Equal("False", await client.GetStringAsync("/").InTime());
        using HttpResponseMessage response = await client.SendAsync(withBody).InTime();
        Assert.Equal("False", await response.Content.ReadAsStringAsync().InTime());
    }

    private static HttpRequestMessage Offer(HttpMethod method, string target)
    {
        var request = new HttpRequestMessage(method, target);
        request.Headers.TryAddWithoutValidation("Connection", "Upgrade");
        request.Headers.TryAddWithoutValidation("Upgrade", "chat/2");
        return request;
    }

    private static async Task<string> ReadAsync(Stream stream, int count)
    {
        var buffer = new byte[count];
        await stream.ReadExactlyAsync(buffer).AsTask().InTime();
        return Encoding.ASCII.GetString(buffer);
    }
}
