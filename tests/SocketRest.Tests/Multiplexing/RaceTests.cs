using System.Collections.Concurrent;
using SocketRest.Multiplexing;
using SocketRest.Protocol;
using SocketRest.Tests.Dialogues;

namespace SocketRest.Tests.Multiplexing;

/// <summary>Two threads at the narrow places, again and again.</summary>
public sealed class RaceTests
{
    [Fact]
    public async Task HEADERS_of_a_call_that_is_cancelled_is_always_followed_by_its_RESET()
    {
        await using Dialogue dialogue = await Dialogue.StartAsync(false, peerSettings: Dialogue.QuietSettings with { MaxStreams = 100_000 }, capacity: 1 << 24);
        for (int i = 0; i < 4_000; i++)
        {
            TunnelStream stream = await dialogue.Connection.OpenStreamAsync(CancellationToken.None).Soon();
            stream.Head.Add(":method", "GET");
            using var barrier = new Barrier(2);
            Task cancelling = Task.Run(() =>
            {
                barrier.SignalAndWait();
                stream.Cancel(CancellationToken.None);
            });
            barrier.SignalAndWait();
            stream.SendHead(endStream: true, SendUrgency.Now);
            await cancelling.Soon();
        }

        await dialogue.ExpectNothingLeftAsync();
        await dialogue.Peer.SendPingAsync(1);
        await dialogue.Peer.SendPingAsync(2);
        var open = new HashSet<uint>();
        RawFrame frame;
        while ((frame = await dialogue.Peer.ReceiveAsync()).Type != FrameType.Ping || frame.LongNumber != 2)
        {
            Assert.True(frame.Type == FrameType.Ping || (frame.Type == FrameType.Headers ? open.Add(frame.StreamId) : open.Remove(frame.StreamId)), frame.ToString());
        }

        Assert.Empty(open);
    }

    [Fact]
    public async Task RESET_goes_before_the_HEADERS_that_takes_its_place()
    {
        await using Dialogue dialogue = await Dialogue.StartAsync(false, peerSettings: Dialogue.QuietSettings with { MaxStreams = 1, MaxResets = 10_000 }, capacity: 1 << 24);
        TunnelStream current = await dialogue.AskAsync();
        uint id = 1;
        await dialogue.Peer.ExpectHeadersAsync(id);
        for (int i = 0; i < 1_000; i++)
        {
            Task<TunnelStream> next = Task.Run(() => dialogue.AskAsync());
            current.Cancel(CancellationToken.None);
            current = await next.Soon();
            await dialogue.Peer.ExpectResetAsync(id, SocketRestErrorCode.Cancelled);
            id += 2;
            await dialogue.Peer.ExpectHeadersAsync(id);
        }
    }

    [Fact]
    public async Task GOAWAY_names_the_last_stream_that_runs()
    {
        for (int round = 0; round < 60; round++)
        {
            var served = new ConcurrentBag<uint>();
            var server = new ManualServer
            {
                Handler = call =>
                {
                    served.Add(call.Stream.Id);
                    call.Respond();
                    return Task.CompletedTask;
                },
            };
            await using Dialogue dialogue = await Dialogue.StartAsync(server: server);
            Task draining = Task.Run(() => round % 2 == 0 ? dialogue.Connection.DrainAsync(CancellationToken.None) : dialogue.Connection.CloseAsync());
            for (uint id = 1; id < 60; id += 2)
            {
                await dialogue.Peer.SendRequestAsync(id);
            }

            uint last = 0;
            while (await dialogue.Peer.TryReceiveAsync() is { } frame)
            {
                if (frame is { Type: FrameType.GoAway, Code: SocketRestErrorCode.Draining })
                {
                    await dialogue.Peer.AnswerGoAwayAsync();
                }

                last = frame.Type == FrameType.GoAway ? frame.Number : last;
            }

            dialogue.Peer.Vanish();
            await draining.Soon();
            Assert.DoesNotContain(served, id => id > last);
        }
    }

    [Fact]
    public async Task No_call_outlives_its_connection()
    {
        for (int round = 0; round < 100; round++)
        {
            await using Tunnel tunnel = await Tunnel.StartAsync(new ManualServer
            {
                Handler = call =>
                {
                    call.Respond();
                    return Task.CompletedTask;
                },
            });
            using HttpClient client = tunnel.CreateClient();
            Task[] callers = [.. Enumerable.Range(0, 8).Select(_ => Task.Run(async () =>
            {
                while (true)
                {
                    (await client.GetAsync("").Soon()).Dispose();
                }
            }))];
            await Patience.UntilAsync(() => tunnel.Ends[0].OpenStreams > 4);
            await tunnel.Ends[round % 2].CloseAsync().Soon();
            foreach (Task caller in callers)
            {
                await Assert.ThrowsAsync<HttpRequestException>(() => caller.Soon());
            }

            foreach (TunnelConnection end in tunnel.Ends)
            {
                await Patience.UntilAsync(() => end.OpenStreams == 0 && end.Slots.InUse == 0);
            }
        }
    }

    [Fact]
    public async Task Late_frames_never_meet_a_stream_that_is_used_again()
    {
        var server = new ManualServer
        {
            Handler = async call =>
            {
                try
                {
                    await call.ReadToEndAsync();
                    call.Respond("yes"u8.ToArray());
                }
                catch (SocketRestException)
                {
                    call.Release();
                }
            },
        };
        await using Dialogue dialogue = await Dialogue.StartAsync(
            options: new SocketRestOptions { MaxResetsPerSecond = int.MaxValue }, server: server, capacity: 1 << 24);
        const uint Last = 6_001;
        for (uint id = 1; id < Last; id += 2)
        {
            await dialogue.Peer.SendBytesAsync([.. dialogue.Peer.Request(id, endStream: false, method: "POST"), .. Frames.Data(id, [1], endStream: true)]);
            await dialogue.Peer.SendBytesAsync(id % 4 == 1 ? Frames.Data(id, [2]) : dialogue.Peer.Headers(id, true, ("late", "1")));
            await dialogue.Peer.SendBytesAsync([.. Frames.Window(id, 1), .. Frames.Reset(id, SocketRestErrorCode.Cancelled)]);
        }

        await dialogue.ExpectNothingLeftAsync();
        await Patience.UntilAsync(() => server.Running == 0);
        await dialogue.Peer.SendRequestAsync(Last);
        RawFrame frame;
        do
        {
            frame = await dialogue.Peer.ReceiveAsync();
            Assert.True(
                frame.Type != FrameType.Reset || frame.Code is SocketRestErrorCode.StreamClosed or SocketRestErrorCode.RefusedStream,
                frame.ToString());
        }
        while (frame.StreamId != Last || !frame.EndStream);

        Assert.False(dialogue.Connection.IsEnded);
        await dialogue.ExpectNothingLeftAsync();
    }
}
