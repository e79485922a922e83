using System.Text.Json.Nodes;
using System.Threading.Channels;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using SocketRest.AspNetCore.Tests.Conformance;
using SocketRest.AspNetCore.Tests.Resuming;
using SocketRest.Protocol;

namespace SocketRest.AspNetCore.Tests.Tunnel;

/// <summary>Who wants to know hears of every connection, in order, and holds up nobody.</summary>
public sealed class ConnectionEventTests
{
    [Fact]
    public async Task Connection_that_is_made_and_closed_is_told_with_all_that_is_known_of_it()
    {
        await using TestHub hub = await TestHub.StartAsync();
        await using IAsyncEnumerator<SocketRestConnectionEvent> events = hub.Registry.Events.GetAsyncEnumerator();
        await using SocketRestClient tunnel = await hub.DialAsync(options =>
        {
            options.Name = "kiln-7";
            options.Metadata = new JsonObject { ["site"] = "north" };
        });

        SocketRestConnectionEvent connected = await ExpectAsync(events, SocketRestConnectionEventKind.Connected);
        Assert.Equal((tunnel.Connection!.Id, "kiln-7", "north"), (connected.Id, connected.Name, connected.Metadata.GetProperty("site").GetString()));
        Assert.Equal(TimeSpan.Zero, connected.Duration);
        Assert.Null(connected.Reason);
        Assert.True(hub.Registry.TryGetById(connected.Id, out SocketRestConnection? found));
        Assert.Same(connected.Connection, found);

        await found.CloseAsync().InTime();
        SocketRestConnectionEvent closed = await ExpectAsync(events, SocketRestConnectionEventKind.Closed);
        Assert.Same(found, closed.Connection);
        Assert.Equal(SocketRestErrorCode.ConnectionClosed, closed.Reason!.ErrorCode);
        Assert.True(closed.Duration > TimeSpan.Zero);
        Assert.False(hub.Registry.TryGetById(closed.Id, out _));
    }

    [Fact]
    public async Task Slow_reader_holds_up_no_connection_and_is_told_how_many_events_it_missed()
    {
        const int Connections = 520;
        await using TestHub hub = await TestHub.StartAsync();
        await using IAsyncEnumerator<SocketRestConnectionEvent> slow = hub.Registry.Events.GetAsyncEnumerator();
        for (int i = 0; i < Connections; i++)
        {
            await using SocketRestClient tunnel = await hub.DialAsync();
            SocketRestConnection accepted = await hub.SideOfAsync(tunnel);
            await accepted.CloseAsync().InTime();
        }

        // Connected and Closed of each, of which 1,024 are kept. The end of the last ones is told a moment after it.
        Assert.True(await slow.MoveNextAsync().AsTask().InTime());
        Assert.InRange(slow.Current.Missed, 1, (2 * Connections) - 1024);
        for (int told = slow.Current.Missed + 1; told < 2 * Connections; told += slow.Current.Missed + 1)
        {
            Assert.True(await slow.MoveNextAsync().AsTask().InTime());
        }
    }

    [Fact]
    public async Task Connected_is_told_after_READY_and_not_before_and_a_refused_handshake_never()
    {
        await using TestHub hub = await TestHub.StartAsync();
        await using IAsyncEnumerator<SocketRestConnectionEvent> events = hub.Registry.Events.GetAsyncEnumerator();
        using RawPeer refused = await RawPeer.OpenAsync(hub.Tunnel);
        await refused.SendAsync(FrameType.Hello, """{"versions":[2],"settings":{}}""");
        await refused.Socket.ReceiveAsync(new byte[4096], default).InTime();

        using RawPeer peer = await RawPeer.OpenAsync(hub.Tunnel);
        await peer.SendAsync(FrameType.Hello, """{"versions":[1],"name":"slow","settings":{}}""");
        await peer.Socket.ReceiveAsync(new byte[4096], default).InTime();
        ValueTask<bool> next = events.MoveNextAsync();

        // Another whole connection comes and goes meanwhile: it is the first to be told.
        await using (SocketRestClient other = await hub.DialAsync(options => options.Name = "quick"))
        {
            Assert.True(await next.AsTask().InTime());
            Assert.Equal("quick", events.Current.Name);
        }

        await ExpectAsync(events, SocketRestConnectionEventKind.Draining);
        await ExpectAsync(events, SocketRestConnectionEventKind.Closed);
        await peer.SendAsync(FrameType.Ready, "{}");
        Assert.Equal("slow", (await ExpectAsync(events, SocketRestConnectionEventKind.Connected)).Name);
    }

    [Fact]
    public async Task Lost_socket_is_a_disconnection_and_then_the_end()
    {
        await using TestHub hub = await TestHub.StartAsync(configure: TestHub.WithoutResume);
        await using IAsyncEnumerator<SocketRestConnectionEvent> events = hub.Registry.Events.GetAsyncEnumerator();
        await using var wire = new Wire(hub.Tunnel);
        await using SocketRestClient tunnel = await SocketRestClient.ConnectAsync(wire.Address).InTime();
        await ExpectAsync(events, SocketRestConnectionEventKind.Connected);

        wire.Cut();

        Assert.Equal(SocketRestErrorCode.ConnectionLost, (await ExpectAsync(events, SocketRestConnectionEventKind.Disconnected)).Reason!.ErrorCode);
        Assert.Equal(SocketRestErrorCode.ConnectionLost, (await ExpectAsync(events, SocketRestConnectionEventKind.Closed)).Reason!.ErrorCode);
    }

