using Microsoft.AspNetCore.Builder;
using SocketRest.AspNetCore.Tests.Conformance;

namespace SocketRest.AspNetCore.Tests.Tunnel;

/// <summary>What is more than the hub takes is turned away before there is a socket, and told when to come again.</summary>
public sealed class AdmissionTests
{
    [Fact]
    public async Task Connection_above_the_limit_is_refused_until_one_ends()
    {
        await using TestHub hub = await TestHub.StartAsync(configure: options => options.MaxConnections = 2);
        await using SocketRestClient first = await hub.DialAsync();
        await using SocketRestClient second = await hub.DialAsync();
        SocketRestConnection firstSide = await hub.SideOfAsync(first);

        using (UpgradeAttempt attempt = await UpgradeAttempt.SendAsync(hub.Tunnel))
        {
            Assert.Contains("All 2 places", await attempt.ExpectRefusalAsync(503), StringComparison.Ordinal);
            Assert.InRange(attempt.RetryAfter!.Value, 5, 15);
        }

        SocketRestException refused = await Assert.ThrowsAsync<SocketRestException>(() => hub.DialAsync());
        Assert.Equal(SocketRestErrorCode.ConnectFailed, refused.ErrorCode);
        Assert.Equal(RequestOutcome.NotSent, refused.Outcome);
        Assert.InRange(refused.RetryAfter!.Value, TimeSpan.FromSeconds(5), TimeSpan.FromSeconds(15));

        await firstSide.CloseAsync().InTime();
        await using SocketRestClient third = await DialUntilAdmittedAsync(hub);
        await hub.SideOfAsync(third);
    }

    [Fact]
    public async Task Handshake_above_the_limit_is_refused_until_one_is_over()
    {
        await using TestHub hub = await TestHub.StartAsync(configure: options => options.MaxConcurrentHandshakes = 2);
        using RawPeer silent = await RawPeer.OpenAsync(hub.Tunnel);
        using RawPeer other = await RawPeer.OpenAsync(hub.Tunnel);

        using (UpgradeAttempt attempt = await UpgradeAttempt.SendAsync(hub.Tunnel))
        {
            Assert.Contains("2 handshakes", await attempt.ExpectRefusalAsync(503), StringComparison.Ordinal);
            Assert.InRange(attempt.RetryAfter!.Value, 1, 3);
        }

        // A socket that dies before its handshake gives its place back, and so does a connection that is made.
        silent.Socket.Abort();
        await using SocketRestClient first = await DialUntilAdmittedAsync(hub);
        await hub.SideOfAsync(first);
        await using SocketRestClient second = await hub.DialAsync();
        await hub.SideOfAsync(second);
    }

    [Fact]
    public async Task Handshake_that_is_refused_gives_its_places_back()
    {
        await using TestHub hub = await TestHub.StartAsync(configure: options => (options.MaxConnections, options.MaxConcurrentHandshakes) = (1, 1));
        for (int i = 0; i < 3; i++)
        {
            using RawPeer peer = await OpenUntilAdmittedAsync(hub);
            await peer.SendAsync(SocketRest.Protocol.FrameType.Hello, "{}");
        }

        await using SocketRestClient tunnel = await DialUntilAdmittedAsync(hub);
        Assert.NotNull(tunnel.Connection);
    }

    [Fact]
    public async Task Connections_a_second_are_limited_and_each_that_is_turned_away_is_given_a_later_time()
    {
        var time = new ManualTime();
        await using TestHub hub = await TestHub.StartAsync(configure: options =>
            (options.TimeProvider, options.MaxConnectionsPerSecond, options.ConnectionBurst) = (time, 2, 3));
        for (int i = 0; i < 3; i++)
        {
            await using SocketRestClient burst = await hub.DialAsync();
        }

        var waits = new List<double>();
        for (int i = 0; i < 6; i++)
        {
            using UpgradeAttempt attempt = await UpgradeAttempt.SendAsync(hub.Tunnel);
            Assert.Contains("2 a second", await attempt.ExpectRefusalAsync(429), StringComparison.Ordinal);
            waits.Add(attempt.RetryAfter!.Value);
        }

        Assert.Equal([1, 1, 2, 2, 3, 3], waits);
        Assert.Equal(TimeSpan.FromSeconds(4), (await Assert.ThrowsAsync<SocketRestException>(() => hub.DialAsync())).RetryAfter);

        time.Advance(TimeSpan.FromSeconds(1));
        for (int i = 0; i < 2; i++)
        {
            await using SocketRestClient later = await hub.DialAsync();
        }

        await Assert.ThrowsAsync<SocketRestException>(() => hub.DialAsync());
    }

