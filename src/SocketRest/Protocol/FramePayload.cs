using System.Buffers;
using System.Buffers.Binary;
using System.Text;
using System.Text.Unicode;

namespace SocketRest.Protocol;

/// <summary>Writes and reads the payloads of the small fixed frames. Spans in, spans out; no I/O.</summary>
internal static class FramePayload
{
    /// <summary>The longest sentence that RESET and GOAWAY carry, in UTF-8 bytes.</summary>
    public const int MaxSentence = 512;

    /// <summary>The longest application data of a PING, in bytes, after its eight-byte number.</summary>
    public const int MaxPingData = 1024;

    // Control characters of both sets, and the separators that some viewers take for the end of a line.
    private static readonly SearchValues<char> s_forging = SearchValues.Create(
        [.. Enumerable.Range(0, 0x20).Concat(Enumerable.Range(0x7F, 0x21)).Select(code => (char)code), '\u2028', '\u2029']);

    public const int PingNumber = 8;
    public const int Ack = 8;
    public const int Window = 4;
    public const int ResetFixed = 4;
    public const int GoAwayFixed = 8;

    public static int WriteFrame(Span<byte> destination, FrameType type, FrameFlags flags, uint streamId, ReadOnlySpan<byte> payload)
    {
        FrameHeader.Write(destination, type, flags, payload.Length, streamId);
        payload.CopyTo(destination[FrameHeader.Size..]);
        return FrameHeader.Size + payload.Length;
    }

    public static int WriteAck(Span<byte> destination, ulong count)
    {
        FrameHeader.Write(destination, FrameType.Ack, FrameFlags.None, Ack, 0);
        BinaryPrimitives.WriteUInt64BigEndian(destination[FrameHeader.Size..], count);
        return FrameHeader.Size + Ack;
    }

    public static int WriteWindow(Span<byte> destination, uint streamId, uint increment)
    {
        FrameHeader.Write(destination, FrameType.Window, FrameFlags.None, Window, streamId);
        BinaryPrimitives.WriteUInt32BigEndian(destination[FrameHeader.Size..], increment);
        return FrameHeader.Size + Window;
    }

    public static int WriteReset(Span<byte> destination, uint streamId, SocketRestErrorCode code, string? sentence)
    {
        int length = ResetFixed + WriteSentence(destination[(FrameHeader.Size + ResetFixed)..], sentence);
        FrameHeader.Write(destination, FrameType.Reset, FrameFlags.None, length, streamId);
        BinaryPrimitives.WriteUInt32BigEndian(destination[FrameHeader.Size..], (uint)WireCode.ToSend(code));
        return FrameHeader.Size + length;
    }

    public static int WriteGoAway(Span<byte> destination, uint lastStreamId, SocketRestErrorCode code, string? sentence, bool answer = false)
    {
        int length = GoAwayFixed + WriteSentence(destination[(FrameHeader.Size + GoAwayFixed)..], sentence);
        FrameHeader.Write(destination, FrameType.GoAway, answer ? FrameFlags.Answer : FrameFlags.None, length, 0);
        BinaryPrimitives.WriteUInt32BigEndian(destination[FrameHeader.Size..], lastStreamId);
        BinaryPrimitives.WriteUInt32BigEndian(destination[(FrameHeader.Size + 4)..], (uint)WireCode.ToSend(code));
        return FrameHeader.Size + length;
    }

    /// <summary>A peer's sentence, for a log line or a message: control characters and broken UTF-8 are replaced, so that it cannot forge a line.</summary>
    public static string ReadSentence(ReadOnlySpan<byte> utf8)
    {
        if (utf8.IsEmpty)
        {
            return "";
        }

        string text = Encoding.UTF8.GetString(utf8[..Math.Min(utf8.Length, MaxSentence)]);
        return !MayForge(text)
            ? text
            : string.Create(text.Length, text, static (span, source) =>
            {
                source.CopyTo(span);
                span.ReplaceAny(s_forging, ' ');
            });
    }

    /// <summary>Whether a peer's words hold what could make two lines of one where they are shown.</summary>
    public static bool MayForge(ReadOnlySpan<char> text) => text.ContainsAny(s_forging);

    private static int WriteSentence(Span<byte> destination, string? sentence)
    {
        if (string.IsNullOrEmpty(sentence))
        {
            return 0;
        }

        // Stops in front of the character that no longer fits, so that what is sent is valid UTF-8.
        Utf8.FromUtf16(sentence, destination[..Math.Min(destination.Length, MaxSentence)], out _, out int written);
        return written;
    }
}
