using System.Net.WebSockets;
using SocketRest.Multiplexing;
using SocketRest.Protocol;
using SocketRest.Tests.Dialogues;
using SocketRest.Transport;

namespace SocketRest.Tests.Multiplexing;

/// <summary>A peer that closes its WebSocket in good order is answered the same way, with or without a GOAWAY in front.</summary>
public sealed class CloseHandshakeTests
{
    [Theory]
    [InlineData(true, false)]
    [InlineData(true, true)]
    [InlineData(false, false)]
    [InlineData(false, true)]
    public async Task Close_frame_is_answered_with_the_status_that_it_had(bool peerDials, bool goAway)
    {
        // In memory the answer may end the pipe while the close frame is still being written.
        await using Dialogue dialogue = await Dialogue.StartAsync(peerDials, overTcp: true);
        if (goAway)
        {
            await dialogue.Peer.SendGoAwayAsync(0, SocketRestErrorCode.None);
        }

        await ClosesAsync(dialogue.Peer, WebSocketCloseStatus.EndpointUnavailable);

        await Patience.EndedAsync(dialogue.Connection.Completion);
    }

    [Fact]
    public async Task Close_frame_without_a_status_is_answered_with_a_normal_one()
    {
        (DuplexPipeStream browser, DuplexPipeStream stream) = DuplexPipeStream.CreatePair(1024);
        using var socket = WebSocket.CreateFromStream(stream, new WebSocketCreationOptions { IsServer = true });
        var link = new Link(new WebSocketTransport(socket));
        await browser.WriteAsync(new byte[] { 0x88, 0x80, 0, 0, 0, 0 });
        await link.Transport.ReceiveAsync(Memory<byte>.Empty).Soon();

        link.AnswerClose(TimeProvider.System);
        link.Leave();

        await link.Lost.Soon();
        byte[] answer = new byte[4];
        await browser.ReadExactlyAsync(answer).Soon();
        Assert.Equal([0x88, 2, 1000 >> 8, 1000 & 0xFF], answer);
    }

    [Fact]
    public async Task Connection_that_outlives_its_socket_answers_as_well_and_goes_on_over_the_next()
    {
        await using var hub = new ResumingHub();
        (RawPeer peer, Task<TunnelConnection> accepting) = hub.Open(null, await SocketPair.CreateTcpAsync());
        WelcomeMessage welcome = await peer.DialAsync(new WireSettings());
        await accepting.Soon();

        await ClosesAsync(peer, WebSocketCloseStatus.NormalClosure);

        await Patience.UntilAsync(() => hub.Connection.IsInterrupted);
        (peer, _) = await hub.GoOnAsync(peer, welcome.Token!);
        await peer.ExpectSilenceAsync();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Peer_that_closes_and_takes_nothing_more_is_cut_off_in_time(bool comesBack)
    {
        var time = new FakeTime();
        await using var hub = new ResumingHub(new SocketRestOptions { TimeProvider = time, HeartbeatInterval = Timeout.InfiniteTimeSpan });
        (RawPeer peer, WelcomeMessage welcome) = await hub.DialAsync(new WireSettings { StreamWindow = 1 << 20 }, capacity: 4096);
        await peer.SendRequestAsync(1);
        ServedCall call = await hub.Server.NextCallAsync();
        call.SendHead();
        _ = call.WriteAsync(Bytes.Pattern(100_000));
        await Patience.UntilAsync(() => hub.Connection.Sender.MessageUnderWay != 0);

        // The answer stands behind a message that is not taken.
        await peer.SendCloseAsync();
        await Patience.UntilAsync(() => hub.Connection.IsInterrupted);
        Assert.NotEqual(0, hub.Connection.Sender.MessageUnderWay);
        if (comesBack)
        {
            (peer, _) = await hub.GoOnAsync(new RawPeer(peer.Socket), welcome.Token!, received: 0);
            await peer.ExpectHeadersAsync(1);
        }
        else
        {
            await Patience.UntilAsync(() => time.Next <= TimeSpan.FromSeconds(2));
            time.Advance(TimeSpan.FromSeconds(2));
            await Patience.UntilAsync(() => hub.Connection.Sender.MessageUnderWay == 0);
        }

        call.Release();
    }

    /// <summary>Sends its close frame and reads the other end's, whatever comes before that.</summary>
    private static async Task ClosesAsync(RawPeer peer, WebSocketCloseStatus status)
    {
        await peer.Socket.CloseOutputAsync(status, null, CancellationToken.None).Soon();
        byte[] buffer = new byte[1024];
        while ((await peer.Socket.ReceiveAsync(buffer.AsMemory(), CancellationToken.None).Soon()).MessageType != WebSocketMessageType.Close)
        {
        }

        Assert.Equal((WebSocketState.Closed, status), (peer.Socket.State, peer.Socket.CloseStatus!.Value));
    }
}
