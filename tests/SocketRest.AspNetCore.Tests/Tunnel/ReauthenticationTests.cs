using System.Security.Claims;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using SocketRest.AspNetCore.Tests.Conformance;

namespace SocketRest.AspNetCore.Tests.Tunnel;

/// <summary>New credentials on a live connection, looked at by the application's own authentication and policies.</summary>
public sealed class ReauthenticationTests
{
    private string? _token = "Bearer ann@home/reader/";

    [Fact]
    public async Task Calls_after_it_see_the_new_user_and_those_running_keep_the_old()
    {
        var running = new Signal();
        var goOn = new Signal();
        await using TestHub hub = await TokenHub.StartAsync(map: app => app.MapGet("/late", async (HttpContext context) =>
        {
            running.Release();
            await goOn.NextAsync();
            AuthenticateResult result = await context.AuthenticateAsync(SocketRestAuthenticationDefaults.AuthenticationScheme);
            return $"{TokenHub.Show(result.Principal)}, now {TokenHub.Show(context.Features.Get<ISocketRestConnectionFeature>()!.Connection.User)}";
        }));
        await using SocketRestClient tunnel = await DialAsync(hub);
        SocketRestConnection connection = tunnel.Connection!;
        using HttpClient client = tunnel.CreateClient();
        Task<string> late = client.GetStringAsync("/late");
        await running.NextAsync();
        Assert.Equal("ann reader", await client.GetStringAsync("/role").InTime());

        _token = "Bearer ann@home/writer/";
        await tunnel.ReauthenticateAsync().InTime();

        Assert.Equal("ann writer", await client.GetStringAsync("/role").InTime());
        Assert.Equal("ann writer", TokenHub.Show((await hub.SideOfAsync(tunnel)).User));
        goOn.Release();
        Assert.Equal("ann reader, now ann writer", await late.InTime());
        Assert.Same(connection, tunnel.Connection);
        goOn.Release();
        Assert.Equal("ann writer, now ann writer", await client.GetStringAsync("/late").InTime());
    }

