using SocketRest.Protocol;
using SocketRest.Tests.Dialogues;

namespace SocketRest.Tests.Multiplexing;

/// <summary>What goes on over the next socket, byte for byte, with a peer played by hand that loses the one before.</summary>
public sealed class ResumeTests
{
    private readonly FakeTime _time = new();

    [Fact]
    public async Task What_the_peer_did_not_receive_comes_again_as_it_was()
    {
        await using var hub = new ResumingHub();
        (RawPeer peer, WelcomeMessage welcome) = await hub.DialAsync();
        await peer.SendBytesAsync([.. peer.Request(1), .. peer.Request(3)]);
        ServedCall[] calls = [await hub.Server.NextCallAsync(), await hub.Server.NextCallAsync()];
        (ServedCall one, ServedCall other) = calls[0].Stream.Id == 1 ? (calls[0], calls[1]) : (calls[1], calls[0]);
        one.SendHead(more: ("x-long-lived", "in the table"));
        await peer.ExpectHeadersAsync(1);
        ulong had = peer.Counted;
        _ = one.WriteAsync(Bytes.Pattern(40_000));
        one.End();
        other.SendHead(more: ("x-long-lived", "in the table"));
        _ = other.WriteAsync("second"u8);
        other.End();
        await Patience.UntilAsync(() => hub.Connection.Sender.CountedSent > had + 40_000);
        peer.Vanish();

        (peer, welcome) = await hub.GoOnAsync(peer, welcome.Token!);

        // The table of fields went on where it was: what it holds is sent once.
        var bodies = new Dictionary<uint, List<byte>> { [1] = [], [3] = [] };
        for (int ended = 0; ended < 2;)
        {
            RawFrame frame = await peer.ReceiveAsync();
            if (frame.Type == FrameType.Headers)
            {
                Assert.Equal("in the table", frame["x-long-lived"]);
                continue;
            }

            Assert.Equal(FrameType.Data, frame.Type);
            bodies[frame.StreamId].AddRange(frame.Payload);
            ended += frame.EndStream ? 1 : 0;
        }

        Assert.Equal(Bytes.Pattern(40_000), bodies[1]);
        Assert.Equal("second"u8.ToArray(), bodies[3]);
        Assert.Equal(hub.Connection.Sender.CountedSent, peer.Counted);
        one.Release();
        other.Release();
    }

    [Theory]
    [InlineData(1)]
    [InlineData(8)]
    [InlineData(9)]
    [InlineData(500)]
    [InlineData(1_006)]
    public async Task Frame_that_was_cut_is_taken_once(int cut)
    {
        await using var hub = new ResumingHub();
        (RawPeer peer, WelcomeMessage welcome) = await hub.DialAsync();
        byte[] head = peer.Request(1, endStream: false, method: "POST");
        byte[] data = Frames.Data(1, Bytes.Pattern(1_000), endStream: true);
        await peer.SendBytesAsync([.. head, .. data[..cut]]);
        ServedCall call = await hub.Server.NextCallAsync();
        List<byte> body = [.. await call.ReadAsync(Math.Max(0, cut - 8))];

        // And is cut again further on, and further back, before it comes whole.
        ulong attempt = 0;
        foreach (int next in (int[])[cut + 300, cut, 4, data.Length])
        {
            peer.Vanish();
            (peer, welcome) = await hub.GoOnAsync(peer, welcome.Token!, ++attempt);
            Assert.Equal((ulong)head.Length, welcome.Received);
            await peer.SendBytesAsync(data[..Math.Min(next, data.Length - 1)]);
            body.AddRange(await call.ReadAsync(Math.Max(0, Math.Min(next, data.Length - 1) - 8 - body.Count)));
        }

        await peer.SendBytesAsync(data[^1]);
        body.AddRange(await call.ReadToEndAsync());
        Assert.Equal(Bytes.Pattern(1_000), body);
        call.Respond();
        await peer.ExpectHeadersAsync(1);
    }

