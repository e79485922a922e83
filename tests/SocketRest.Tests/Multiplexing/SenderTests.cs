using System.Buffers.Binary;
using SocketRest.Multiplexing;
using SocketRest.Protocol;
using SocketRest.Protocol.Hpack;
using SocketRest.Tests.Dialogues;

namespace SocketRest.Tests.Multiplexing;

/// <summary>In which order frames leave, and who waits for whom.</summary>
public sealed class SenderTests
{
    private static readonly WireSettings s_wide = Dialogue.QuietSettings with { StreamWindow = 1 << 30, MaxStreams = 1000 };

    [Fact]
    public async Task A_small_call_waits_behind_64_KiB_at_most()
    {
        // A line that holds little: what the sender has committed waits in it, and the rest behind that.
        await using Dialogue dialogue = await Dialogue.StartAsync(false, peerSettings: s_wide, capacity: 4096);
        TunnelStream[] bulk = [.. await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => StartBulkAsync(dialogue)))];
        int started = 0;
        while (started < 4)
        {
            started += (await dialogue.Peer.ReceiveAsync()).Type == FrameType.Headers ? 1 : 0;
        }

        TunnelStream small = await dialogue.AskAsync();
        int messages = dialogue.Peer.Messages.Count;
        int before = 0;
        RawFrame frame;
        while ((frame = await dialogue.Peer.ReceiveAsync()).Type != FrameType.Headers)
        {
            before += frame.Payload.Length;
        }

        Assert.Equal(9u, frame.StreamId);

        // The message that was under way when the call came, what the raw peer's own buffer held of the one before, and the call's own.
        Assert.True(before <= 2 * 64 * 1024, $"{before} bytes came first.");
        Assert.True(dialogue.Peer.Messages.Count - messages <= 3);
        Assert.All(dialogue.Peer.Messages, size => Assert.True(size <= 64 * 1024, $"A message of {size} bytes."));
        small.Reset(new SocketRestException(SocketRestErrorCode.Cancelled, "Done."));
        Assert.Equal(4, bulk.Length);
    }

    [Fact]
    public async Task Bulk_streams_take_turns_in_chunks_of_16_KiB()
    {
        await using Dialogue dialogue = await Dialogue.StartAsync(false, peerSettings: s_wide, capacity: 4096);
        await Task.WhenAll(Enumerable.Range(0, 3).Select(_ => StartBulkAsync(dialogue)));
        int started = 0;
        while (started < 3)
        {
            started += (await dialogue.Peer.ReceiveAsync()).Type == FrameType.Headers ? 1 : 0;
        }

        var sums = new Dictionary<uint, int>();
        while (sums.Values.Sum() < 3_000_000)
        {
            RawFrame frame = await dialogue.Peer.ReceiveAsync();
            Assert.Equal(FrameType.Data, frame.Type);
            Assert.True(frame.Payload.Length <= 16 * 1024);
            sums[frame.StreamId] = sums.GetValueOrDefault(frame.StreamId) + frame.Payload.Length;
        }

        Assert.Equal(3, sums.Count);
        Assert.All(sums.Values, sum => Assert.InRange(sum, 800_000, 1_200_000));
    }

    [Fact]
    public async Task Bodies_keep_their_share_while_heads_flood()
    {
        await using Dialogue dialogue = await Dialogue.StartAsync(false, peerSettings: s_wide, capacity: 4096);
        await StartBulkAsync(dialogue);
        await dialogue.Peer.ExpectHeadersAsync(1);
        await dialogue.Peer.ReceiveAsync();
        string path = "/" + new string('p', 2000);
        await Task.WhenAll(Enumerable.Range(0, 300).Select(i => dialogue.AskAsync(path: path + i)));
        int heads = 0;
        int run = 0;
        while (heads < 300)
        {
            RawFrame frame = await dialogue.Peer.ReceiveAsync();
            if (frame.Type == FrameType.Headers)
            {
                heads++;
                run += frame.Payload.Length;
                Assert.True(run <= 64 * 1024, "Heads leave the body no room.");
            }
            else
            {
                run = 0;
            }
        }
    }

    [Fact]
    public async Task The_largest_head_gets_through_while_control_frames_flood()
    {
        await using Dialogue dialogue = await Dialogue.StartAsync(false, peerSettings: s_wide, capacity: 4096);
        await StartBulkAsync(dialogue);
        await dialogue.Peer.ExpectHeadersAsync(1);
        await dialogue.Peer.ReceiveAsync();
        await dialogue.AskAsync(path: "/" + new string('p', 65_469));
        bool arrived = false;
        for (ulong number = 1; number < 50 && !arrived; number++)
        {
            // There is an answer to put in front of each message.
            await dialogue.Peer.SendPingAsync(number);
            RawFrame frame;
            while ((frame = await dialogue.Peer.ReceiveAsync()).Type != FrameType.Ping)
            {
                arrived |= frame.Type == FrameType.Headers;
            }
        }

        Assert.True(arrived);
    }

    [Fact]
    public async Task Stream_ids_rise_on_the_wire_whoever_asks()
    {
        await using Dialogue dialogue = await Dialogue.StartAsync(false, peerSettings: s_wide);
        Task asking = Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(async () =>
        {
            for (int i = 0; i < 50; i++)
            {
                await dialogue.AskAsync();
            }
        })));
        for (uint id = 1; id < 801; id += 2)
        {
            await dialogue.Peer.ExpectHeadersAsync(id);
        }

        await asking.Soon();
    }

    [Fact]
    public async Task Trailers_come_after_all_of_their_body()
    {
        await using Dialogue dialogue = await Dialogue.StartAsync(peerSettings: Dialogue.QuietSettings with { StreamWindow = 100 });
        await dialogue.Peer.SendRequestAsync(1);
        ServedCall call = await dialogue.Server.NextCallAsync();
        call.SendHead();
        _ = call.WriteAsync(Bytes.Pattern(50_000));
        var trailers = new HeaderList();
        trailers.Add("checksum", "abc");
        call.End(trailers);
        call.Release();
        await dialogue.Peer.ExpectHeadersAsync(1);
        int received = 0;
        while (received < 50_000)
        {
            RawFrame data = await dialogue.Peer.ExpectDataAsync(1);
            Assert.False(data.EndStream);
            received += data.Payload.Length;
            await dialogue.Peer.SendWindowAsync(1, 777);
        }

        RawFrame last = await dialogue.Peer.ExpectHeadersAsync(1);
        Assert.Equal("abc", last["checksum"]);
        Assert.True(last.EndStream);
        await dialogue.ExpectNothingLeftAsync();
    }

    [Fact]
    public async Task RESET_discards_what_was_not_committed()
    {
        await using Dialogue dialogue = await Dialogue.StartAsync(peerSettings: Dialogue.QuietSettings with { StreamWindow = 100 });
        await dialogue.Peer.SendRequestAsync(1);
        ServedCall call = await dialogue.Server.NextCallAsync();
        call.SendHead();
        _ = call.WriteAsync(Bytes.Pattern(50_000));
        await dialogue.Peer.ExpectHeadersAsync(1);
        Assert.Equal(100, (await dialogue.Peer.ExpectDataAsync(1)).Payload.Length);
        call.Stream.Reset(new SocketRestException(SocketRestErrorCode.ApplicationAborted, "No more."));
        call.Release();
        await dialogue.Peer.ExpectResetAsync(1, SocketRestErrorCode.ApplicationAborted);
        await dialogue.Peer.SendWindowAsync(1, 100_000);
        await dialogue.Peer.ExpectSilenceAsync();
        await dialogue.ExpectNothingLeftAsync();
    }

    [Fact]
    public async Task A_request_cancelled_before_it_is_committed_leaves_no_trace()
    {
        await using Dialogue dialogue = await Dialogue.StartAsync(false, peerSettings: s_wide, capacity: 4096);
        await StartBulkAsync(dialogue);
        await dialogue.Peer.ExpectHeadersAsync(1);
        await dialogue.Peer.ReceiveAsync();

        // The line is full and nobody reads: this head cannot be committed.
        TunnelStream cancelled = await dialogue.AskAsync(path: "/never");
        using var cancellation = new CancellationTokenSource();
        cancelled.Cancel(cancellation.Token);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => cancelled.WaitForHeadAsync().Soon());
        await dialogue.AskAsync(path: "/next");
        RawFrame frame;
        while ((frame = await dialogue.Peer.ReceiveAsync()).Type != FrameType.Headers)
        {
            Assert.Equal(FrameType.Data, frame.Type);
        }

        Assert.Equal("/next", frame[":path"]);
        Assert.Equal(3u, frame.StreamId);
    }

    [Fact]
    public async Task Two_hundred_callers_get_their_own_answers()
    {
        await using Tunnel tunnel = await Tunnel.StartAsync(new ManualServer { Handler = EchoAsync }, window: 5000);
        using HttpClient client = tunnel.CreateClient();
        await Task.WhenAll(Enumerable.Range(0, 200).Select(caller => Task.Run(async () =>
        {
            var random = new Random(caller);
            for (int i = 0; i < 5; i++)
            {
                byte[] body = Bytes.Pattern(random.Next(20_000), random.Next());
                BinaryPrimitives.TryWriteInt32BigEndian(body, caller);
                using var content = new ByteArrayContent(body);
                using HttpResponseMessage response = await client.PostAsync($"{caller}", content).Soon();
                Assert.Equal(body, await response.Content.ReadAsByteArrayAsync().Soon());
            }
        }))).WaitAsync(TimeSpan.FromSeconds(120));
        foreach (TunnelConnection end in tunnel.Ends)
        {
            await Patience.UntilAsync(() => end.OpenStreams == 0 && end.Slots.InUse == 0);
        }
    }

    [Fact]
    public async Task What_a_blocked_thread_owes_leaves_within_milliseconds()
    {
        var time = new FakeTime();
        await using Dialogue dialogue = await StartWithAsync(time);
        for (uint id = 1; id < 7; id += 2)
        {
            ServedCall call = await BeginAnswerAsync(dialogue, id);
            Assert.Equal(TimeSpan.FromMilliseconds(2), time.Next);
            time.Advance(TimeSpan.FromMilliseconds(2));
            await dialogue.Peer.ExpectHeadersAsync(id);
            call.End();
            call.Release();
            await dialogue.Peer.ExpectDataAsync(id);
        }
    }

    [Fact]
    public async Task Where_nobody_stays_owing_the_timer_is_rare_and_never_far()
    {
        var time = new FakeTime();
        await using Dialogue dialogue = await StartWithAsync(time);
        int timers = 0;
        uint id = 1;
        for (; id < 400; id += 2)
        {
            int before = time.Armed;
            ServedCall call = await BeginAnswerAsync(dialogue, id);
            timers += time.Armed - before;
            call.End();
            call.Release();
            await dialogue.Peer.ExpectHeadersAsync(id);
            await dialogue.Peer.ExpectDataAsync(id);
            time.Advance(TimeSpan.FromMilliseconds(2));
        }

        Assert.InRange(timers, 5, 20);
        time.Advance(TimeSpan.FromMilliseconds(32));
        await BeginAnswerAsync(dialogue, id);
        Assert.InRange(time.Next!.Value, TimeSpan.FromMilliseconds(1), TimeSpan.FromMilliseconds(32));
        time.Advance(time.Next.Value);
        await dialogue.Peer.ExpectHeadersAsync(id);
    }

    private static Task<Dialogue> StartWithAsync(FakeTime time) =>
        Dialogue.StartAsync(options: new SocketRestOptions { TimeProvider = time, HeartbeatInterval = Timeout.InfiniteTimeSpan });

    /// <summary>A request, and the head of its answer, which is owed.</summary>
    private static async Task<ServedCall> BeginAnswerAsync(Dialogue dialogue, uint id)
    {
        await dialogue.Peer.SendRequestAsync(id);
        ServedCall call = await dialogue.Server.NextCallAsync();
        call.Stream.Head.Add(":status", "200");
        call.Stream.SendHead(endStream: false, SendUrgency.Later);
        return call;
    }

    private static async Task EchoAsync(ServedCall call)
    {
        call.SendHead();
        byte[] body = await call.ReadToEndAsync();
        _ = call.WriteAsync(body);
        call.End();
        call.Release();
    }

    /// <summary>A request with 4 MB of body, all of it written at once: there is always more to send.</summary>
    private static async Task<TunnelStream> StartBulkAsync(Dialogue dialogue)
    {
        TunnelStream stream = await dialogue.AskAsync(endStream: false);
        stream.GetSpan(4_000_000)[..4_000_000].Fill(1);
        stream.Advance(4_000_000);
        _ = stream.FlushAsync(SendUrgency.Pool, CancellationToken.None).AsTask();
        return stream;
    }
}
