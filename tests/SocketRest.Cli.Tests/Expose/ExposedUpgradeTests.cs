using System.Net;
using System.Text;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using SocketRest.Cli.Expose;

namespace SocketRest.Cli.Tests.Expose;

/// <summary>A service that speaks a protocol of its own after an Upgrade, called from outside through hub and agent.</summary>
public sealed class ExposedUpgradeTests : IAsyncLifetime
{
    private LocalService _service = null!;
    private ExposedService _shop = null!;

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync()
    {
        await _shop.DisposeAsync();
        await _service.DisposeAsync();
    }

    [Fact]
    public async Task Offer_that_the_service_takes_opens_both_directions()
    {
        await ExposeAsync(HttpProtocols.Http1);
        using HttpRequestMessage offer = Offer("");

        using HttpResponseMessage response = await _shop.Hub.Http.SendAsync(offer, HttpCompletionOption.ResponseHeadersRead).InTime();

        Assert.Equal((HttpStatusCode.SwitchingProtocols, "POST"), (response.StatusCode, response.Headers.GetValues("X-Method").Single()));
        Assert.Equal("chat/2", response.Headers.Upgrade.Single().ToString());
        await using (Stream stream = await response.Content.ReadAsStreamAsync())
        {
            Assert.Equal("welcome ", await ReadAsync(stream, 8));
            foreach (string word in new[] { "one", "\0\r\n\r\n", new string('x', 50_000) })
            {
                await stream.WriteAsync(Encoding.ASCII.GetBytes(word)).AsTask().InTime();
                await stream.FlushAsync().InTime();
                Assert.Equal(word, await ReadAsync(stream, word.Length));
            }
        }

        ExposedRequest seen = await _shop.View.RequestAsync();
        Assert.Equal(("POST", "/chat", 101, 50_008L, 50_016L), (seen.Method, seen.Path.TrimEnd('?'), seen.Status, seen.BytesIn, seen.BytesOut));
    }

    [Theory]
    [InlineData(HttpProtocols.Http1)]
    [InlineData(HttpProtocols.Http2)]
    public async Task Offer_that_the_service_leaves_is_an_ordinary_request(HttpProtocols protocols)
    {
        await ExposeAsync(protocols);
        for (int i = 0; i < 3; i++)
        {
            using HttpResponseMessage response = await _shop.Hub.Http.SendAsync(Offer("?leave=it")).InTime();

            Assert.Equal((HttpStatusCode.OK, "POST left"), (response.StatusCode, await response.Content.ReadAsStringAsync()));
            Assert.Equal(200, (await _shop.View.RequestAsync()).Status);
        }
    }

    private static HttpRequestMessage Offer(string query)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, "/agents/shop/chat" + query);
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

    private async Task ExposeAsync(HttpProtocols protocols)
    {
        _service = await LocalService.StartAsync(protocols);
        _shop = await ExposedService.StartAsync(new UpstreamOptions { Address = _service.Address, Http2 = protocols == HttpProtocols.Http2 });
    }
}
