using SocketRest.Protocol;
using SocketRest.Tests.Dialogues;

namespace SocketRest.Tests.Multiplexing;

/// <summary>A line that breaks within a frame: nothing of the frame is acted upon, and the connection ends as one that was lost.</summary>
public sealed class TruncationTests
{
    public static TheoryData<object, byte[]> WholeFrames => new()
    {
        { FrameType.Headers, new RawPeer(SocketPair.Create().Dialling).Request(3, path: "/never") },
        { FrameType.Reset, Frames.Reset(1, SocketRestErrorCode.Cancelled, "never") },
        { FrameType.Window, Frames.Window(1, 5) },
        { FrameType.GoAway, Frames.GoAway(0, SocketRestErrorCode.Draining, "never") },
        { FrameType.Ping, Frames.Ping(1, data: "never"u8) },
        { FrameType.Ack, Frames.Ack(ulong.MaxValue) },
        { FrameType.Hello, Frames.Json(FrameType.Hello, "{}") },
        { FrameType.Welcome, Frames.Json(FrameType.Welcome, "{}") },
        { FrameType.Ready, Frames.Json(FrameType.Ready, "{}") },
        { FrameType.Refuse, Frames.Json(FrameType.Refuse, "{}") },
        { FrameType.Reauthenticate, Frames.Json(FrameType.Reauthenticate, "{}") },
        { FrameType.Reauthenticated, Frames.Json(FrameType.Reauthenticated, "{}") },
        { (FrameType)0x77, Frames.Frame((FrameType)0x77, FrameFlags.None, 0, 1, 2, 3) },
    };

    [Theory]
    [MemberData(nameof(WholeFrames))]
    public async Task A_frame_that_is_cut_off_is_not_acted_upon(object type, byte[] frame)
    {
        Assert.NotNull(type);
        for (int length = 0; length < frame.Length; length++)
        {
            await using Dialogue dialogue = await Dialogue.StartAsync(peerSettings: Dialogue.QuietSettings with { StreamWindow = 1 });
            await dialogue.Peer.SendRequestAsync(1, endStream: false);
            ServedCall call = await dialogue.Server.NextCallAsync();
            await dialogue.Peer.SendBytesAsync(frame[..length]);
            await dialogue.Peer.SendCloseAsync();
            SocketRestException reason = await dialogue.ExpectFailureAsync(SocketRestErrorCode.ConnectionLost);
            Assert.Contains("NormalClosure", reason.Message, StringComparison.Ordinal);
            Assert.Equal(SocketRestErrorCode.ConnectionLost, (await call.Aborted.Soon()).ErrorCode);
            Assert.Equal(0, dialogue.Server.Waiting);
            await dialogue.ExpectNothingLeftAsync();
        }
    }

    [Fact]
    public async Task DATA_that_is_cut_off_gives_what_came_of_it_and_no_end()
    {
        byte[] frame = Frames.Data(1, "never the end"u8, endStream: true);
        for (int length = 0; length < frame.Length; length++)
        {
            await using Dialogue dialogue = await Dialogue.StartAsync();
            await dialogue.Peer.SendRequestAsync(1, endStream: false);
            ServedCall call = await dialogue.Server.NextCallAsync();
            await dialogue.Peer.SendBytesAsync(frame[..length]);
            int arrived = Math.Max(0, length - FrameHeader.Size);
            Assert.Equal(frame[FrameHeader.Size..(FrameHeader.Size + arrived)], await call.ReadAsync(arrived));
            Task<byte[]> rest = call.ReadToEndAsync();
            await dialogue.Peer.SendCloseAsync();
            Assert.Equal(SocketRestErrorCode.ConnectionLost, (await Assert.ThrowsAsync<SocketRestException>(() => rest)).ErrorCode);
            await dialogue.ExpectFailureAsync(SocketRestErrorCode.ConnectionLost);
        }
    }
}
