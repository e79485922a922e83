using System.Net.WebSockets;
using SocketRest.Protocol;
using SocketRest.Tests.Dialogues;

namespace SocketRest.Tests.Multiplexing;

/// <summary>How a client gets its connection back, from a hub that is played by hand.</summary>
public sealed class DiallingResumeTests : IAsyncLifetime
{
    private static readonly TimeSpan s_longestWait = TimeSpan.FromSeconds(5);

    private readonly FakeTime _time = new();
    private readonly RawListener _hub = new();

    [Fact]
    public async Task Comes_back_with_the_newest_secret_a_higher_attempt_and_what_it_has()
    {
        SocketRestClient tunnel = _hub.CreateClient(_time);
        (RawPeer peer, SocketRestConnection connection, HelloMessage first) = await ConnectAsync(tunnel, "one");
        Assert.Null(first.Resume);
        using HttpClient client = CreateClient(tunnel);
        Task<string> call = client.GetStringAsync("/");
        await peer.ExpectHeadersAsync(1);
        byte[] head = peer.Response(1, endStream: false);
        await peer.SendBytesAsync([.. head, .. Frames.Data(1, "answer"u8, endStream: true)[..10]]);
        peer.Vanish();

        peer = await NextAttemptAsync(connection, peer);
        HelloMessage lost = RawPeer.Parse(await peer.ExpectAsync(FrameType.Hello), HandshakeJson.Default.HelloMessage);
        Assert.Equal(("test", "one", (ulong)head.Length, 1ul), (lost.Resume!.Id, lost.Resume.Token, lost.Resume.Received, lost.Resume.Attempt));
        peer.Vanish();
        peer = await NextAttemptAsync(connection, peer);
        HelloMessage next = await peer.WelcomeAsync("two", received: peer.Counted);
        Assert.Equal(("one", 2ul), (next.Resume!.Token, next.Resume.Attempt));
        await peer.SendDataAsync(1, "answer"u8.ToArray(), endStream: true);
        Assert.Equal("answer", await call.Soon());

        peer.Vanish();
        peer = await NextAttemptAsync(connection, peer);
        HelloMessage last = await peer.WelcomeAsync("three", received: peer.Counted);
        Assert.Equal(("two", 3ul), (last.Resume!.Token, last.Resume.Attempt));
        Assert.Same(connection, tunnel.Connection);
    }

    [Fact]
    public async Task Sends_again_what_the_hub_did_not_receive()
    {
        SocketRestClient tunnel = _hub.CreateClient(_time);
        (RawPeer peer, SocketRestConnection connection, _) = await ConnectAsync(tunnel, "one");
        using HttpClient client = CreateClient(tunnel);
        Task<HttpResponseMessage> call = client.PostAsync("/", new ByteArrayContent(Bytes.Pattern(30_000)));
        await peer.ExpectHeadersAsync(1);
        peer.Vanish();

        peer = await NextAttemptAsync(connection, peer);
        await peer.WelcomeAsync("two", received: peer.Counted);

        Assert.Equal(Bytes.Pattern(30_000), await peer.ReadBodyAsync(1));
        await peer.SendResponseAsync(1, endStream: true);
        (await call.Soon()).Dispose();
    }