    [Theory]
    [InlineData("other length")]
    [InlineData("other stream")]
    [InlineData("other flags")]
    [InlineData("other type")]
    public async Task Frame_that_was_cut_and_comes_differently_ends_the_connection(string how)
    {
        await using var hub = new ResumingHub();
        (RawPeer peer, WelcomeMessage welcome) = await hub.DialAsync();
        byte[] data = Frames.Data(1, Bytes.Pattern(1_000));
        await peer.SendBytesAsync([.. peer.Request(1, endStream: false, method: "POST"), .. peer.Request(3, endStream: false, method: "POST"), .. data[..500]]);
        ServedCall[] calls = [await hub.Server.NextCallAsync(), await hub.Server.NextCallAsync()];
        await calls.Single(call => call.Stream.Id == 1).ReadAsync(492);
        peer.Vanish();
        (peer, _) = await hub.GoOnAsync(peer, welcome.Token!);

        await peer.SendBytesAsync(how switch
        {
            "other length" => Frames.Data(1, Bytes.Pattern(999)),
            "other stream" => Frames.Data(3, Bytes.Pattern(1_000)),
            "other flags" => Frames.Data(1, Bytes.Pattern(1_000), endStream: true),
            _ => Frames.Window(1, 1),
        });

        await peer.ExpectEndAsync(SocketRestErrorCode.ProtocolError);
    }

    [Fact]
    public async Task Frames_of_the_link_do_not_come_again_and_a_PING_that_waited_is_answered_over_the_next()
    {
        await using var hub = new ResumingHub();
        (RawPeer peer, WelcomeMessage welcome) = await hub.DialAsync();
        Task<TimeSpan> ping = hub.Connection.Public.PingAsync("hi"u8.ToArray());
        RawFrame asked = await peer.ExpectAsync(FrameType.Ping);
        await peer.SendPingAsync(77);
        await peer.ExpectAsync(FrameType.Ping);
        peer.Vanish();
        await Patience.UntilAsync(() => hub.Connection.IsInterrupted);
        Task<TimeSpan> meanwhile = hub.Connection.Public.PingAsync();

        (peer, _) = await hub.GoOnAsync(peer, welcome.Token!);
        RawFrame again = await peer.ExpectAsync(FrameType.Ping);
        RawFrame second = await peer.ExpectAsync(FrameType.Ping);

        Assert.Equal(asked.Payload, again.Payload);
        Assert.NotEqual(again.LongNumber, second.LongNumber);
        await peer.SendBytesAsync([.. Frames.Frame(FrameType.Ping, FrameFlags.Answer, 0, second.Payload), .. Frames.Frame(FrameType.Ping, FrameFlags.Answer, 0, again.Payload)]);
        await Task.WhenAll(ping, meanwhile).Soon();
        await peer.ExpectSilenceAsync();
        Assert.Equal(0ul, peer.Counted);
    }

    [Fact]
    public async Task Frames_of_the_link_do_not_go_into_the_middle_of_one_that_comes_again()
    {
        await using var hub = new ResumingHub();
        (RawPeer peer, WelcomeMessage welcome) = await hub.DialAsync(new WireSettings { StreamWindow = 1 << 20 });
        await peer.SendRequestAsync(1);
        ServedCall call = await hub.Server.NextCallAsync();
        call.SendHead();
        ulong head = (ulong)(await peer.ExpectHeadersAsync(1)).Payload.Length + 8;
        _ = call.WriteAsync(Bytes.Pattern(600_000));
        int first = (await peer.ExpectDataAsync(1)).Payload.Length;
        for (int read = first; read < 400_000;)
        {
            read += (await peer.ExpectDataAsync(1)).Payload.Length;
        }

        // Not where a message began, so that what is repeated at a time ends inside a frame.
        peer.Vanish();
        (peer, _) = await hub.GoOnAsync(peer, welcome.Token!, received: head + (ulong)(8 + first), capacity: 4096);

        // More than the socket holds comes again: the answers are ready while it waits.
        for (int i = 0; i < 20; i++)
        {
            await peer.SendPingAsync((ulong)i);
        }

        await peer.SendRequestAsync(3);
        ServedCall after = await hub.Server.NextCallAsync();
        call.End();
        var body = new List<byte>();
        int answers = 0;
        for (bool ended = false; !ended || answers < 20;)
        {
            RawFrame frame = await peer.ReceiveAsync();
            Assert.True(frame.Type is FrameType.Data or FrameType.Ping, $"{frame} is no frame that was sent.");
            if (frame.Type == FrameType.Ping)
            {
                answers++;
            }
            else
            {
                body.AddRange(frame.Payload);
                ended = frame.EndStream;
            }
        }

        Assert.Equal(Bytes.Pattern(600_000)[first..], body);
        call.Release();
        after.Respond();
    }