    [Fact]
    public async Task Socket_that_is_replaced_is_a_disconnection_and_a_resumption_of_the_same_connection()
    {
        await using TestHub hub = await TestHub.StartAsync();
        await using IAsyncEnumerator<SocketRestConnectionEvent> events = hub.Registry.Events.GetAsyncEnumerator();
        await using var wire = new Wire(hub.Tunnel);
        await using SocketRestClient tunnel = await SocketRestClient.ConnectAsync(wire.Address).InTime();
        SocketRestConnection connected = (await ExpectAsync(events, SocketRestConnectionEventKind.Connected)).Connection;

        wire.Cut();

        SocketRestConnectionEvent disconnected = await ExpectAsync(events, SocketRestConnectionEventKind.Disconnected);
        Assert.Equal((connected, SocketRestErrorCode.ConnectionLost), (disconnected.Connection, disconnected.Reason!.ErrorCode));
        SocketRestConnectionEvent resumed = await ExpectAsync(events, SocketRestConnectionEventKind.Resumed);
        Assert.Same(connected, resumed.Connection);
        Assert.Null(resumed.Reason);
        Assert.InRange(disconnected.Duration, TimeSpan.FromTicks(1), resumed.Duration);
        Assert.False(connected.IsInterrupted);
        Assert.Same(connected, Assert.Single(hub.Registry.Connections));
    }

    [Fact]
    public async Task Peer_that_does_not_come_back_is_one_disconnection_and_the_end_when_the_grace_is_over()
    {
        var grace = TimeSpan.FromMilliseconds(300);
        await using TestHub hub = await TestHub.StartAsync(configure: options => options.ResumeGrace = grace);
        await using IAsyncEnumerator<SocketRestConnectionEvent> events = hub.Registry.Events.GetAsyncEnumerator();
        using ResumingPeer peer = await ResumingPeer.DialAsync(hub.Tunnel);
        SocketRestConnection connected = (await ExpectAsync(events, SocketRestConnectionEventKind.Connected)).Connection;

        peer.Socket.Abort();

        SocketRestConnectionEvent disconnected = await ExpectAsync(events, SocketRestConnectionEventKind.Disconnected);
        Assert.Same(connected, Assert.Single(hub.Registry.Connections));
        SocketRestConnectionEvent closed = await ExpectAsync(events, SocketRestConnectionEventKind.Closed);
        Assert.Equal(SocketRestErrorCode.ConnectionLost, closed.Reason!.ErrorCode);
        Assert.Contains("not resumed within 0.3 s", closed.Reason.Message, StringComparison.Ordinal);
        Assert.True(closed.Duration - disconnected.Duration > grace / 2, $"{disconnected.Duration}, {closed.Duration}");
        Assert.Empty(hub.Registry.Connections);
    }

    [Theory]
    [InlineData(true, true)]
    [InlineData(true, false)]
    [InlineData(false, true)]
    [InlineData(false, false)]
    public async Task Drain_of_either_end_is_told_before_the_end(bool byTheHub, bool busy)
    {
        var running = new Signal();
        var release = new Signal();
        await using TestHub hub = await TestHub.StartAsync(app => app.MapGet("/", async context =>
        {
            running.Release();
            await release.NextAsync();
            await context.Response.WriteAsync("finished");
        }));
        await using IAsyncEnumerator<SocketRestConnectionEvent> events = hub.Registry.Events.GetAsyncEnumerator();
        await using SocketRestClient tunnel = await hub.DialAsync();
        SocketRestConnection accepted = (await ExpectAsync(events, SocketRestConnectionEventKind.Connected)).Connection;
        using HttpClient client = tunnel.Connection!.CreateClient();
        Task<string> call = busy ? client.GetStringAsync("/") : Task.FromResult("finished");
        if (busy)
        {
            await running.NextAsync();
        }

        Task drain = (byTheHub ? accepted : tunnel.Connection!).DrainAsync();

        Assert.Equal(SocketRestErrorCode.Draining, (await ExpectAsync(events, SocketRestConnectionEventKind.Draining)).Reason!.ErrorCode);
        release.Release();
        Assert.Equal("finished", await call.InTime());
        await ExpectAsync(events, SocketRestConnectionEventKind.Closed);
        await drain.InTime();
    }

