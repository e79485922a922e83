using System.Buffers.Binary;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using SocketRest.Protocol;

namespace SocketRest.Tests.Dialogues;

/// <summary>Frames as bytes, put together by hand: what a peer written by a stranger would send.</summary>
internal static class Frames
{
    public static byte[] Frame(FrameType type, FrameFlags flags, uint streamId, params ReadOnlySpan<byte> payload)
    {
        byte[] frame = new byte[8 + payload.Length];
        frame[0] = (byte)type;
        frame[1] = (byte)flags;
        BinaryPrimitives.WriteUInt16BigEndian(frame.AsSpan(2), (ushort)payload.Length);
        BinaryPrimitives.WriteUInt32BigEndian(frame.AsSpan(4), streamId);
        payload.CopyTo(frame.AsSpan(8));
        return frame;
    }

    public static byte[] Data(uint streamId, ReadOnlySpan<byte> payload, bool endStream = false) =>
        Frame(FrameType.Data, endStream ? FrameFlags.EndStream : FrameFlags.None, streamId, payload);

    public static byte[] Window(uint streamId, uint increment) => Frame(FrameType.Window, FrameFlags.None, streamId, Number(increment));

    public static byte[] Reset(uint streamId, SocketRestErrorCode code, string sentence = "") =>
        Frame(FrameType.Reset, FrameFlags.None, streamId, [.. Number((uint)code), .. Encoding.UTF8.GetBytes(sentence)]);

    public static byte[] GoAway(uint lastStreamId, SocketRestErrorCode code, string sentence = "", bool answer = false) =>
        Frame(FrameType.GoAway, answer ? FrameFlags.Answer : FrameFlags.None, 0, [.. Number(lastStreamId), .. Number((uint)code), .. Encoding.UTF8.GetBytes(sentence)]);

    public static byte[] Ping(ulong number, bool answer = false, params ReadOnlySpan<byte> data) =>
        Frame(FrameType.Ping, answer ? FrameFlags.Answer : FrameFlags.None, 0, [.. LongNumber(number), .. data]);

    public static byte[] Ack(ulong count) => Frame(FrameType.Ack, FrameFlags.None, 0, LongNumber(count));

    public static byte[] Json<T>(FrameType type, T message, JsonTypeInfo<T> typeInfo) =>
        Frame(type, FrameFlags.None, 0, JsonSerializer.SerializeToUtf8Bytes(message, typeInfo));

    public static byte[] Json(FrameType type, string json) => Frame(type, FrameFlags.None, 0, Encoding.UTF8.GetBytes(json));

    public static byte[] Number(uint value)
    {
        byte[] bytes = new byte[4];
        BinaryPrimitives.WriteUInt32BigEndian(bytes, value);
        return bytes;
    }

    public static byte[] LongNumber(ulong value)
    {
        byte[] bytes = new byte[8];
        BinaryPrimitives.WriteUInt64BigEndian(bytes, value);
        return bytes;
    }
}
