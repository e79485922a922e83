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

    public static byte[] Hello(WireSettings settings, string? name = null) =>
        Frames.Json(FrameType.Hello, new HelloMessage { Versions = [1], Name = name, Settings = settings, Serves = true }, HandshakeJson.Default.HelloMessage);

    public static byte[] Welcome(WireSettings settings, bool reauthenticates = false) =>
        Frames.Json(
            FrameType.Welcome,
            new WelcomeMessage { Version = 1, Id = "test", Settings = settings, Serves = true, Reauthenticate = reauthenticates },
            HandshakeJson.Default.WelcomeMessage);

    public static T Parse<T>(RawFrame frame, JsonTypeInfo<T> type) => JsonSerializer.Deserialize(frame.Payload, type)!;
}
