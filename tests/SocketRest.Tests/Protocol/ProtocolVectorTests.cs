using System.Text.Json;
using SocketRest.Protocol;
using SocketRest.Protocol.Hpack;

namespace SocketRest.Tests.Protocol;

/// <summary>The code says what the document says.</summary>
public sealed class ProtocolVectorTests
{
    private static readonly string s_settings = """{"streamWindow":65536,"maxStreams":256,"maxHeaderList":32768,"headerTable":4096,"replayBuffer":0}""";

    [Fact]
    public void The_fixed_frames_are_written_as_the_document_shows()
    {
        var written = new Dictionary<string, byte[]>
        {
            ["data"] = Frame(FrameType.Data, FrameFlags.EndStream, 1, "hello"u8),
            ["data-empty"] = Frame(FrameType.Data, FrameFlags.EndStream, 2, []),
            ["reset"] = Written(span => FramePayload.WriteReset(span, 3, SocketRestErrorCode.Cancelled, null)),
            ["reset-sentence"] = Written(span => FramePayload.WriteReset(span, 3, SocketRestErrorCode.NotServed, "nothing here")),
            ["window"] = Written(span => FramePayload.WriteWindow(span, 1, 32768)),
            ["goaway"] = Written(span => FramePayload.WriteGoAway(span, 5, SocketRestErrorCode.Draining, null)),
            ["goaway-answer"] = Written(span => FramePayload.WriteGoAway(span, 5, SocketRestErrorCode.None, null, answer: true)),
            ["ping"] = Frame(FrameType.Ping, FrameFlags.None, 0, [0, 0, 0, 0, 0, 0, 0, 1, .. "hi"u8]),
            ["ping-answer"] = Frame(FrameType.Ping, FrameFlags.Answer, 0, [0, 0, 0, 0, 0, 0, 0, 1, .. "hi"u8]),
            ["ack"] = Written(span => FramePayload.WriteAck(span, 65536)),
            ["reauthenticate"] = Frame(FrameType.Reauthenticate, FrameFlags.None, 0, JsonSerializer.SerializeToUtf8Bytes(
                new ReauthenticateMessage { Scheme = "Bearer", Credential = "b64.token" }, HandshakeJson.Default.ReauthenticateMessage)),
            ["reauthenticated"] = Frame(FrameType.Reauthenticated, FrameFlags.None, 0, JsonSerializer.SerializeToUtf8Bytes(
                new ReauthenticatedMessage { Accepted = true }, HandshakeJson.Default.ReauthenticatedMessage)),
            ["reauthenticated-not"] = Frame(FrameType.Reauthenticated, FrameFlags.None, 0, JsonSerializer.SerializeToUtf8Bytes(
                new ReauthenticatedMessage { Accepted = false, Message = "Not you." }, HandshakeJson.Default.ReauthenticatedMessage)),
            ["ready"] = Frame(FrameType.Ready, FrameFlags.None, 0, JsonSerializer.SerializeToUtf8Bytes(new ReadyMessage(), HandshakeJson.Default.ReadyMessage)),
        };

        foreach ((string name, byte[] bytes) in written)
        {
            Assert.Equal(Convert.ToHexStringLower(ProtocolVectors.All[name]), Convert.ToHexStringLower(bytes));
        }
    }

    [Fact]
    public void The_handshake_is_read_and_written_as_the_document_shows()
    {
        HelloMessage hello = JsonSerializer.Deserialize(Payload("hello", FrameType.Hello), HandshakeJson.Default.HelloMessage)!;
        Assert.Equal([1], hello.Versions);
        Assert.Equal(("kiln-7", "a1", true), (hello.Name, hello.Instance, hello.Serves));
        Assert.Equal("north", hello.Metadata!.Value.GetProperty("site").GetString());
        Assert.Equal(s_settings, JsonSerializer.Serialize(hello.Settings, HandshakeJson.Default.WireSettings));

        WelcomeMessage welcome = JsonSerializer.Deserialize(Payload("welcome", FrameType.Welcome), HandshakeJson.Default.WelcomeMessage)!;
        Assert.Equal((1, "c0ffee", false), (welcome.Version, welcome.Id, welcome.Serves));

        RefuseMessage refuse = JsonSerializer.Deserialize(Payload("refuse", FrameType.Refuse), HandshakeJson.Default.RefuseMessage)!;
        Assert.Equal((SocketRestErrorCode.HandshakeRefused, "full", 5000), (refuse.Code, refuse.Message, refuse.RetryAfter));
    }

    [Fact]
    public void The_header_blocks_decode_to_the_fields_that_the_document_names()
    {
        var requests = new HpackDecoder();
        var responses = new HpackDecoder();

        Assert.Equal(":method: GET, :scheme: http, :authority: petstore, :path: /pets", Decoded(requests, "request"));
        Assert.Equal(":method: GET, :scheme: http, :authority: petstore, :path: /pets", Decoded(requests, "request-again"));
        Assert.Equal(":status: 200, Content-Type: application/json", Decoded(responses, "response"));
        Assert.Equal("digest: abc", Decoded(responses, "trailers"));
    }

    [Fact]
    public void Every_vector_is_one_whole_frame()
    {
        Assert.True(ProtocolVectors.All.Count >= 20);
        Assert.All(ProtocolVectors.All.Values, bytes => Assert.Equal(bytes.Length, FrameHeader.Size + FrameHeader.Read(bytes).Length));
    }

    private static string Decoded(HpackDecoder decoder, string name)
    {
        var fields = new HeaderList();
        decoder.Decode(Payload(name, FrameType.Headers), fields);
        Assert.Null(fields.Malformed);
        return string.Join(", ", fields.Span.ToArray().Select(field => $"{field.Name}: {field.Value}"));
    }

    private static ReadOnlySpan<byte> Payload(string name, FrameType type)
    {
        byte[] bytes = ProtocolVectors.All[name];
        Assert.Equal(type, FrameHeader.Read(bytes).Type);
        return bytes.AsSpan(FrameHeader.Size);
    }

    private static byte[] Frame(FrameType type, FrameFlags flags, uint stream, ReadOnlySpan<byte> payload)
    {
        byte[] buffer = new byte[FrameHeader.Size + payload.Length];
        FramePayload.WriteFrame(buffer, type, flags, stream, payload);
        return buffer;
    }

    private static byte[] Written(Func<byte[], int> write)
    {
        byte[] buffer = new byte[1024];
        return buffer[..write(buffer)];
    }
}