    [Theory]
    [InlineData("refused")]
    [InlineData("refused with the last stream")]
    [InlineData("welcome to a new connection")]
    [InlineData("a count that cannot be")]
    [InlineData("another connection's welcome")]
    public async Task Hub_that_cannot_go_on_ends_the_connection_and_only_what_was_not_sent_goes_to_the_next(string how)
    {
        SocketRestClient tunnel = _hub.CreateClient(_time);
        (RawPeer peer, SocketRestConnection connection, _) = await ConnectAsync(tunnel, "one");
        using HttpClient client = CreateClient(tunnel);
        Task<HttpResponseMessage> one = client.GetAsync("/one");
        await peer.ExpectHeadersAsync(1);
        Task<HttpResponseMessage> two = client.GetAsync("/two");
        await peer.ExpectHeadersAsync(3);
        peer.Vanish();
        await Patience.UntilAsync(() => connection.IsInterrupted);
        Task<HttpResponseMessage> unsent = client.GetAsync("/unsent");
        await Patience.UntilAsync(() => connection.OpenStreams == 3);

        peer = await NextAttemptAsync(connection, peer);
        await peer.ExpectAsync(FrameType.Hello);
        await peer.SendBytesAsync(how switch
        {
            "refused" => Refusal(null),
            "refused with the last stream" => Refusal(1),
            "welcome to a new connection" => Welcome("fresh", received: null),
            "a count that cannot be" => Welcome("test", received: peer.Counted + 1),
            _ => Welcome("other", received: peer.Counted),
        });
        if (!how.StartsWith("refused", StringComparison.Ordinal))
        {
            await peer.ExpectRefusalAsync(SocketRestErrorCode.ResumeFailed);
            await peer.ExpectCloseAsync();
            await peer.SendCloseAsync();
        }

        SocketRestException end = await Assert.ThrowsAsync<SocketRestException>(() => connection.Completion.Soon());
        Assert.Equal(SocketRestErrorCode.ResumeFailed, end.ErrorCode);
        SocketRestException failure = await FailureAsync(one);
        Assert.Equal((SocketRestErrorCode.ResumeFailed, RequestOutcome.MaybeExecuted), (failure.ErrorCode, failure.Outcome));
        (RawPeer next, _, HelloMessage hello) = await ConnectAsync(tunnel, "two", "next");
        Assert.Null(hello.Resume);
        var paths = new List<string>();
        int expected = how == "refused with the last stream" ? 2 : 1;
        for (int i = 0; i < expected; i++)
        {
            RawFrame request = await next.ReceiveAsync();
            paths.Add(request[":path"]!);
            await next.SendResponseAsync(request.StreamId, endStream: true);
        }

        (await unsent.Soon()).Dispose();
        Assert.Equal(expected == 2 ? ["/two", "/unsent"] : ["/unsent"], paths.Order());
        if (expected == 1)
        {
            Assert.Equal(RequestOutcome.MaybeExecuted, (await FailureAsync(two)).Outcome);
        }
        else
        {
            (await two.Soon()).Dispose();
        }
    }

    [Theory]
    [InlineData(SocketRestErrorCode.Unauthorized)]
    [InlineData(SocketRestErrorCode.HandshakeRefused)]
    [InlineData(SocketRestErrorCode.InternalError)]
    public async Task Refusal_of_another_kind_costs_no_call_and_is_waited_out(SocketRestErrorCode code)
    {
        SocketRestClient tunnel = _hub.CreateClient(_time);
        (RawPeer peer, SocketRestConnection connection, _) = await ConnectAsync(tunnel, "one");
        using HttpClient client = CreateClient(tunnel);
        Task<HttpResponseMessage> call = client.GetAsync("/");
        await peer.ExpectHeadersAsync(1);
        peer.Vanish();
        RawPeer refusing = await NextAttemptAsync(connection, peer);
        await refusing.ExpectAsync(FrameType.Hello);

        await refusing.SendBytesAsync(Frames.Json(
            FrameType.Refuse, new RefuseMessage { Code = code, Message = "Later.", RetryAfter = 3_000 }, HandshakeJson.Default.RefuseMessage));

        await refusing.ExpectCloseAsync();
        await Patience.UntilAsync(() => _time.Next == TimeSpan.FromMilliseconds(3_001));
        _time.Advance(TimeSpan.FromSeconds(3));
        Assert.Equal((0, true), (_hub.Waiting, connection.IsInterrupted));
        peer = await NextAttemptAsync(connection, peer);
        await peer.WelcomeAsync("two", received: peer.Counted);
        await peer.SendResponseAsync(1, endStream: true);
        (await call.Soon()).Dispose();
        Assert.Same(connection, tunnel.Connection);
    }

    [Fact]
    public async Task Drain_of_the_client_meanwhile_goes_on_over_the_next_socket()
    {
        SocketRestClient tunnel = _hub.CreateClient(_time);
        (RawPeer peer, SocketRestConnection connection, _) = await ConnectAsync(tunnel, "one");
        using HttpClient client = CreateClient(tunnel);
        Task<HttpResponseMessage> call = client.GetAsync("/");
        await peer.ExpectHeadersAsync(1);
        peer.Vanish();
        await Patience.UntilAsync(() => connection.IsInterrupted);

        Task drain = tunnel.DrainAsync();
        await connection.Tunnel.Slots.WhenClosed.Soon();
        Assert.Equal((SocketRestErrorCode.Draining, RequestOutcome.NotSent), await EndOfAsync(client.GetAsync("/")));
        peer = await NextAttemptAsync(connection, peer);
        await peer.WelcomeAsync("two", received: peer.Counted);

        await peer.ExpectGoAwayAsync(SocketRestErrorCode.Draining);
        await peer.SendResponseAsync(1, endStream: true);
        (await call.Soon()).Dispose();
        await peer.AnswerGoAwayAsync();
        await peer.ExpectEndAsync(SocketRestErrorCode.None);
        await drain.Soon();
    }