    [Theory]
    [InlineData("Bearer nonsense", "missing, wrong or expired")]
    [InlineData("Basic ann", "missing, wrong or expired")]
    [InlineData("Bearer bob@home/writer/", "another user's")]
    [InlineData("Bearer ann@elsewhere/writer/", "another user's")]
    [InlineData("Bearer ann@home/guest/", "not for the user")]
    [InlineData("Bearer boom@home/writer/", "could not be decided")]
    public async Task What_is_refused_leaves_the_connection_with_its_user_and_is_quoted_nowhere(string token, string sentence)
    {
        var log = new EveryLine();
        await using TestHub hub = await TokenHub.StartAsync(
            tunnel: endpoint => endpoint.ServeApplication().RequireAuthorization("readers"),
            build: builder => builder.Logging.SetMinimumLevel(LogLevel.Trace).AddProvider(log));
        hub.ExpectsErrors = token.Contains("boom", StringComparison.Ordinal);
        await using SocketRestClient tunnel = await DialAsync(hub);
        using HttpClient client = tunnel.CreateClient();

        _token = token;
        SocketRestException refusal = await Assert.ThrowsAsync<SocketRestException>(() => tunnel.ReauthenticateAsync().InTime());

        Assert.Equal(SocketRestErrorCode.Unauthorized, refusal.ErrorCode);
        Assert.Contains(sentence, refusal.Message, StringComparison.Ordinal);
        Assert.Equal("ann reader", await client.GetStringAsync("/role").InTime());
        string credential = token.Split(' ')[1];
        Assert.DoesNotContain(credential, refusal.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain(log.Written, line => line.Contains($"{credential} ", StringComparison.Ordinal) || line.Contains(token, StringComparison.Ordinal));
        Assert.Contains(log.Written, line => line.Contains(sentence, StringComparison.Ordinal));

        _token = "Bearer ann@home/writer/";
        await tunnel.ReauthenticateAsync().InTime();
        Assert.Equal("ann writer", await client.GetStringAsync("/role").InTime());
    }

    [Fact]
    public async Task Schemes_of_the_endpoints_policy_are_asked_where_there_is_no_default()
    {
        await using TestHub hub = await TokenHub.StartAsync(
            tunnel: endpoint => endpoint.ServeApplication().RequireAuthorization("bearers"), defaultScheme: null);
        await using SocketRestClient tunnel = await DialAsync(hub);
        using HttpClient client = tunnel.CreateClient();

        _token = "Bearer ann@home/writer/";
        await tunnel.ReauthenticateAsync().InTime();

        Assert.Equal("ann writer", await client.GetStringAsync("/role").InTime());
    }

    [Fact]
    public async Task Without_a_policy_the_default_scheme_is_asked()
    {
        await using TestHub hub = await TokenHub.StartAsync(tunnel: endpoint => endpoint.ServeApplication());
        await using SocketRestClient tunnel = await DialAsync(hub);

        _token = "Bearer ann@home/guest/";
        await tunnel.ReauthenticateAsync().InTime();

        Assert.Equal("ann guest", TokenHub.Show((await hub.SideOfAsync(tunnel)).User));
    }

    [Fact]
    public async Task AuthorizeConnection_is_asked_again_and_sees_a_request_made_up_of_the_upgrade_and_the_new_field()
    {
        var asked = new List<string>();
        await using TestHub hub = await TokenHub.StartAsync(options => options.AuthorizeConnection = context =>
        {
            HttpRequest request = context.HttpContext.Request;
            lock (asked)
            {
                asked.Add(string.Join(
                    '|',
                    context.Reauthenticates,
                    context.Name,
                    TokenHub.Show(context.User),
                    TokenHub.Show(context.HttpContext.User),
                    request.Headers.Authorization,
                    $"{request.Scheme}://{request.Host}{request.Path}{request.QueryString}",
                    request.Headers["X-Other"],
                    context.HttpContext.Connection.RemoteIpAddress,
                    context.HttpContext.RequestServices.GetService<SocketRestConnectionRegistry>() is not null));
            }

            context.RefusalReason = "No guests here.";
            return new(context.User!.FindFirstValue("role") != "guest");
        });
        await using SocketRestClient tunnel = await hub.DialAsync(options =>
        {
            options.Name = "kiln-7";
            options.Uri = new Uri($"{hub.Tunnel}?access_token=old");
            options.AuthorizationProvider = _ => new(_token);
            options.ConfigureWebSocket = socket => socket.SetRequestHeader("X-Other", "old");
        });

        _token = "Bearer ann@home/writer/";
        await tunnel.ReauthenticateAsync().InTime();
        _token = "Bearer ann@home/guest/";
        SocketRestException refusal = await Assert.ThrowsAsync<SocketRestException>(() => tunnel.ReauthenticateAsync().InTime());

        string target = hub.Tunnel.ToString();
        Assert.Equal(
            [
                $"False|kiln-7|ann reader|ann reader|Bearer ann@home/reader/|{target}?access_token=old|old|127.0.0.1|True",
                $"True|kiln-7|ann writer|ann writer|Bearer ann@home/writer/|{target}||127.0.0.1|True",
                $"True|kiln-7|ann guest|ann guest|Bearer ann@home/guest/|{target}||127.0.0.1|True",
            ],
            asked);
        Assert.Contains("No guests here.", refusal.Message, StringComparison.Ordinal);
        Assert.Equal("ann writer", TokenHub.Show((await hub.SideOfAsync(tunnel)).User));
    }

    [Fact]
    public async Task Agent_renews_its_own()
    {
        await using TestHub hub = await TokenHub.StartAsync();
        await using TestAgent agent = await TestAgent.StartAsync(hub.Tunnel, configure: options => options.AuthorizationProvider = _ => new(_token));
        SocketRestConnection seen = await agent.SeenByAsync(hub);

        _token = "Bearer ann@home/writer/";
        await agent.Service.ReauthenticateAsync().InTime();

        Assert.Equal("ann writer", TokenHub.Show(seen.User));
        Assert.Same(seen, await agent.SeenByAsync(hub));
    }

    [Fact]
    public async Task Many_at_once_take_turns()
    {
        await using TestHub hub = await TokenHub.StartAsync();
        int asked = 0;
        await using SocketRestClient tunnel = await hub.DialAsync(
            options => options.AuthorizationProvider = _ => new($"Bearer ann@home/reader{Interlocked.Increment(ref asked)}/"));

        await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => tunnel.ReauthenticateAsync())).InTime();

