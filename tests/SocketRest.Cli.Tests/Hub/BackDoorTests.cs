using System.Net;
using SocketRest.Cli.Hub;
using SocketRest.Cli.Keys;

namespace SocketRest.Cli.Tests.Hub;

/// <summary>What an agent tries with the requests that the hub passes to it: to have others, or the hub itself, do what its own key does not allow.</summary>
public sealed class BackDoorTests : IAsyncLifetime, IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private string _agent = "";
    private string _operator = "";
    private RunningHub _hub = null!;

    private string KeyPath => _folder.File("hub.keys");

    public async Task InitializeAsync()
    {
        _agent = await RunningHub.AddKeyAsync(KeyPath, KeyKind.Agent, "shop");
        _operator = await RunningHub.AddKeyAsync(KeyPath, KeyKind.Operator);
        _hub = await RunningHub.StartAsync(new HubOptions { KeysFile = KeyPath, Public = true });
    }

    public async Task DisposeAsync() => await _hub.DisposeAsync();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("/_hub/api/agents", HttpStatusCode.Unauthorized)]
    [InlineData("/_hub/api/events", HttpStatusCode.Unauthorized)]
    [InlineData("/metrics", HttpStatusCode.Unauthorized)]
    [InlineData("/tunnel", HttpStatusCode.Unauthorized)]
    [InlineData("/agents/shop/again", HttpStatusCode.LoopDetected)]
    public async Task Operators_request_that_an_agent_sends_back_to_the_hub_has_no_key_and_no_second_turn(string path, HttpStatusCode expected)
    {
        using var http = new HttpMessageInvoker(new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false });
        await using SocketRestClient shop = await _hub.ConnectAsync("shop", _agent, options => options.RequestHandler = (request, cancellationToken) =>
        {
            // All that it was given, and to the address that everybody knows.
            var back = new HttpRequestMessage(request.Method, new Uri(_hub.Address, request.RequestUri!.PathAndQuery));
            foreach ((string name, var values) in request.Headers.NonValidated)
                back.Headers.TryAddWithoutValidation(name, values);
            back.Headers.Host = null;
            return http.SendAsync(back, cancellationToken);
        });

        using HttpResponseMessage bearer = await _hub.GetAsync("/agents/shop" + path, _operator);
        using HttpResponseMessage field = await _hub.GetAsync("/agents/shop" + path, key: null, ("SocketRest-Key", _operator));

        Assert.Equal((expected, expected), (bearer.StatusCode, field.StatusCode));
    }

    [Fact]
    public async Task Redirect_to_the_hub_is_the_callers_to_follow_and_nobody_elses()
    {
        await using SocketRestClient shop = await _hub.ConnectAsync("shop", _agent, options => options.RequestHandler = (_, _) =>
            Task.FromResult(new HttpResponseMessage(HttpStatusCode.TemporaryRedirect) { Headers = { Location = new Uri(_hub.Address, "/_hub/api/agents") } }));
        using var caller = new HttpMessageInvoker(new SocketsHttpHandler { AllowAutoRedirect = false });
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(_hub.Address, "/agents/shop/")) { Headers = { { "SocketRest-Key", _operator } } };

        using HttpResponseMessage response = await caller.SendAsync(request, default).InTime();
        CommandRun run = await CommandRun.RunAsync("call", "shop/", "--include", "--hub", _hub.Address.ToString(), "--key", _operator);

        Assert.Equal((HttpStatusCode.TemporaryRedirect, new Uri(_hub.Address, "/_hub/api/agents")), (response.StatusCode, response.Headers.Location));
        Assert.Equal("", await response.Content.ReadAsStringAsync());
        Assert.StartsWith("HTTP/1.1 307 ", System.Text.Encoding.UTF8.GetString(run.Bytes), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Answer_has_the_date_of_the_hub_where_the_agent_gave_none()
    {
        await using SocketRestClient shop = await _hub.ConnectAsync("shop", _agent);

        using HttpResponseMessage response = await _hub.GetAsync("/agents/shop/");

        Assert.True(DateTimeOffset.TryParse(Assert.Single(response.Headers.GetValues("Date")), out _));
    }
}
