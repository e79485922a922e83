using Microsoft.AspNetCore.Builder;
using SocketRest.AspNetCore.Tests.Conformance;
using SocketRest.Tests.Dialogues;

namespace SocketRest.AspNetCore.Tests.Tunnel;

/// <summary>A connection ends when its credentials expire, if the option says so, and a renewal moves that.</summary>
public sealed class CredentialExpiryTests
{
    private static readonly TimeSpan s_second = TimeSpan.FromSeconds(1);

    private readonly FakeTime _time = new();
    private string _token = "Bearer ann@home/reader/60";

    [Fact]
    public async Task Expired_credentials_end_the_connection_and_the_next_one_has_new_ones()
    {
        await using TestHub hub = await StartAsync();
        await using SocketRestClient tunnel = await DialAsync(hub);
        SocketRestConnection accepted = await hub.SideOfAsync(tunnel);
        SocketRestConnection dialled = tunnel.Connection!;
        await ArmedAsync(1);
        _time.Advance(60 * s_second - TimeSpan.FromMilliseconds(1));
        await accepted.PingAsync().InTime();

        _token = "Bearer ann@home/reader/600";
        _time.Advance(TimeSpan.FromMilliseconds(1));

        foreach (SocketRestConnection side in new[] { accepted, dialled })
        {
            SocketRestException reason = await Assert.ThrowsAsync<SocketRestException>(() => side.Completion.InTime());
            Assert.Equal(SocketRestErrorCode.Unauthorized, reason.ErrorCode);
            Assert.Contains("expired", reason.Message, StringComparison.Ordinal);
        }

        using HttpClient client = tunnel.CreateClient();
        Assert.Equal("ann reader", await client.GetStringAsync("/role").InTime());
        Assert.NotSame(dialled, tunnel.Connection);
    }

    [Fact]
    public async Task By_default_a_connection_outlives_its_credentials()
    {
        await using TestHub hub = await StartAsync(close: false);
        await using SocketRestClient tunnel = await DialAsync(hub);
        SocketRestConnection accepted = await hub.SideOfAsync(tunnel);
        Assert.Equal(0, _time.Armed);
        _time.Advance(TimeSpan.FromDays(1));
        await accepted.PingAsync().InTime();
    }

    [Fact]
    public async Task Renewal_moves_the_end()
    {
        await using TestHub hub = await StartAsync();
        await using SocketRestClient tunnel = await DialAsync(hub);
        SocketRestConnection accepted = await hub.SideOfAsync(tunnel);
        await ArmedAsync(1);
        _time.Advance(30 * s_second);

        _token = "Bearer ann@home/reader/120";
        await tunnel.ReauthenticateAsync().InTime();
        _time.Advance(89 * s_second);
        await accepted.PingAsync().InTime();
        _time.Advance(s_second);

        Assert.Equal(SocketRestErrorCode.Unauthorized, (await Assert.ThrowsAsync<SocketRestException>(() => accepted.Completion.InTime())).ErrorCode);
    }

    [Fact]
    public async Task Renewal_with_what_never_expires_takes_the_end_away()
    {
        await using TestHub hub = await StartAsync();
        await using SocketRestClient tunnel = await DialAsync(hub);
        SocketRestConnection accepted = await hub.SideOfAsync(tunnel);
        await ArmedAsync(1);

        _token = "Bearer ann@home/reader/";
        await tunnel.ReauthenticateAsync().InTime();

        await ArmedAsync(0);
        _time.Advance(TimeSpan.FromDays(1));
        await accepted.PingAsync().InTime();
    }

