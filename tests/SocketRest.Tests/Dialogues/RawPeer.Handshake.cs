using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using SocketRest.Protocol;

namespace SocketRest.Tests.Dialogues;

internal sealed partial class RawPeer
{
    /// <summary>Plays the dialling side of the handshake.</summary>
    public async Task<WelcomeMessage> DialAsync(WireSettings settings, string? name = null)
    {
        await SendBytesAsync(Hello(settings, name));
        WelcomeMessage welcome = Parse(await ExpectAsync(FrameType.Welcome), HandshakeJson.Default.WelcomeMessage);
        await SendBytesAsync(Frames.Json(FrameType.Ready, "{}"));
        return welcome;
    }

    /// <summary>Plays the accepting side of the handshake.</summary>
    public async Task<HelloMessage> AcceptAsync(WireSettings settings, bool reauthenticates = false)
    {
        HelloMessage hello = Parse(await ExpectAsync(FrameType.Hello), HandshakeJson.Default.HelloMessage);
        await SendBytesAsync(Welcome(settings, reauthenticates));
        await ExpectAsync(FrameType.Ready);
        return hello;
    }

    /// <summary>Asks to go on with a connection, without waiting for the answer.</summary>
    public Task AskToGoOnAsync(string token, ulong attempt, ulong? received = null, string id = "test") => SendBytesAsync(Frames.Json(
        FrameType.Hello,
        new HelloMessage
        {
            Versions = [1],
            Settings = new WireSettings(),
            Serves = true,
            Resume = new ResumeRequest { Id = id, Token = token, Received = received ?? Counted, Attempt = attempt },
        },
        HandshakeJson.Default.HelloMessage));

    /// <summary>Goes on with a connection, as its dialling side.</summary>
    public async Task<WelcomeMessage> GoOnAsync(string token, ulong attempt, ulong? received = null)
    {
        await AskToGoOnAsync(token, attempt, received);
        WelcomeMessage welcome = Parse(await ExpectAsync(FrameType.Welcome), HandshakeJson.Default.WelcomeMessage);
        await SendBytesAsync(Frames.Json(FrameType.Ready, "{}"));
        return welcome;
    }

    /// <summary>The accepting side's answer to a dialling side that can come back.</summary>
    public async Task<HelloMessage> WelcomeAsync(string token, ulong? received = null, WireSettings? settings = null, string id = "test")
    {
        HelloMessage hello = Parse(await ExpectAsync(FrameType.Hello), HandshakeJson.Default.HelloMessage);
        await SendBytesAsync(Frames.Json(
            FrameType.Welcome,
            new WelcomeMessage { Version = 1, Id = id, Token = token, Grace = 30_000, Settings = settings ?? new WireSettings(), Serves = true, Received = received },
            HandshakeJson.Default.WelcomeMessage));
        await ExpectAsync(FrameType.Ready);
        return hello;
    }

    public async Task<RefuseMessage> ExpectRefusalAsync(SocketRestErrorCode code)
    {
        RefuseMessage refusal = Parse(await ExpectAsync(FrameType.Refuse), HandshakeJson.Default.RefuseMessage);
        Assert.Equal(code, refusal.Code);
        return refusal;
    }

    public static byte[] Hello(WireSettings settings, string? name = null) =>
        Frames.Json(FrameType.Hello, new HelloMessage { Versions = [1], Name = name, Settings = settings, Serves = true }, HandshakeJson.Default.HelloMessage);

    public static byte[] Welcome(WireSettings settings, bool reauthenticates = false) =>
        Frames.Json(
            FrameType.Welcome,
            new WelcomeMessage { Version = 1, Id = "test", Settings = settings, Serves = true, Reauthenticate = reauthenticates },
            HandshakeJson.Default.WelcomeMessage);

    public static T Parse<T>(RawFrame frame, JsonTypeInfo<T> type) => JsonSerializer.Deserialize(frame.Payload, type)!;
}