    [Fact]
    public async Task Turned_away_nobody_is_asked_to_wait_longer_than_half_a_minute()
    {
        var time = new ManualTime();
        var bucket = new AspNetCore.Hub.TokenBucket(perSecond: 10, burst: 1, time);
        Assert.True(bucket.TryTake(out _));
        TimeSpan longest = default;
        for (int i = 0; i < 1000; i++)
        {
            Assert.False(bucket.TryTake(out TimeSpan wait));
            Assert.True(wait >= longest);
            longest = wait;
        }

        Assert.Equal(TimeSpan.FromSeconds(30), longest);

        // What was promised is forgotten in the time that it takes, and the bucket holds no more than its burst.
        time.Advance(TimeSpan.FromMinutes(1));
        Assert.True(bucket.TryTake(out _));
        Assert.False(bucket.TryTake(out TimeSpan again));
        Assert.Equal(TimeSpan.FromSeconds(0.1), again);
        await Task.CompletedTask;
    }

    [Fact]
    public async Task Agent_that_is_turned_away_waits_as_long_as_it_is_asked_to()
    {
        var hubTime = new ManualTime();
        await using TestHub hub = await TestHub.StartAsync(configure: options =>
            (options.TimeProvider, options.MaxConnectionsPerSecond, options.ConnectionBurst) = (hubTime, 1, 1));
        await using SocketRestClient first = await hub.DialAsync();
        for (int i = 0; i < 7; i++)
        {
            using UpgradeAttempt attempt = await UpgradeAttempt.SendAsync(hub.Tunnel);
        }

        var agentTime = new HeldTime();
        await using TestAgent agent = await TestAgent.StartAsync(
            hub.Tunnel, app => app.MapGet("/", () => "here"), options => options.TimeProvider = agentTime);

        // The eighth to be turned away, at one a second.
        (TimeSpan asked, Action release) = await agentTime.NextAsync(wait => wait >= TimeSpan.FromSeconds(5) && wait < TimeSpan.FromSeconds(10));
        Assert.InRange(asked, TimeSpan.FromSeconds(8), TimeSpan.FromSeconds(8.1));
        Assert.Null(agent.Service.Connection);

        hubTime.Advance(TimeSpan.FromSeconds(8));
        release();
        using HttpClient client = (await hub.Registry.WaitForAsync(one => one.PeerServes).InTime()).CreateClient();
        Assert.Equal("here", await client.GetStringAsync("/").InTime());
    }

    /// <summary>The hub gives a place back when it has seen the end of a connection, which is a moment after its other end has.</summary>
    private static Task<SocketRestClient> DialUntilAdmittedAsync(TestHub hub) => UntilAdmittedAsync(() => hub.DialAsync());

    private static Task<RawPeer> OpenUntilAdmittedAsync(TestHub hub) => UntilAdmittedAsync(() => RawPeer.OpenAsync(hub.Tunnel));

    private static async Task<T> UntilAdmittedAsync<T>(Func<Task<T>> dial)
    {
        var clock = System.Diagnostics.Stopwatch.StartNew();
        while (true)
        {
            try
            {
                return await dial();
            }
            catch (Exception exception) when (exception.ToString().Contains("503", StringComparison.Ordinal) && clock.Elapsed < Patience.Limit)
            {
                await Task.Yield();
            }
        }
    }
}