    [Theory]
    [InlineData(40_000, 10_000)]
    [InlineData(64_000, 16_000)]
    public async Task ACK_comes_after_a_quarter_of_the_buffer(int replayBuffer, int due)
    {
        await using var hub = new ResumingHub(new SocketRestOptions { TimeProvider = _time, HeartbeatInterval = Timeout.InfiniteTimeSpan });
        (RawPeer peer, _) = await hub.DialAsync(new WireSettings { ReplayBuffer = replayBuffer });
        byte[] head = peer.Request(1, endStream: false, method: "POST");
        await peer.SendBytesAsync(head);

        // One byte short, which is counted with its frame.
        await peer.SendDataAsync(1, new byte[due - head.Length - 1 - 8]);
        await peer.ExpectSilenceAsync();
        await peer.SendBytesAsync(Frames.Window(1, 1));

        Assert.Equal((ulong)(due - 1 + 12), (await peer.ExpectAsync(FrameType.Ack)).LongNumber);
        await peer.ExpectSilenceAsync();
    }

    [Fact]
    public async Task ACK_goes_from_16_KiB_on_with_what_is_sent_anyway()
    {
        await using var hub = new ResumingHub(new SocketRestOptions { TimeProvider = _time, HeartbeatInterval = Timeout.InfiniteTimeSpan });
        (RawPeer peer, _) = await hub.DialAsync();
        byte[] head = peer.Request(1, endStream: false, method: "POST");
        await peer.SendBytesAsync(head);
        await peer.SendDataAsync(1, new byte[20_000]);

        await peer.SendPingAsync(1);

        await peer.ExpectAsync(FrameType.Ping);
        Assert.Equal((ulong)(head.Length + 20_008), (await peer.ExpectAsync(FrameType.Ack)).LongNumber);
        await peer.ExpectSilenceAsync();
    }

    [Fact]
    public async Task ACK_comes_100_ms_after_the_first_byte_and_says_all()
    {
        await using var hub = new ResumingHub(new SocketRestOptions { TimeProvider = _time, HeartbeatInterval = Timeout.InfiniteTimeSpan });
        (RawPeer peer, _) = await hub.DialAsync();
        byte[] head = peer.Request(1, endStream: false, method: "POST");
        byte[] data = Frames.Data(1, Bytes.Pattern(10));
        await peer.SendBytesAsync(head);
        await peer.ExpectSilenceAsync();
        _time.Advance(TimeSpan.FromMilliseconds(99));
        await peer.SendBytesAsync(data);
        await peer.ExpectSilenceAsync();

        _time.Advance(TimeSpan.FromMilliseconds(1));

        Assert.Equal((ulong)(head.Length + data.Length), (await peer.ExpectAsync(FrameType.Ack)).LongNumber);
        _time.Advance(TimeSpan.FromSeconds(1));
        await peer.ExpectSilenceAsync();
    }

