using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Microsoft.Extensions.Logging;
using SocketRest.Protocol;

namespace SocketRest.Multiplexing;

/// <summary>One side's part in renewing the credentials of a connection (PROTOCOL.md, "REAUTHENTICATE").</summary>
internal abstract class Reauthentication
{
    /// <summary>Null where it was not agreed upon.</summary>
    public static Reauthentication? Create(TunnelConnection connection, SocketRestOptions options, ILogger logger) => connection.Identity switch
    {
        { TakesReauthentication: true } when connection.IsDialler => new CredentialRenewal(connection),
        { Reauthenticator: { } decides } when !connection.IsDialler => new CredentialCheck(connection, decides, options.HandshakeTimeout, logger),
        _ => null,
    };

    /// <summary>Called on the read loop with either frame.</summary>
    /// <exception cref="ConnectionErrorException">The frame is not one that may come here and now.</exception>
    public abstract void OnReceived(FrameType type, ReadOnlySpan<byte> payload);

    /// <summary>The connection has ended. Runs nothing of an application's.</summary>
    public abstract void Close(SocketRestException reason);

    protected static void Expect(FrameType type, FrameType expected)
    {
        if (type != expected)
        {
            throw new ConnectionErrorException(SocketRestErrorCode.ProtocolError, $"{type} came from the side that receives it.");
        }
    }

    /// <summary>What is wrong with the payload is not said: it would quote a credential.</summary>
    protected static T Parse<T>(FrameType type, ReadOnlySpan<byte> payload, JsonTypeInfo<T> typeInfo)
        where T : class
    {
        if (payload.Length > ReauthenticateMessage.MaxSize)
        {
            throw new ConnectionErrorException(SocketRestErrorCode.FrameSizeError, $"{type} with a payload of {payload.Length} bytes.");
        }

        T? message = null;
        try
        {
            message = JsonSerializer.Deserialize(payload, typeInfo);
        }
        catch (JsonException)
        {
            // Said below, without the cause.
        }

        return message ?? throw Unreadable(type);
    }

    protected static ConnectionErrorException Unreadable(FrameType type) =>
        new(SocketRestErrorCode.ProtocolError, $"{type} does not hold what it has to.");
}