    [Theory]
    [InlineData(0, 30_000)]
    [InlineData(30_000, 0)]
    public async Task Either_end_switches_it_off(int own, int theirs)
    {
        SocketRestClient tunnel = _hub.CreateClient(_time, options => options.ResumeGrace = TimeSpan.FromMilliseconds(own));
        Task<SocketRestConnection> connecting = tunnel.GetConnectionAsync();
        RawPeer peer = await _hub.NextAsync();
        HelloMessage hello = RawPeer.Parse(await peer.ExpectAsync(FrameType.Hello), HandshakeJson.Default.HelloMessage);
        Assert.Equal(own == 0, hello.Settings.ReplayBuffer == 0);
        await peer.SendBytesAsync(Welcome("test", received: null, theirs));
        await peer.ExpectAsync(FrameType.Ready);
        SocketRestConnection connection = await connecting.Soon();

        peer.Vanish();

        SocketRestException end = await Assert.ThrowsAsync<SocketRestException>(() => connection.Completion.Soon());
        Assert.Equal(SocketRestErrorCode.ConnectionLost, end.ErrorCode);
    }

    [Fact]
    public async Task Gives_up_after_the_shorter_of_both_ends_times()
    {
        SocketRestClient tunnel = _hub.CreateClient(_time, options =>
        {
            options.ResumeGrace = TimeSpan.FromSeconds(10);
            options.ConnectTimeout = options.HandshakeTimeout = TimeSpan.FromMinutes(5);
        });
        (RawPeer peer, SocketRestConnection connection, _) = await ConnectAsync(tunnel, "one");
        peer.Vanish();
        await Patience.UntilAsync(() => connection.IsInterrupted);

        _time.Advance(TimeSpan.FromSeconds(10) - TimeSpan.FromMilliseconds(1));
        Assert.False(connection.Completion.IsCompleted);
        _time.Advance(TimeSpan.FromMilliseconds(1));

        SocketRestException end = await Assert.ThrowsAsync<SocketRestException>(() => connection.Completion.Soon());
        Assert.Equal(SocketRestErrorCode.ConnectionLost, end.ErrorCode);
        Assert.Contains("within 10 s", end.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Attempt_ends_with_the_grace_so_that_the_next_dial_has_none_beside_it(bool opened)
    {
        int opening = 0;
        SocketRestClient tunnel = _hub.CreateClient(_time, options =>
        {
            options.ResumeGrace = TimeSpan.FromSeconds(10);
            options.ConnectTimeout = options.HandshakeTimeout = TimeSpan.FromMinutes(5);
            options.KeepConnected = true;
            Func<CancellationToken, Task<WebSocket>> open = options.WebSocketFactory!;
            options.WebSocketFactory = async token =>
            {
                // The second of them is the one to come back with.
                if (!opened && Interlocked.Increment(ref opening) == 2)
                {
                    await Task.Delay(Timeout.Infinite, token);
                }

                return await open(token);
            };
        });
        (RawPeer peer, SocketRestConnection connection, _) = await ConnectAsync(tunnel, "one");
        peer.Vanish();
        await Patience.UntilAsync(() => connection.IsInterrupted);
        RawPeer? silent = opened ? await NextAttemptAsync(connection, peer) : null;
        await Patience.UntilAsync(() =>
        {
            if (_time.Next is { } next && next <= s_longestWait)
            {
                _time.Advance(next);
            }

            return opened || Volatile.Read(ref opening) == 2;
        });
        if (silent is not null)
        {
            await silent.ExpectAsync(FrameType.Hello);
        }

        _time.Advance(TimeSpan.FromSeconds(10));
        await Assert.ThrowsAsync<SocketRestException>(() => connection.Completion.Soon());
        if (silent is not null)
        {
            await silent.ExpectCloseAsync();
        }

        RawPeer next = await AdvanceUntilOpenedAsync();
        Assert.Null((await next.WelcomeAsync("two", id: "next")).Resume);

        // Nothing of the old attempt is left that would run into its own limit.
        await Patience.UntilAsync(() => tunnel.Connection?.Id == "next" && _time.Armed == 0);
    }

    [Fact]
    public async Task Attempt_that_nobody_answers_is_the_only_one_until_its_time_is_over()
    {
        SocketRestClient tunnel = _hub.CreateClient(_time, options => options.ResumeGrace = TimeSpan.FromMinutes(5));
        Task<SocketRestConnection> connecting = tunnel.GetConnectionAsync();
        RawPeer peer = await AdvanceUntilOpenedAsync();
        await peer.ExpectAsync(FrameType.Hello);
        await peer.SendBytesAsync(Welcome("test", received: null, grace: 300_000));
        await peer.ExpectAsync(FrameType.Ready);
        SocketRestConnection connection = await connecting.Soon();
        using HttpClient client = CreateClient(tunnel);
        peer.Vanish();
        RawPeer silent = await NextAttemptAsync(connection, peer);
        await silent.ExpectAsync(FrameType.Hello);

        // Nobody who calls, and nobody who asks for the connection, makes another.
        Task<HttpResponseMessage> call = client.GetAsync("/");
        Assert.Same(connection, await tunnel.GetConnectionAsync().Soon());
        _time.Advance(TimeSpan.FromSeconds(14));
        Assert.Equal(0, _hub.Waiting);

        _time.Advance(TimeSpan.FromSeconds(1));
        await silent.ExpectCloseAsync();
        RawPeer next = await AdvanceUntilOpenedAsync(peer);
        await next.WelcomeAsync("two", received: peer.Counted);
        Assert.Equal(0, _hub.Waiting);
        await next.ExpectHeadersAsync(1);
        await next.SendResponseAsync(1, endStream: true);
        (await call.Soon()).Dispose();
    }

    [Fact]
    public async Task Loss_after_GOAWAY_is_dialled_anew_and_the_old_connection_resumed_beside_it()
    {
        SocketRestClient tunnel = _hub.CreateClient(_time, options => options.KeepConnected = true);
        (RawPeer peer, SocketRestConnection connection, _) = await ConnectAsync(tunnel, "one");
        using HttpClient client = CreateClient(tunnel);
        Task<string> running = client.GetStringAsync("/");
        await peer.ExpectHeadersAsync(1);
        await peer.SendGoAwayAsync(1u << 30, SocketRestErrorCode.Draining);
        RawPeer second = await AdvanceUntilOpenedAsync();
        HelloMessage hello = await second.WelcomeAsync("other", id: "second");
        Assert.Null(hello.Resume);

        peer.Vanish();
        await Patience.UntilAsync(() => connection.IsInterrupted);
        peer = await NextAttemptAsync(connection, peer);
        Assert.Equal("one", (await peer.WelcomeAsync("two", received: peer.Counted)).Resume!.Token);
        await peer.SendBytesAsync([.. peer.Response(1, endStream: false), .. Frames.Data(1, "done"u8, endStream: true)]);

        Assert.Equal("done", await running.Soon());
        await peer.ExpectGoAwayAnswerAsync();
        await peer.SendGoAwayAsync(0, SocketRestErrorCode.None);
        await peer.SendCloseAsync();
        await Patience.EndedAsync(connection.Completion);
        Assert.Equal("second", tunnel.Connection?.Id);
    }

    [Fact]
    public async Task Disposing_the_client_meanwhile_ends_the_attempts_and_the_calls()
    {
        SocketRestClient tunnel = _hub.CreateClient(_time);
        (RawPeer peer, SocketRestConnection connection, _) = await ConnectAsync(tunnel, "one");
        using HttpClient client = CreateClient(tunnel);
        Task<HttpResponseMessage> call = client.GetAsync("/");
        await peer.ExpectHeadersAsync(1);
        peer.Vanish();
        peer = await NextAttemptAsync(connection, peer);
        await peer.ExpectAsync(FrameType.Hello);

        await tunnel.DisposeAsync().Soon();

        Assert.Equal((SocketRestErrorCode.ConnectionClosed, RequestOutcome.MaybeExecuted), await EndOfAsync(call));
        await connection.Completion.Soon();
        await peer.ExpectCloseAsync();
        _time.Advance(TimeSpan.FromMinutes(1));
        Assert.Equal(0, _hub.Waiting);
    }

    [Fact]
    public async Task Calls_fail_at_once_meanwhile_if_the_option_says_so()
    {
        SocketRestClient tunnel = _hub.CreateClient(_time, options => options.FailFastWhileDisconnected = true);
        (RawPeer peer, SocketRestConnection connection, _) = await ConnectAsync(tunnel, "one");
        using HttpClient client = CreateClient(tunnel);
        peer.Vanish();
        await Patience.UntilAsync(() => connection.IsInterrupted);

        Assert.Equal((SocketRestErrorCode.ConnectFailed, RequestOutcome.NotSent), await EndOfAsync(client.GetAsync("/")));

        peer = await NextAttemptAsync(connection, peer);
        await peer.WelcomeAsync("two", received: 0);
        await Patience.UntilAsync(() => !connection.IsInterrupted);
        Task<HttpResponseMessage> call = client.GetAsync("/");
        await peer.ExpectHeadersAsync(1);
        await peer.SendResponseAsync(1, endStream: true);
        (await call.Soon()).Dispose();
    }

    [Fact]
    public async Task Tells_that_it_is_interrupted_and_connected_again()
    {
        SocketRestClient tunnel = _hub.CreateClient(_time);
        await using IAsyncEnumerator<SocketRestStateChange> changes = tunnel.StateChanges.GetAsyncEnumerator();
        (RawPeer peer, SocketRestConnection connection, _) = await ConnectAsync(tunnel, "one");
        peer.Vanish();
        peer = await NextAttemptAsync(connection, peer);
        await peer.WelcomeAsync("two", received: 0);

        foreach (SocketRestConnectionState state in (SocketRestConnectionState[])
            [SocketRestConnectionState.Connecting, SocketRestConnectionState.Connected, SocketRestConnectionState.Interrupted, SocketRestConnectionState.Connected])
        {
            Assert.True(await changes.MoveNextAsync().AsTask().Soon());
            Assert.Equal(state, changes.Current.State);
            if (state != SocketRestConnectionState.Connecting)
            {
                Assert.Same(connection, changes.Current.Connection);
            }

            Assert.Equal(state == SocketRestConnectionState.Interrupted, changes.Current.Reason is not null);
        }
    }

    public Task InitializeAsync() => Task.CompletedTask;

    public Task DisposeAsync() => _hub.EndAsync();

    private static HttpClient CreateClient(SocketRestClient tunnel) =>
        new(tunnel.CreateHandler()) { BaseAddress = new Uri("http://device/"), Timeout = Timeout.InfiniteTimeSpan };

    private static byte[] Refusal(uint? lastStream) => Frames.Json(
        FrameType.Refuse,
        new RefuseMessage { Code = SocketRestErrorCode.ResumeFailed, Message = "Not here.", LastStream = lastStream },
        HandshakeJson.Default.RefuseMessage);

    private static byte[] Welcome(string id, ulong? received, long grace = 30_000) => Frames.Json(
        FrameType.Welcome,
        new WelcomeMessage { Version = 1, Id = id, Token = "token", Grace = grace, Settings = new WireSettings(), Serves = true, Received = received },
        HandshakeJson.Default.WelcomeMessage);

    private static async Task<SocketRestException> FailureAsync<T>(Task<T> call)
    {
        Exception? failure = await Assert.ThrowsAnyAsync<Exception>(() => call.Soon());
        while (failure is not SocketRestException and not null)
        {
            failure = failure.InnerException;
        }

        return Assert.IsType<SocketRestException>(failure);
    }

    private static async Task<(SocketRestErrorCode Code, RequestOutcome Outcome)> EndOfAsync<T>(Task<T> call)
    {
        SocketRestException failure = await FailureAsync(call);
        return (failure.ErrorCode, failure.Outcome);
    }

    private async Task<(RawPeer Peer, SocketRestConnection Connection, HelloMessage Hello)> ConnectAsync(SocketRestClient tunnel, string token, string id = "test")
    {
        Task<SocketRestConnection> connecting = tunnel.GetConnectionAsync();
        RawPeer peer = await AdvanceUntilOpenedAsync();
        HelloMessage hello = await peer.WelcomeAsync(token, id: id);
        return (peer, await connecting.Soon(), hello);
    }

    private async Task<RawPeer> NextAttemptAsync(SocketRestConnection connection, RawPeer before)
    {
        await Patience.UntilAsync(() => connection.IsInterrupted);
        return await AdvanceUntilOpenedAsync(before);
    }

    /// <summary>The client waits before each attempt, shorter than any limit: by a clock that is moved here when it does.</summary>
    private async Task<RawPeer> AdvanceUntilOpenedAsync(RawPeer? before = null)
    {
        await Patience.UntilAsync(() =>
        {
            if (_hub.Waiting > 0)
            {
                return true;
            }

            if (_time.Next is { } next && next <= s_longestWait)
            {
                _time.Advance(next);
            }

            return false;
        });
        return await _hub.NextAsync(before);
    }
}
