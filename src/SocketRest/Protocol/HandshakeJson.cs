using System.Text.Json.Serialization;

namespace SocketRest.Protocol;

/// <summary>The payloads of the handshake and of REAUTHENTICATE as JSON: camel case, unknown members ignored, so that they can grow.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    MaxDepth = MaxDepth)]
[JsonSerializable(typeof(HelloMessage))]
[JsonSerializable(typeof(WelcomeMessage))]
[JsonSerializable(typeof(RefuseMessage))]
[JsonSerializable(typeof(ReadyMessage))]
[JsonSerializable(typeof(WireSettings))]
[JsonSerializable(typeof(ReauthenticateMessage))]
[JsonSerializable(typeof(ReauthenticatedMessage))]
internal sealed partial class HandshakeJson : JsonSerializerContext
{
    /// <summary>The deepest nesting of a handshake payload, metadata included.</summary>
    public const int MaxDepth = 16;
}