    [Fact]
    public async Task Replaced_connection_says_so()
    {
        await using TestHub hub = await TestHub.StartAsync();
        void Identify(SocketRestClientOptions options) => (options.Name, options.Instance) = ("kiln-7", "the only one");
        await using SocketRestClient old = await hub.DialAsync(Identify);
        SocketRestConnection oldSide = await hub.SideOfAsync(old);
        await using IAsyncEnumerator<SocketRestConnectionEvent> events = hub.Registry.Events.GetAsyncEnumerator();

        await using SocketRestClient current = await hub.DialAsync(Identify);

        while (true)
        {
            Assert.True(await events.MoveNextAsync().AsTask().InTime());
            if (events.Current.Connection == oldSide)
            {
                break;
            }
        }

        Assert.Equal((SocketRestConnectionEventKind.Closed, SocketRestErrorCode.Replaced), (events.Current.Kind, events.Current.Reason!.ErrorCode));
    }

    [Fact]
    public async Task Callback_gets_them_one_at_a_time_survives_its_own_failures_and_hears_of_the_host_s_end()
    {
        var seen = Channel.CreateUnbounded<(SocketRestConnectionEventKind Kind, string Id)>();
        int atOnce = 0;
        TestHub hub = await TestHub.StartAsync(configure: options => options.OnConnectionEvent = async one =>
        {
            Assert.Equal(1, Interlocked.Increment(ref atOnce));
            await Task.Yield();
            Interlocked.Decrement(ref atOnce);
            seen.Writer.TryWrite((one.Kind, one.Id));
            throw new InvalidOperationException("The application's own.");
        });
        hub.ExpectsErrors = true;
        string id;
        await using (SocketRestClient tunnel = await hub.DialAsync())
        {
            id = tunnel.Connection!.Id;
            Assert.Equal((SocketRestConnectionEventKind.Connected, id), await seen.Reader.ReadAsync().InTime());
            await hub.DisposeAsync();
        }

        Assert.Equal((SocketRestConnectionEventKind.Draining, id), await seen.Reader.ReadAsync().InTime());
        Assert.Equal((SocketRestConnectionEventKind.Closed, id), await seen.Reader.ReadAsync().InTime());
    }

    [Fact]
    public async Task Callback_that_never_returns_blocks_neither_connections_nor_other_readers()
    {
        var never = new TaskCompletionSource();
        await using TestHub hub = await TestHub.StartAsync(
            app => app.MapGet("/", () => "here"), options => options.OnConnectionEvent = _ => new(never.Task));
        await using IAsyncEnumerator<SocketRestConnectionEvent> events = hub.Registry.Events.GetAsyncEnumerator();
        for (int i = 0; i < 3; i++)
        {
            await using SocketRestClient tunnel = await hub.DialAsync();
            using HttpClient client = tunnel.CreateClient();
            Assert.Equal("here", await client.GetStringAsync("/").InTime());
            await ExpectAsync(events, SocketRestConnectionEventKind.Connected);
            await tunnel.DisposeAsync();
            await ExpectAsync(events, SocketRestConnectionEventKind.Draining);
            await ExpectAsync(events, SocketRestConnectionEventKind.Closed);
        }

        never.SetResult();
    }

    [Fact]
    public async Task Callback_that_never_returns_holds_the_host_s_end_for_as_long_as_the_host_allows()
    {
        var called = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var never = new TaskCompletionSource();
        await using TestHub hub = await TestHub.StartAsync(configure: options => options.OnConnectionEvent = _ =>
        {
            called.TrySetResult();
            return new(never.Task);
        });
        await using IAsyncEnumerator<SocketRestConnectionEvent> events = hub.Registry.Events.GetAsyncEnumerator();
        await using SocketRestClient tunnel = await hub.DialAsync();
        await called.Task.InTime();
        using var limit = new CancellationTokenSource();

        Task stopping = hub.App.StopAsync(limit.Token);
        while (await events.MoveNextAsync().AsTask().InTime())
        {
        }

        Assert.False(stopping.IsCompleted);
        await limit.CancelAsync();
        await Task.WhenAny(stopping).InTime();
        never.SetResult();
    }

    [Fact]
    public async Task Host_starts_for_a_caller_that_has_suppressed_the_flow_of_its_context()
    {
        var seen = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        Task<TestHub> starting;
        using (ExecutionContext.SuppressFlow())
        {
            starting = TestHub.StartAsync(configure: options => options.OnConnectionEvent = _ =>
            {
                seen.TrySetResult();
                return default;
            });
        }

        await using TestHub hub = await starting;
        await using SocketRestClient tunnel = await hub.DialAsync();
        await seen.Task.InTime();
    }

    [Fact]
    public async Task Events_end_when_the_host_has_stopped()
    {
        TestHub hub = await TestHub.StartAsync();
        await using IAsyncEnumerator<SocketRestConnectionEvent> events = hub.Registry.Events.GetAsyncEnumerator();

        await hub.DisposeAsync();

        Assert.False(await events.MoveNextAsync().AsTask().InTime());
    }

    private static async Task<SocketRestConnectionEvent> ExpectAsync(
        IAsyncEnumerator<SocketRestConnectionEvent> events, SocketRestConnectionEventKind kind)
    {
        Assert.True(await events.MoveNextAsync().AsTask().InTime());
        Assert.Equal((kind, 0), (events.Current.Kind, events.Current.Missed));
        return events.Current;
    }
}
