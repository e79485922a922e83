using System.IO.Pipelines;
using SocketRest.Multiplexing;
using SocketRest.Protocol;
using SocketRest.Tests.Dialogues;

namespace SocketRest.Tests.Multiplexing;

public sealed class WindowTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(10)]
    [InlineData(16 * 1024)]
    [InlineData(40_000)]
    public async Task Never_a_byte_more_is_sent_than_was_granted(int window)
    {
        await using Dialogue dialogue = await Dialogue.StartAsync(peerSettings: Dialogue.QuietSettings with { StreamWindow = window });
        await dialogue.Peer.SendRequestAsync(1);
        ServedCall call = await dialogue.Server.NextCallAsync();
        byte[] body = Bytes.Pattern(60_000, window);
        call.Respond(body);
        await dialogue.Peer.ExpectHeadersAsync(1);
        var random = new Random(window);
        var received = new MemoryStream();
        int credit = window;
        while (received.Length < body.Length)
        {
            while (credit > 0 && received.Length < body.Length)
            {
                RawFrame data = await dialogue.Peer.ExpectDataAsync(1);
                credit -= data.Payload.Length;
                Assert.True(credit >= 0, "More than the window was sent.");
                Assert.True(data.Payload.Length <= 16 * 1024, "A chunk is too large.");
                received.Write(data.Payload);
                Assert.Equal(received.Length == body.Length, data.EndStream);
            }

            await dialogue.Peer.ExpectSilenceAsync();
            credit = random.Next(1, 9_000);
            await dialogue.Peer.SendWindowAsync(1, (uint)credit);
        }

        Assert.Equal(body, received.ToArray());
        await dialogue.ExpectNothingLeftAsync();
    }

    [Fact]
    public async Task What_is_looked_at_makes_room_once_and_what_is_consumed_later_does_not_again()
    {
        const int Window = 1_024;
        await using Dialogue dialogue = await Dialogue.StartAsync(options: new SocketRestOptions { InitialStreamWindow = Window, MaxStreamWindow = Window });
        await dialogue.Peer.SendRequestAsync(1, endStream: false, method: "POST");
        ServedCall call = await dialogue.Server.NextCallAsync();

        // Three windows in one piece, none of which is consumed before the last byte is there.
        int sent = 0;
        for (int i = 0; i < 3; i++)
        {
            await dialogue.Peer.SendDataAsync(1, Bytes.Pattern(Window));
            sent += Window;
            await Patience.UntilAsync(() =>
            {
                if (!call.Stream.TryRead(out ReadResult result))
                {
                    return false;
                }

                bool all = result.Buffer.Length == sent;
                call.Stream.AdvanceTo(result.Buffer.Start, all ? result.Buffer.End : result.Buffer.Start);
                return all;
            });
            Assert.Equal(Window, (int)(await dialogue.Peer.ExpectWindowAsync(1)).Number);
        }

        await dialogue.Peer.SendDataAsync(1, Bytes.Pattern(Window / 2), endStream: false);
        await call.ReadAtOnceAsync(sent);
        await dialogue.Peer.ExpectSilenceAsync();
        await call.ReadAtOnceAsync(Window / 2);
        Assert.Equal(Window / 2, (int)(await dialogue.Peer.ExpectWindowAsync(1)).Number);
        await dialogue.Peer.SendDataAsync(1, [], endStream: true);
        call.Respond();
        await dialogue.Peer.ExpectHeadersAsync(1);
        await dialogue.ExpectNothingLeftAsync();
    }

    [Fact]
    public async Task END_STREAM_needs_no_credit()
    {
        await using Dialogue dialogue = await Dialogue.StartAsync(peerSettings: Dialogue.QuietSettings with { StreamWindow = 3 });
        await dialogue.Peer.SendRequestAsync(1);
        ServedCall call = await dialogue.Server.NextCallAsync();
        call.SendHead();
        await call.WriteAsync([1, 2, 3]).Soon();
        await dialogue.Peer.ExpectHeadersAsync(1);
        await dialogue.Peer.ExpectDataAsync(1);
        call.End();
        call.Release();
        RawFrame end = await dialogue.Peer.ExpectDataAsync(1);
        Assert.Empty(end.Payload);
        Assert.True(end.EndStream);
    }

    [Fact]
    public async Task WINDOW_for_a_stream_that_has_ended_is_ignored()
    {
        await using Dialogue dialogue = await Dialogue.StartAsync();
        await dialogue.Peer.SendRequestAsync(1);
        (await dialogue.Server.NextCallAsync()).Respond();
        await dialogue.Peer.ExpectHeadersAsync(1);
        await dialogue.ExpectNothingLeftAsync();
        await dialogue.Peer.SendWindowAsync(1, int.MaxValue);
        await dialogue.Peer.SendWindowAsync(1, int.MaxValue);
        await dialogue.Peer.ExpectSilenceAsync();
    }

    [Fact]
    public async Task A_window_may_be_as_large_as_2_31_minus_1_and_no_larger()
    {
        await using Dialogue dialogue = await Dialogue.StartAsync(peerSettings: Dialogue.QuietSettings with { StreamWindow = int.MaxValue - 5 });
        await dialogue.Peer.SendRequestAsync(1);
        await dialogue.Server.NextCallAsync();
        await dialogue.Peer.SendWindowAsync(1, 5);
        await dialogue.Peer.ExpectSilenceAsync();
        await dialogue.Peer.SendWindowAsync(1, 1);
        await dialogue.Peer.ExpectEndAsync(SocketRestErrorCode.FlowControlError);
    }

    [Fact]
    public async Task Credit_comes_back_in_steps_as_the_application_reads()
    {
        await using Dialogue dialogue = await Dialogue.StartAsync(options: new SocketRestOptions { InitialStreamWindow = 1024 });
        await dialogue.Peer.SendRequestAsync(1, endStream: false);
        ServedCall call = await dialogue.Server.NextCallAsync();
        await dialogue.Peer.SendDataAsync(1, Bytes.Pattern(1024));
        await call.ReadAsync(511);
        await dialogue.Peer.ExpectSilenceAsync();
        await call.ReadAsync(1);
        Assert.Equal(512u, (await dialogue.Peer.ExpectWindowAsync(1)).Number);
        await call.ReadAsync(512);
        Assert.Equal(512u, (await dialogue.Peer.ExpectWindowAsync(1)).Number);
        await dialogue.Peer.SendDataAsync(1, new byte[1024], endStream: true);
        await dialogue.Peer.ExpectSilenceAsync();
        Assert.Equal(1024, (await call.ReadToEndAsync()).Length);
        await dialogue.Peer.ExpectSilenceAsync();
    }

    [Fact]
    public async Task The_window_of_a_reader_that_keeps_up_grows_to_its_limit_and_within_the_budget()
    {
        const int Window = 4096;
        const int Largest = 4 * Window;
        await using Dialogue dialogue = await Dialogue.StartAsync(
            options: new SocketRestOptions { InitialStreamWindow = Window, MaxStreamWindow = Largest, WindowBudget = Largest });
        await dialogue.Peer.SendRequestAsync(1, endStream: false);
        ServedCall call = await dialogue.Server.NextCallAsync();
        int credit = Window;
        int largest = 0;
        for (int round = 0; round < 10; round++)
        {
            await dialogue.Peer.SendDataAsync(1, new byte[credit]);
            await call.ReadAtOnceAsync(credit);
            credit = (int)(await dialogue.Peer.ExpectWindowAsync(1)).Number;
            largest = Math.Max(largest, credit);
        }

        Assert.Equal(Largest, largest);
    }

    [Theory]
    [InlineData(4, 0)]
    [InlineData(5, 512 * 1024)]
    public async Task Beyond_half_a_mebibyte_a_window_grows_only_where_the_round_trip_is_long(int milliseconds, int growth)
    {
        const int Near = 512 * 1024;
        // A little more than the half of the window after which credit is granted.
        const int Piece = 15_000;
        const int Pieces = 18;
        var time = new FakeTime();
        await using Dialogue dialogue = await Dialogue.StartAsync(options: new SocketRestOptions
        {
            InitialStreamWindow = Near,
            MaxStreamWindow = 2 * Near,
            TimeProvider = time,
        });
        await dialogue.Peer.SendRequestAsync(1, endStream: false);
        ServedCall call = await dialogue.Server.NextCallAsync();

        await SendAndReadAsync();
        RawFrame ping = await dialogue.Peer.ExpectAsync(FrameType.Ping);
        Assert.Equal(Piece * Pieces, (int)(await dialogue.Peer.ExpectWindowAsync(1)).Number);
        time.Advance(TimeSpan.FromMilliseconds(milliseconds));
        await dialogue.Peer.SendPingAsync(ping.LongNumber, answer: true);

        await SendAndReadAsync();
        Assert.Equal((Piece * Pieces) + growth, (int)(await dialogue.Peer.ExpectWindowAsync(1)).Number);

        async Task SendAndReadAsync()
        {
            for (int i = 0; i < Pieces; i++)
            {
                await dialogue.Peer.SendDataAsync(1, new byte[Piece]);
            }

            await call.ReadAtOnceAsync(Piece * Pieces);
        }
    }

    [Fact]
    public async Task The_budget_comes_back_when_the_application_has_let_go_of_the_request_and_not_when_the_peer_has_reset_it()
    {
        const int Window = 4096;
        await using Dialogue dialogue = await Dialogue.StartAsync(
            options: new SocketRestOptions { InitialStreamWindow = Window, MaxStreamWindow = 2 * Window, WindowBudget = Window });
        ServedCall first = await GrowAsync(1, 2 * Window);
        await dialogue.Peer.SendDataAsync(1, new byte[2 * Window]);
        await dialogue.Peer.SendResetAsync(1, SocketRestErrorCode.Cancelled);
        await first.Aborted.Soon();

        // What the first was granted is in its buffer still.
        await GrowAsync(3, Window);
        first.Release();
        await GrowAsync(5, 2 * Window);

        async Task<ServedCall> GrowAsync(uint id, int expected)
        {
            await dialogue.Peer.SendRequestAsync(id, endStream: false);
            ServedCall call = await dialogue.Server.NextCallAsync();
            await dialogue.Peer.SendDataAsync(id, new byte[Window]);
            await call.ReadAtOnceAsync(Window);
            Assert.Equal(expected, (int)(await dialogue.Peer.ExpectWindowAsync(id)).Number);
            return call;
        }
    }

    [Fact]
    public async Task A_window_never_grows_beyond_its_limit()
    {
        await using Dialogue dialogue = await Dialogue.StartAsync(
            options: new SocketRestOptions { InitialStreamWindow = 4096, MaxStreamWindow = 6000, WindowBudget = 1 << 20 });
        await dialogue.Peer.SendRequestAsync(1, endStream: false);
        ServedCall call = await dialogue.Server.NextCallAsync();
        int credit = 4096;
        for (int round = 0; round < 10; round++)
        {
            await dialogue.Peer.SendDataAsync(1, new byte[credit]);
            await call.ReadAtOnceAsync(credit);
            credit = (int)(await dialogue.Peer.ExpectWindowAsync(1)).Number;
            Assert.InRange(credit, 1, 6000);
        }

        Assert.Equal(6000, credit);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task What_is_granted_is_what_was_read_whatever_the_pieces(int seed)
    {
        const int Window = 5_000;
        var random = new Random(seed);
        await using Dialogue dialogue = await Dialogue.StartAsync(options: new SocketRestOptions { InitialStreamWindow = Window, MaxStreamWindow = Window });
        await dialogue.Peer.SendRequestAsync(1, endStream: false);
        ServedCall call = await dialogue.Server.NextCallAsync();
        byte[] body = Bytes.Pattern(100_000, seed);
        int credit = Window;
        int sent = 0;
        int read = 0;
        int granted = 0;
        while (sent < body.Length)
        {
            int piece = Math.Min(random.Next(1, credit + 1), body.Length - sent);
            await dialogue.Peer.SendDataAsync(1, body.AsSpan(sent, piece).ToArray());
            sent += piece;
            credit -= piece;
            int wanted = random.Next(1, sent - read + 1);
            Assert.Equal(body.AsSpan(read, wanted).ToArray(), await call.ReadAsync(wanted));
            read += wanted;
            while (read - granted >= Window / 2)
            {
                int grant = (int)(await dialogue.Peer.ExpectWindowAsync(1)).Number;
                granted += grant;
                credit += grant;
                Assert.True(granted <= read, "More was granted than was read.");
            }

            if (credit == 0)
            {
                await call.ReadAsync(sent - read);
                read = sent;
                int grant = (int)(await dialogue.Peer.ExpectWindowAsync(1)).Number;
                granted += grant;
                credit += grant;
            }

            Assert.Equal(Window, credit + (sent - granted));
        }
    }

    [Fact]
    public async Task An_application_that_does_not_read_stops_the_sender_and_nobody_else()
    {
        await using Dialogue dialogue = await Dialogue.StartAsync(false, peerSettings: Dialogue.QuietSettings with { StreamWindow = 1000 });
        using HttpClient client = dialogue.CreateClient();
        using var content = new ByteArrayContent(Bytes.Pattern(500_000));
        Task<HttpResponseMessage> stalled = client.PostAsync("stalled", content);
        await dialogue.Peer.ExpectHeadersAsync(1);
        Assert.Equal(1000, (await dialogue.Peer.ExpectDataAsync(1)).Payload.Length);
        for (uint id = 3; id < 43; id += 2)
        {
            Task<string> call = client.GetStringAsync("quick");
            await dialogue.Peer.ExpectHeadersAsync(id);
            await dialogue.Peer.SendResponseAsync(id, endStream: false);
            await dialogue.Peer.SendDataAsync(id, "quick"u8.ToArray(), endStream: true);
            Assert.Equal("quick", await call.Soon());
        }

        Assert.False(stalled.IsCompleted);
        await dialogue.Peer.SendWindowAsync(1, 10_000_000);
        Assert.Equal(499_000, (await dialogue.Peer.ReadBodyAsync(1)).Length);
        await dialogue.Peer.SendResponseAsync(1, endStream: true);
        (await stalled.Soon()).Dispose();
    }

    [Fact]
    public async Task A_response_that_nobody_reads_holds_no_more_than_its_window()
    {
        await using Dialogue dialogue = await Dialogue.StartAsync(false, new SocketRestOptions { InitialStreamWindow = 2000 });
        TunnelStream stream = await dialogue.AskAsync();
        await dialogue.Peer.ExpectHeadersAsync(1);
        await dialogue.Peer.SendResponseAsync(1, endStream: false);
        await dialogue.Peer.SendDataAsync(1, new byte[2000]);
        await stream.WaitForHeadAsync().Soon();
        await dialogue.Peer.ExpectSilenceAsync();
        stream.Release();
        await dialogue.Peer.ExpectResetAsync(1, SocketRestErrorCode.Cancelled);
        await dialogue.ExpectNothingLeftAsync();
    }
}