    [Theory]
    [InlineData(120)]
    [InlineData(30)]
    public async Task Coming_back_with_other_credentials_moves_the_end(int until)
    {
        await using TestHub hub = await StartAsync(grace: 30 * s_second);
        await using var wire = new Wire(hub.Tunnel);
        await using SocketRestClient tunnel = await SocketRestClient.ConnectAsync(wire.Address, options => options.AuthorizationProvider = _ => new(_token)).InTime();
        SocketRestConnection accepted = await hub.SideOfAsync(tunnel);
        await ArmedAsync(1);

        _token = $"Bearer ann@home/reader/{until}";
        wire.Cut();
        using var patience = new CancellationTokenSource(Patience.Limit);
        while (accepted.IsInterrupted || _time.Armed != 1 || _time.Next != until * s_second)
        {
            patience.Token.ThrowIfCancellationRequested();
            await Task.Yield();
        }

        _time.Advance((until * s_second) - TimeSpan.FromMilliseconds(1));
        await accepted.PingAsync().InTime();
        _time.Advance(TimeSpan.FromMilliseconds(1));

        Assert.Equal(SocketRestErrorCode.Unauthorized, (await Assert.ThrowsAsync<SocketRestException>(() => accepted.Completion.InTime())).ErrorCode);
    }

    [Theory]
    [InlineData("Bearer ann@home/reader/30")]
    [InlineData("Bearer ann@home/guest/900")]
    [InlineData("Bearer bob@home/reader/900")]
    public async Task Refused_renewal_moves_nothing(string token)
    {
        await using TestHub hub = await StartAsync();
        await using SocketRestClient tunnel = await DialAsync(hub);
        SocketRestConnection accepted = await hub.SideOfAsync(tunnel);
        await ArmedAsync(1);
        _time.Advance(30 * s_second);

        _token = token;
        await Assert.ThrowsAsync<SocketRestException>(() => tunnel.ReauthenticateAsync().InTime());
        _time.Advance(29 * s_second);
        await accepted.PingAsync().InTime();
        _time.Advance(s_second);

        Assert.Equal(SocketRestErrorCode.Unauthorized, (await Assert.ThrowsAsync<SocketRestException>(() => accepted.Completion.InTime())).ErrorCode);
    }

    [Fact]
    public async Task End_may_be_further_away_than_a_timer_reaches()
    {
        _token = $"Bearer ann@home/reader/{(int)TimeSpan.FromDays(60).TotalSeconds}";
        await using TestHub hub = await StartAsync();
        await using SocketRestClient tunnel = await DialAsync(hub);
        SocketRestConnection accepted = await hub.SideOfAsync(tunnel);
        await ArmedAsync(1);
        for (int hours = 0; hours < 60 * 24 - 1; hours++)
        {
            _time.Advance(TimeSpan.FromHours(1));
        }

        await accepted.PingAsync().InTime();
        _time.Advance(TimeSpan.FromHours(1));
        Assert.Equal(SocketRestErrorCode.Unauthorized, (await Assert.ThrowsAsync<SocketRestException>(() => accepted.Completion.InTime())).ErrorCode);
    }

    [Fact]
    public async Task Nothing_is_left_armed_by_a_connection_that_has_ended()
    {
        await using TestHub hub = await StartAsync();
        await using SocketRestClient tunnel = await DialAsync(hub);
        SocketRestConnection accepted = await hub.SideOfAsync(tunnel);
        await ArmedAsync(1);
        await tunnel.DisposeAsync();
        await accepted.Completion.InTime();
        await ArmedAsync(0);
    }

    private Task<TestHub> StartAsync(bool close = true, TimeSpan grace = default) => TokenHub.StartAsync(
        options =>
        {
            options.TimeProvider = _time;
            options.HeartbeatInterval = Timeout.InfiniteTimeSpan;
            options.ResumeGrace = grace;
            options.CloseOnAuthenticationExpiration = close;
        },
        tunnel: endpoint => endpoint.ServeApplication().RequireAuthorization("readers"));

    private Task<SocketRestClient> DialAsync(TestHub hub) => hub.DialAsync(options =>
    {
        options.ResumeGrace = TimeSpan.Zero;
        options.AuthorizationProvider = _ => new(_token);
    });

    private Task ArmedAsync(int count) => Patience.UntilAsync(() => _time.Armed == count);
}