    [Fact]
    public async Task Full_buffer_holds_the_sender_back_but_not_the_frames_of_the_link()
    {
        const int Limit = 64 * 1024;
        await using var hub = new ResumingHub(new SocketRestOptions { ReplayBuffer = Limit, TimeProvider = _time, HeartbeatInterval = Timeout.InfiniteTimeSpan });
        (RawPeer peer, _) = await hub.DialAsync(new WireSettings { StreamWindow = 1 << 20 });
        await peer.SendRequestAsync(1);
        ServedCall call = await hub.Server.NextCallAsync();
        byte[] body = Bytes.Pattern(300_000);
        call.SendHead();
        _ = call.WriteAsync(body);
        call.End();
        var received = new List<byte>();
        bool ended = false;
        await ReceiveUntilSilentAsync();
        Assert.InRange((long)peer.Counted, Limit - 2_048, Limit + 1_024);

        // As much again as is acknowledged, and in the end all of it.
        ulong before = peer.Counted;
        await peer.SendAckAsync(20_000);
        await ReceiveUntilSilentAsync();
        Assert.InRange((long)(peer.Counted - before), 20_000 - 2_048, 20_000 + 2_048);
        while (!ended)
        {
            await peer.SendAckAsync(peer.Counted);
            await ReceiveUntilSilentAsync();
        }

        Assert.Equal(body, received);
        call.Release();

        async Task ReceiveUntilSilentAsync()
        {
            await peer.SendPingAsync(4_711);
            for (int answers = 0; answers < 3;)
            {
                RawFrame frame = await peer.ReceiveAsync();
                if (frame.Type == FrameType.Ping)
                {
                    answers++;
                    await peer.SendPingAsync(4_711);
                }
                else if (frame.Type == FrameType.Data)
                {
                    answers = 0;
                    received.AddRange(frame.Payload);
                    ended = frame.EndStream;
                }
            }

            await peer.ExpectAsync(FrameType.Ping);
        }
    }

    [Fact]
    public async Task ACK_beyond_what_was_sent_ends_the_connection_also_while_it_repeats()
    {
        await using var hub = new ResumingHub();
        (RawPeer peer, WelcomeMessage welcome) = await hub.DialAsync();
        await peer.SendRequestAsync(1);
        ServedCall call = await hub.Server.NextCallAsync();
        call.Respond(Bytes.Pattern(30_000));
        await peer.ExpectHeadersAsync(1);
        peer.Vanish();
        (peer, _) = await hub.GoOnAsync(peer, welcome.Token!);

        await peer.SendAckAsync(hub.Connection.Sender.CountedSent + 1);
        await peer.ExpectEndAfterAllAsync(SocketRestErrorCode.ProtocolError);

        SocketRestException end = await Assert.ThrowsAsync<SocketRestException>(() => hub.Connection.Completion.Soon());
        Assert.Equal(SocketRestErrorCode.ProtocolError, end.ErrorCode);
    }

    [Fact]
    public async Task When_the_grace_is_over_each_call_says_what_became_of_it()
    {
        await using var hub = new ResumingHub(new SocketRestOptions { TimeProvider = _time, HeartbeatInterval = Timeout.InfiniteTimeSpan });
        (RawPeer peer, _) = await hub.DialAsync();
        using HttpClient client = hub.CreateClient();
        Task<HttpResponseMessage> sent = client.GetAsync("/sent");
        await peer.ExpectHeadersAsync(2);
        Task<HttpResponseMessage> begun = client.GetAsync("/begun", HttpCompletionOption.ResponseHeadersRead);
        await peer.ExpectHeadersAsync(4);
        await peer.SendResponseAsync(4, endStream: false);
        using HttpResponseMessage response = await begun.Soon();
        await peer.SendRequestAsync(1);
        ServedCall served = await hub.Server.NextCallAsync();
        peer.Vanish();
        await Patience.UntilAsync(() => hub.Connection.IsInterrupted);
        Task<HttpResponseMessage> unsent = client.GetAsync("/unsent");
        await Patience.UntilAsync(() => hub.Connection.OpenStreams == 4);

        _time.Advance(TimeSpan.FromSeconds(30) - TimeSpan.FromMilliseconds(1));
        Assert.False(hub.Connection.IsEnded);
        _time.Advance(TimeSpan.FromMilliseconds(1));

        SocketRestException end = await Assert.ThrowsAsync<SocketRestException>(() => hub.Connection.Completion.Soon());
        Assert.Equal(SocketRestErrorCode.ConnectionLost, end.ErrorCode);
        Assert.Contains("not resumed within 30 s", end.Message, StringComparison.Ordinal);
        Assert.Equal(RequestOutcome.MaybeExecuted, await OutcomeAsync(sent));
        Assert.Equal(RequestOutcome.NotSent, await OutcomeAsync(unsent));
        Assert.Equal(RequestOutcome.Executed, await OutcomeAsync(response.Content.ReadAsStringAsync()));
        await served.Aborted.Soon();
        served.Release();
        await Patience.UntilAsync(() => hub.Connection.OpenStreams == 0);
    }

