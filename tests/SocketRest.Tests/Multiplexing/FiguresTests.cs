using SocketRest.Protocol;
using SocketRest.Tests.Dialogues;

namespace SocketRest.Tests.Multiplexing;

/// <summary>What a connection counts and measures of itself, over all of its sockets.</summary>
public sealed class FiguresTests
{
    private readonly FakeTime _time = new();

    [Fact]
    public async Task Round_trip_is_that_of_the_last_ping_and_none_before_the_first()
    {
        await using Dialogue dialogue = await StartAsync();
        SocketRestConnection connection = dialogue.Connection.Public;
        Assert.Null(connection.RoundTripTime);

        foreach (TimeSpan trip in new[] { TimeSpan.FromMilliseconds(30), TimeSpan.FromMilliseconds(70), TimeSpan.FromMilliseconds(40) })
        {
            Task<TimeSpan> pinging = connection.PingAsync();
            RawFrame ping = await dialogue.Peer.ExpectAsync(FrameType.Ping);
            _time.Advance(trip);
            await dialogue.Peer.SendPingAsync(ping.LongNumber, answer: true);
            Assert.Equal(trip, await pinging.Soon());
            Assert.Equal(trip, connection.RoundTripTime);
        }
    }

    [Fact]
    public async Task Heartbeat_measures_the_round_trip()
    {
        await using Dialogue dialogue = await StartAsync();
        _time.Advance(TimeSpan.FromSeconds(15));
        RawFrame ping = await dialogue.Peer.ExpectAsync(FrameType.Ping);
        _time.Advance(TimeSpan.FromMilliseconds(25));
        await dialogue.Peer.SendPingAsync(ping.LongNumber, answer: true);
        await dialogue.Peer.ExpectSilenceAsync();

        Assert.Equal(TimeSpan.FromMilliseconds(25), dialogue.Connection.Public.RoundTripTime);
    }

    [Fact]
    public async Task Time_without_a_socket_is_no_round_trip()
    {
        await using var hub = new ResumingHub(new SocketRestOptions { TimeProvider = _time, HeartbeatInterval = Timeout.InfiniteTimeSpan });
        (RawPeer peer, WelcomeMessage welcome) = await hub.DialAsync();
        Task<TimeSpan> pinging = hub.Connection.Public.PingAsync();
        await peer.ExpectAsync(FrameType.Ping);
        peer.Vanish();
        await Patience.UntilAsync(() => hub.Connection.IsInterrupted);
        _time.Advance(TimeSpan.FromSeconds(10));

        (peer, _) = await hub.GoOnAsync(peer, welcome.Token!);
        RawFrame again = await peer.ExpectAsync(FrameType.Ping);
        _time.Advance(TimeSpan.FromMilliseconds(20));
        await peer.SendPingAsync(again.LongNumber, answer: true);

        Assert.Equal(TimeSpan.FromMilliseconds(20), await pinging.Soon());
        Assert.Equal(TimeSpan.FromMilliseconds(20), hub.Connection.Public.RoundTripTime);
    }

    [Fact]
    public async Task Requests_are_counted_each_way_and_one_that_is_not_taken_in_is_none()
    {
        await using Dialogue dialogue = await StartAsync(new SocketRestOptions { TimeProvider = _time, MaxConcurrentStreams = 1 });
        SocketRestConnection connection = dialogue.Connection.Public;
        Assert.Equal((0, 0), (connection.RequestsSent, connection.RequestsReceived));

        await dialogue.AskAsync();
        await dialogue.AskAsync();
        await dialogue.Peer.ExpectHeadersAsync(2);
        await dialogue.Peer.ExpectHeadersAsync(4);
        await dialogue.Peer.SendRequestAsync(1);
        ServedCall first = await dialogue.Server.NextCallAsync();
        await dialogue.Peer.SendRequestAsync(3);
        await dialogue.Peer.ExpectResetAsync(3, SocketRestErrorCode.RefusedStream);
        Assert.Equal((2, 1), (connection.RequestsSent, connection.RequestsReceived));

        first.Respond();
        await dialogue.Peer.ExpectHeadersAsync(1);
        await Patience.UntilAsync(() => dialogue.Connection.OpenStreams == 2);
        await dialogue.Peer.SendRequestAsync(5);
        await dialogue.Server.NextCallAsync();
        Assert.Equal((2, 2), (connection.RequestsSent, connection.RequestsReceived));
    }

    [Fact]
    public async Task Bytes_are_counted_each_way_once_though_they_come_again_over_the_next_socket()
    {
        await using var hub = new ResumingHub();
        (RawPeer peer, WelcomeMessage welcome) = await hub.DialAsync();
        SocketRestConnection connection = hub.Connection.Public;
        Assert.Equal((0, 0), (connection.BytesSent, connection.BytesReceived));

        byte[] asked = [.. peer.Request(1, endStream: false, "POST"), .. Frames.Data(1, Bytes.Pattern(1_000), endStream: true)];
        await peer.SendBytesAsync(asked);
        ServedCall call = await hub.Server.NextCallAsync();
        Assert.Equal(1_000, (await call.ReadToEndAsync()).Length);
        call.Respond(Bytes.Pattern(2_000));
        await peer.ExpectHeadersAsync(1);
        await peer.ReadBodyAsync(1);
        long sent = connection.BytesSent;
        Assert.Equal((long)peer.Counted, sent);
        Assert.InRange(sent, 2_000, 2_100);
        Assert.Equal(asked.Length, connection.BytesReceived);
        peer.Vanish();
        await Patience.UntilAsync(() => hub.Connection.IsInterrupted);

        // It says that it has received nothing, and gets all of it again.
        (peer, _) = await hub.GoOnAsync(peer, welcome.Token!, received: 0);
        await peer.ExpectHeadersAsync(1);
        await peer.ReadBodyAsync(1);
        Assert.Equal(sent, connection.BytesSent);
        Assert.Equal(asked.Length, connection.BytesReceived);
        Assert.Equal((0, 1), (connection.RequestsSent, connection.RequestsReceived));

        byte[] more = peer.Request(3);
        await peer.SendBytesAsync(more);
        (await hub.Server.NextCallAsync()).Respond();
        await peer.ExpectHeadersAsync(3);
        Assert.Equal(asked.Length + more.Length, connection.BytesReceived);
        Assert.InRange(connection.BytesSent, sent + FrameHeader.Size, sent + 100);
        Assert.Equal((0, 2), (connection.RequestsSent, connection.RequestsReceived));
    }

    private Task<Dialogue> StartAsync(SocketRestOptions? options = null) =>
        Dialogue.StartAsync(peerDials: true, options ?? new SocketRestOptions { TimeProvider = _time });
}
