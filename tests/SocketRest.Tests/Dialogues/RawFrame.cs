using System.Buffers.Binary;
using System.Text;
using SocketRest.Protocol;
using SocketRest.Protocol.Hpack;

namespace SocketRest.Tests.Dialogues;

/// <summary>A frame as it was on the wire. The fields of HEADERS are decoded when it arrives, or the tables would drift apart.</summary>
internal sealed record RawFrame(FrameHeader Header, byte[] Payload, HeaderList? Fields)
{
    public FrameType Type => Header.Type;

    public uint StreamId => Header.StreamId;

    public bool EndStream => Header.EndStream;

    /// <summary>The code of RESET and GOAWAY.</summary>
    public SocketRestErrorCode Code => (SocketRestErrorCode)BinaryPrimitives.ReadUInt32BigEndian(Payload.AsSpan(Type == FrameType.GoAway ? 4 : 0));

    /// <summary>The sentence of RESET and GOAWAY.</summary>
    public string Sentence => Encoding.UTF8.GetString(Payload.AsSpan(Type == FrameType.GoAway ? 8 : 4));

    /// <summary>The first number of the payload: a WINDOW's increment, a GOAWAY's last stream.</summary>
    public uint Number => BinaryPrimitives.ReadUInt32BigEndian(Payload);

    /// <summary>The count of an ACK, the number of a PING.</summary>
    public ulong LongNumber => BinaryPrimitives.ReadUInt64BigEndian(Payload);

    public string Text => Encoding.UTF8.GetString(Payload);

    public string? this[string name] =>
        Fields!.Span.ToArray().Where(field => field.Name.Equals(name, StringComparison.OrdinalIgnoreCase)).Select(field => field.Value).SingleOrDefault();

    public override string ToString() =>
        $"{Type} stream {StreamId} flags {Header.Flags} {(Type is FrameType.Reset or FrameType.GoAway ? $"{Code}: {Sentence}" : $"{Payload.Length} bytes")}";
}
