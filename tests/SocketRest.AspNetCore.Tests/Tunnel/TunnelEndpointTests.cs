using System.Net;
using System.Net.WebSockets;
using System.Security.Claims;
using System.Text.Encodings.Web;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Authorization.Policy;
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
        await using var tunnel = new SocketRestClient(new SocketRestClientOptions { Uri = hub.Tunnel, FailFastWhileDisconnected = true });
        using HttpClient client = tunnel.CreateClient();
        await using IAsyncEnumerator<SocketRestStateChange> changes = tunnel.StateChanges.GetAsyncEnumerator();
        using var giveUp = new CancellationTokenSource();
        Task<SocketRestConnection> connecting = tunnel.GetConnectionAsync(giveUp.Token);
        Assert.True(await changes.MoveNextAsync().AsTask().InTime() && await changes.MoveNextAsync().AsTask().InTime());
        Assert.Equal(SocketRestErrorCode.Unauthorized, changes.Current.Reason!.ErrorCode);
        await giveUp.CancelAsync();
        var cancelled = await Assert.ThrowsAnyAsync<OperationCanceledException>(() => connecting.InTime());
        Assert.Equal(SocketRestErrorCode.Unauthorized, Assert.IsType<SocketRestException>(cancelled.InnerException).ErrorCode);

        HttpRequestException exception = await Assert.ThrowsAsync<HttpRequestException>(() => client.GetAsync("/").InTime());

        Assert.Equal(HttpRequestError.UserAuthenticationError, exception.HttpRequestError);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Upgrade_that_authorization_refuses_is_answered_with_a_reason_whoever_was_registered_first(bool authorizationFirst)
    {
        await using TestHub hub = await TestHub.StartAsync(
            app =>
            {
                app.UseAuthentication();
                app.UseAuthorization();
                app.MapGet("/private", () => "private").RequireAuthorization("kiln-7");
            },
            build: builder =>
            {
                builder.Services.AddAuthentication("Ticket").AddScheme<AuthenticationSchemeOptions, TicketHandler>("Ticket", null);
                builder.Services.AddAuthorization(options => options.AddPolicy("kiln-7", policy => policy.RequireUserName("kiln-7")));
                if (authorizationFirst)
                {
                    ServiceDescriptor[] ours = [.. builder.Services.Where(service => service.ServiceType.FullName!.Contains("Authorization", StringComparison.Ordinal)
                        && service.ImplementationFactory is not null)];
                    Array.ForEach(ours, service => builder.Services.Remove(service));
                    builder.Services.AddSingleton<IAuthorizationMiddlewareResultHandler, AuthorizationMiddlewareResultHandler>();
                    builder.Services.AddSocketRest();
                }
            },
            tunnel: endpoint => endpoint.RequireAuthorization("kiln-7"));

        using UpgradeAttempt nobody = await UpgradeAttempt.SendAsync(hub.Tunnel);
        Assert.Contains("credentials", await nobody.ExpectRefusalAsync(401), StringComparison.Ordinal);
        using UpgradeAttempt other = await UpgradeAttempt.SendAsync(hub.Tunnel, ("X-Ticket", "kiln-8"));
        Assert.Contains("not for the user", await other.ExpectRefusalAsync(403), StringComparison.Ordinal);
        using UpgradeAttempt right = await UpgradeAttempt.SendAsync(hub.Tunnel, ("X-Ticket", "kiln-7"));
        Assert.Equal(101, right.Status);

        // Other endpoints answer as they always did.
        using UpgradeAttempt elsewhere = await UpgradeAttempt.SendAsync(new Uri(hub.Address, "/private"), ("X-Ticket", "kiln-8"));
        Assert.Equal(403, elsewhere.Status);
        Assert.Empty(await elsewhere.Response.Content.ReadAsStringAsync().InTime());
    }

    [Fact]
    public async Task Cookie_authentication_refuses_an_upgrade_and_does_not_send_it_to_a_page()
    {
        await using TestHub hub = await TestHub.StartAsync(
            app =>
            {
                app.UseAuthentication();
                app.UseAuthorization();
            },
            build: builder =>
            {
                builder.Services.AddAuthentication("Cookies").AddCookie("Cookies", options => options.LoginPath = "/login");
                builder.Services.AddAuthorization();
            },
            tunnel: endpoint => endpoint.RequireAuthorization());

        using UpgradeAttempt nobody = await UpgradeAttempt.SendAsync(hub.Tunnel);

        await nobody.ExpectRefusalAsync(401);
    }

    [Fact]
    public async Task Authorization_that_the_pipeline_lacks_lets_nobody_in()
    {
        await using TestHub hub = await TestHub.StartAsync(tunnel: endpoint => endpoint.RequireAuthorization());
        hub.ExpectsErrors = true;

        using UpgradeAttempt attempt = await UpgradeAttempt.SendAsync(hub.Tunnel);

        Assert.Equal(500, attempt.Status);
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