        Assert.Equal(9, asked);
        Assert.Equal("ann reader9", TokenHub.Show((await hub.SideOfAsync(tunnel)).User));
    }

    [Fact]
    public async Task Hub_without_authentication_takes_none()
    {
        await using TestHub hub = await TestHub.StartAsync();
        await using SocketRestClient tunnel = await DialAsync(hub);
        await ExpectNotTakenAsync(tunnel);
    }

    [Fact]
    public async Task Connection_of_nobody_has_none_to_renew()
    {
        await using TestHub hub = await TokenHub.StartAsync(tunnel: endpoint => endpoint.ServeApplication());
        _token = null;
        await using SocketRestClient tunnel = await DialAsync(hub);
        _token = "Bearer ann@home/reader/";
        await ExpectNotTakenAsync(tunnel);
        Assert.Null((await hub.SideOfAsync(tunnel)).User);
    }

    [Fact]
    public async Task Without_a_connection_nothing_is_renewed_and_nobody_dials()
    {
        int asked = 0;
        await using var tunnel = new SocketRestClient(new SocketRestClientOptions
        {
            Uri = new Uri("http://localhost:1/tunnel"),
            AuthorizationProvider = _ => new($"Bearer {++asked}"),
        });
        await tunnel.ReauthenticateAsync().InTime();
        Assert.Equal(0, asked);
    }

    [Theory]
    [InlineData(null, typeof(InvalidOperationException))]
    [InlineData("", typeof(SocketRestException))]
    [InlineData("Bea(rer hidden", typeof(SocketRestException))]
    [InlineData("Bearer hidden\r\nX-Other: yes", typeof(SocketRestException))]
    public async Task Provider_has_to_yield_an_Authorization_field(string? value, Type expected)
    {
        await using TestHub hub = await TokenHub.StartAsync();
        await using SocketRestClient tunnel = await DialAsync(hub);

        _token = value;
        Exception exception = await Assert.ThrowsAsync(expected, () => tunnel.ReauthenticateAsync().InTime());

        Assert.DoesNotContain("hidden", exception.ToString(), StringComparison.Ordinal);
        Assert.Equal(SocketRestErrorCode.InvalidRequest, (exception as SocketRestException)?.ErrorCode ?? SocketRestErrorCode.InvalidRequest);
        _token = "  Bearer   ann@home/writer/ ";
        await tunnel.ReauthenticateAsync().InTime();
        Assert.Equal("ann writer", TokenHub.Show((await hub.SideOfAsync(tunnel)).User));
    }

    [Fact]
    public async Task Client_without_a_provider_has_nothing_to_renew_with()
    {
        await using TestHub hub = await TestHub.StartAsync();
        await using SocketRestClient tunnel = await hub.DialAsync();
        await Assert.ThrowsAsync<InvalidOperationException>(() => tunnel.ReauthenticateAsync().InTime());
    }

    private Task<SocketRestClient> DialAsync(TestHub hub) => hub.DialAsync(options => options.AuthorizationProvider = _ => new(_token));

    private static async Task ExpectNotTakenAsync(SocketRestClient tunnel)
    {
        SocketRestException exception = await Assert.ThrowsAsync<SocketRestException>(() => tunnel.ReauthenticateAsync().InTime());
        Assert.Equal(SocketRestErrorCode.NotServed, exception.ErrorCode);
        Assert.True(tunnel.Connection!.Completion.Status == TaskStatus.WaitingForActivation);
    }
}
