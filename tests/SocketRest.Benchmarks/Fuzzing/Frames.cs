using System.Buffers.Binary;
using SocketRest.Protocol;

namespace SocketRest.Benchmarks.Fuzzing;

/// <summary>Takes apart what a connection sends: this implementation puts whole frames into each message.</summary>
internal static class Frames
{
    public static bool TryRead(ref ReadOnlySpan<byte> message, out FrameHeader header, out ReadOnlySpan<byte> payload)
    {
        payload = default;
        header = default;
        if (message.IsEmpty)
        {
            return false;
        }

        header = FrameHeader.Read(message);
        payload = message.Slice(FrameHeader.Size, header.Length);
        message = message[(FrameHeader.Size + header.Length)..];
        return true;
    }

    public static byte[] Words(params ReadOnlySpan<uint> words)
    {
        var bytes = new byte[words.Length * sizeof(uint)];
        for (var i = 0; i < words.Length; i++)
        {
            BinaryPrimitives.WriteUInt32BigEndian(bytes.AsSpan(i * sizeof(uint)), words[i]);
        }

        return bytes;
    }
}