    [Fact]
    public async Task Closing_while_it_is_interrupted_takes_no_time_and_nobody_can_come_back()
    {
        await using var hub = new ResumingHub(new SocketRestOptions { TimeProvider = _time });
        (RawPeer peer, WelcomeMessage welcome) = await hub.DialAsync();
        peer.Vanish();
        await Patience.UntilAsync(() => hub.Connection.IsInterrupted);

        await hub.Connection.CloseAsync().Soon();

        await hub.ExpectGoneAsync(peer, welcome.Token!);
    }

    [Fact]
    public async Task Loss_after_a_goodbye_is_the_end()
    {
        await using var hub = new ResumingHub();
        (RawPeer peer, _) = await hub.DialAsync();
        await peer.SendGoAwayAsync(0, SocketRestErrorCode.None);
        await peer.ExpectSilenceAsync();

        peer.Vanish();

        await Patience.EndedAsync(hub.Connection.Completion);
    }

    [Fact]
    public async Task Drain_goes_on_over_the_next_socket()
    {
        await using var hub = new ResumingHub(new SocketRestOptions { TimeProvider = _time, HeartbeatInterval = Timeout.InfiniteTimeSpan });
        (RawPeer peer, WelcomeMessage welcome) = await hub.DialAsync();
        Task drained = hub.Connection.DrainAsync(CancellationToken.None);
        await peer.ExpectGoAwayAsync(SocketRestErrorCode.Draining);
        peer.Vanish();
        await Patience.UntilAsync(() => hub.Connection.IsInterrupted);

        // Silence is no answer of one who is not there, and who may have sent something before.
        _time.Advance(TimeSpan.FromSeconds(12));
        _time.Advance(TimeSpan.FromSeconds(12));
        Assert.False(drained.IsCompleted);
        (peer, _) = await hub.GoOnAsync(peer, welcome.Token!);
        await peer.SendRequestAsync(1);
        (await hub.Server.NextCallAsync()).Respond();
        await peer.ExpectHeadersAsync(1);
        await peer.AnswerGoAwayAsync();

        await peer.ExpectEndAsync(SocketRestErrorCode.None);
        await drained.Soon();
    }

    [Fact]
    public async Task Drained_side_that_has_answered_still_brings_what_was_lost_in_front_of_the_answer()
    {
        await using var hub = new ResumingHub();
        (RawPeer peer, WelcomeMessage welcome) = await hub.DialAsync();
        await peer.SendRequestAsync(1);
        ServedCall call = await hub.Server.NextCallAsync();
        await peer.SendGoAwayAsync(1u << 30, SocketRestErrorCode.Draining);
        await peer.ExpectSilenceAsync();
        call.Respond("the answer"u8.ToArray());
        await Patience.UntilAsync(() => hub.Connection.OpenStreams == 0 && hub.Connection.Sender.CountedSent > 40);
        peer.Vanish();

        (peer, _) = await hub.GoOnAsync(peer, welcome.Token!);

        await peer.ExpectHeadersAsync(1);
        Assert.Equal("the answer"u8.ToArray(), await peer.ReadBodyAsync(1));
        await peer.ExpectGoAwayAnswerAsync();
    }

    [Fact]
    public async Task Drained_side_whose_last_bytes_are_acknowledged_ends_with_the_socket()
    {
        await using var hub = new ResumingHub();
        (RawPeer peer, _) = await hub.DialAsync();
        await peer.SendRequestAsync(1);
        ServedCall call = await hub.Server.NextCallAsync();
        await peer.SendGoAwayAsync(1u << 30, SocketRestErrorCode.Draining);
        call.Respond();
        await peer.ExpectHeadersAsync(1);
        await peer.SendAckAsync(peer.Counted);
        await peer.ExpectGoAwayAnswerAsync();
        await peer.ExpectSilenceAsync();

        peer.Vanish();

        await Patience.EndedAsync(hub.Connection.Completion);
    }

    private static async Task<RequestOutcome> OutcomeAsync<T>(Task<T> call)
    {
        Exception? failure = await Assert.ThrowsAnyAsync<Exception>(() => call.Soon());
        while (failure is not SocketRestException and not null)
        {
            failure = failure.InnerException;
        }

        return Assert.IsType<SocketRestException>(failure).Outcome;
    }
}
