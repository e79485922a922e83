using System.Net;
using System.Net.WebSockets;
using System.Security.Claims;
using System.Text.Encodings.Web;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using SocketRest.AspNetCore.Tests.Conformance;

namespace SocketRest.AspNetCore.Tests.Tunnel;

/// <summary>What the mapped endpoint lets in, and what it says to the rest.</summary>
public sealed class TunnelEndpointTests
{
    [Theory]
    [InlineData("GET")]
    [InlineData("POST")]
    public async Task Plain_request_is_told_that_this_is_a_tunnel(string method)
    {
        await using TestHub hub = await TestHub.StartAsync();
        using var client = new HttpClient();

        using HttpResponseMessage response = await client.SendAsync(new HttpRequestMessage(new HttpMethod(method), hub.Tunnel)).InTime();

        Assert.Equal(HttpStatusCode.UpgradeRequired, response.StatusCode);
        Assert.Equal("websocket", response.Headers.Upgrade.Single().Name);
        Assert.Contains("WebSocket", await response.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Another_subprotocol_is_refused()
    {
        await using TestHub hub = await TestHub.StartAsync();
        using var socket = new ClientWebSocket();
        socket.Options.AddSubProtocol("graphql-ws");
        socket.Options.CollectHttpResponseDetails = true;

        await Assert.ThrowsAsync<WebSocketException>(() => socket.ConnectAsync(new UriBuilder(hub.Tunnel) { Scheme = "ws" }.Uri, default).InTime());

        Assert.Equal(HttpStatusCode.BadRequest, socket.HttpStatusCode);
    }

    [Fact]
    public async Task Tunnel_works_beside_other_subprotocols_and_without_any()
    {
        await using TestHub hub = await TestHub.StartAsync(app => app.MapGet("/", () => "here"));
        foreach (string[] offered in new[] { [], new[] { "graphql-ws", "socketrest.v1" } })
        {
            await using SocketRestClient tunnel = await SocketRestClient.ConnectAsync(new SocketRestClientOptions
            {
                WebSocketFactory = async token =>
                {
                    var socket = new ClientWebSocket();
                    Array.ForEach(offered, socket.Options.AddSubProtocol);
                    await socket.ConnectAsync(new UriBuilder(hub.Tunnel) { Scheme = "ws" }.Uri, token);
                    Assert.Equal(offered.Length == 0 ? null : "socketrest.v1", socket.SubProtocol);
                    return socket;
                },
            }).InTime();
            using HttpClient client = tunnel.CreateClient();

            Assert.Equal("here", await client.GetStringAsync("/").InTime());
        }
    }

    [Fact]
    public async Task Tunnel_inside_a_tunnel_is_refused()
    {
        await using TestHub hub = await TestHub.StartAsync(app => app.MapGet("/", () => "here"));
        await using SocketRestClient outer = await hub.DialAsync();
        using var invoker = new HttpMessageInvoker(outer.CreateHandler());

        SocketRestException exception = await Assert.ThrowsAsync<SocketRestException>(
            () => SocketRestClient.ConnectAsync(hub.Tunnel, options => options.Invoker = invoker).InTime());

        Assert.Contains("400", exception.Message, StringComparison.Ordinal);
        Assert.Single(hub.Registry.Connections);
        using HttpClient client = outer.CreateClient();
        Assert.Equal("here", await client.GetStringAsync("/").InTime());
    }

    [Fact]
    public async Task Side_that_serves_nothing_refuses_calls_not_sent()
    {
        await using TestHub hub = await TestHub.StartAsync(app => app.MapGet("/", () => "here"), tunnel: _ => { });
        await using SocketRestClient tunnel = await hub.DialAsync();
        SocketRestConnection accepted = await hub.SideOfAsync(tunnel);
        Assert.False(tunnel.Connection!.PeerServes);

        foreach (HttpClient client in new[] { tunnel.CreateClient(), accepted.CreateClient() })
        {
            foreach (HttpContent? content in new[] { null, new ByteArrayContent(new byte[500_000]) })
            {
                using var request = new HttpRequestMessage(HttpMethod.Post, "/") { Content = content };
                SocketRestException exception = await TunnelClient.FailureAsync(client.SendAsync(request).InTime());
                Assert.Equal(SocketRestErrorCode.NotServed, exception.ErrorCode);
                Assert.Equal(RequestOutcome.NotSent, exception.Outcome);
            }
        }

        Assert.InRange(await accepted.PingAsync().InTime(), TimeSpan.Zero, Patience.Limit);
    }

    [Fact]
    public async Task Authorization_of_the_endpoint_decides_who_may_dial_and_who_the_connection_is()
    {
        await using TestHub hub = await TestHub.StartAsync(
            app =>
            {
                app.UseAuthentication();
                app.UseAuthorization();
            },
            build: builder =>
            {
                builder.Services.AddAuthentication("Ticket").AddScheme<AuthenticationSchemeOptions, TicketHandler>("Ticket", null);
                builder.Services.AddAuthorization();
            },
            tunnel: endpoint => endpoint.ServeApplication().RequireAuthorization());

        SocketRestException exception = await Assert.ThrowsAsync<SocketRestException>(() => hub.DialAsync());
        Assert.Equal(SocketRestErrorCode.Unauthorized, exception.ErrorCode);
        Assert.Contains("401", exception.Message, StringComparison.Ordinal);
        Assert.Contains("credentials", exception.Message, StringComparison.Ordinal);

        await using SocketRestClient tunnel = await hub.DialAsync(options =>
            options.ConfigureWebSocket = socket => socket.SetRequestHeader("X-Ticket", "kiln-7"));
        SocketRestConnection accepted = await hub.SideOfAsync(tunnel);
        Assert.Equal("kiln-7", accepted.User?.Identity?.Name);
        Assert.Null(tunnel.Connection!.User);
    }

    [Fact]
    public async Task Call_without_credentials_fails_as_an_authentication_error()
    {
        await using TestHub hub = await TestHub.StartAsync(
            app =>
            {
                app.UseAuthentication();
                app.UseAuthorization();
            },
            build: builder =>
            {
                builder.Services.AddAuthentication("Ticket").AddScheme<AuthenticationSchemeOptions, TicketHandler>("Ticket", null);
                builder.Services.AddAuthorization();
            },
            tunnel: endpoint => endpoint.RequireAuthorization());
        await using var tunnel = new SocketRestClient(new SocketRestClientOptions { Uri = hub.Tunnel });
        using HttpClient client = tunnel.CreateClient();

        HttpRequestException exception = await Assert.ThrowsAsync<HttpRequestException>(() => client.GetAsync("/").InTime());

        Assert.Equal(HttpRequestError.UserAuthenticationError, exception.HttpRequestError);
    }

#pragma warning disable CA1812 // Made by the authentication middleware.
    private sealed class TicketHandler(IOptionsMonitor<AuthenticationSchemeOptions> options, ILoggerFactory logger, UrlEncoder encoder)
#pragma warning restore CA1812
        : AuthenticationHandler<AuthenticationSchemeOptions>(options, logger, encoder)
    {
        protected override Task<AuthenticateResult> HandleAuthenticateAsync() => Task.FromResult(
            Request.Headers["X-Ticket"].ToString() is { Length: > 0 } name
                ? AuthenticateResult.Success(new AuthenticationTicket(
                    new ClaimsPrincipal(new ClaimsIdentity([new Claim(ClaimTypes.Name, name)], Scheme.Name)), Scheme.Name))
                : AuthenticateResult.NoResult());
    }
}
