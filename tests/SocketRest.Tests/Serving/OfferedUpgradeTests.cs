using System.Net;
using System.Text;

namespace SocketRest.Tests.Serving;

/// <summary>An Upgrade of HTTP/1.1 reaches a delegate as one, and may be left.</summary>
public sealed class OfferedUpgradeTests : IAsyncLifetime
{
    private readonly Stack<IAsyncDisposable> _open = new();

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync()
    {
        while (_open.TryPop(out IAsyncDisposable? one))
        {
            await one.DisposeAsync();
        }
    }

    [Fact]
    public async Task Answer_of_101_opens_both_directions()
    {
        string? asked = null;
        HttpClient client = await ServeAsync(servesUpgrades: true, async (request, cancellationToken) =>
        {
            asked = $"{request.Method} {request.Headers.Upgrade} {request.Headers.Connection} {request.Headers.Protocol}{request.Headers.Contains("socketrest-offer")}";
            return new HttpResponseMessage(HttpStatusCode.SwitchingProtocols)
            {
                Content = new StreamContent(await request.Content!.ReadAsStreamAsync(cancellationToken)),
                Headers = { { "X-Answer", "yes" } },
            };
        });

        using HttpResponseMessage response = await client.SendAsync(Offer(), HttpCompletionOption.ResponseHeadersRead).InTime();

        Assert.Equal("PUT chat Upgrade False", asked);
        Assert.Equal((HttpStatusCode.SwitchingProtocols, "chat", "yes"), (response.StatusCode, response.Headers.Upgrade.Single().Name, response.Headers.GetValues("X-Answer").Single()));
        Stream duplex = await response.Content.ReadAsStreamAsync();
        var buffer = new byte[10];
        foreach (string word in new[] { "one", "three" })
        {
            await duplex.WriteAsync(Encoding.ASCII.GetBytes(word)).AsTask().InTime();
            Assert.Equal(word, Encoding.ASCII.GetString(buffer, 0, await duplex.ReadAtLeastAsync(buffer, word.Length).AsTask().InTime()));
        }

        await duplex.DisposeAsync();
    }

    [Theory]
    [InlineData(true, 200)]
    [InlineData(true, 404)]
    [InlineData(false, 200)]
    [InlineData(false, 302)]
    public async Task Any_other_answer_is_that_to_the_request_itself(bool servesUpgrades, int status)
    {
        HttpClient client = await ServeAsync(servesUpgrades, (request, _) => Task.FromResult(new HttpResponseMessage((HttpStatusCode)status)
        {
            Content = new StringContent($"{request.Method} {request.Headers.Upgrade.Count > 0} {request.Content is not null}"),
        }));
        for (int i = 0; i < 3; i++)
        {
            using HttpResponseMessage response = await client.SendAsync(Offer()).InTime();

            Assert.Equal((status, false), ((int)response.StatusCode, response.Headers.Contains("socketrest-offer")));
            Assert.Equal($"PUT {servesUpgrades} {servesUpgrades}", await response.Content.ReadAsStringAsync());
        }
    }

    [Fact]
    public async Task Answer_of_101_to_nothing_that_was_offered_is_a_defect()
    {
        HttpClient client = await ServeAsync(servesUpgrades: true, (_, _) => Task.FromResult(new HttpResponseMessage(HttpStatusCode.SwitchingProtocols)));

        using HttpResponseMessage response = await client.GetAsync("/").InTime();

        Assert.Equal(HttpStatusCode.InternalServerError, response.StatusCode);
    }

    private static HttpRequestMessage Offer()
    {
        var request = new HttpRequestMessage(HttpMethod.Put, "/line");
        request.Headers.TryAddWithoutValidation("Connection", "Upgrade");
        request.Headers.TryAddWithoutValidation("Upgrade", "chat");
        return request;
    }

    private async Task<HttpClient> ServeAsync(bool servesUpgrades, Func<HttpRequestMessage, CancellationToken, Task<HttpResponseMessage>> handler)
    {
        var listener = new InMemoryListener();
        _open.Push(listener);
        _open.Push(await SocketRestClient.ConnectAsync(listener.Options(options =>
        {
            options.RequestHandler = handler;
            options.ServeUpgrades = servesUpgrades;
        })).InTime());
        SocketRestHandler calls = (await listener.NextAsync()).CreateHandler();
        calls.AllowAutoRedirect = false;
        return new HttpClient(calls) { BaseAddress = new Uri("http://device/"), Timeout = Patience.Limit };
    }
}
