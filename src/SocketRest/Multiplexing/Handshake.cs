using System.Diagnostics.CodeAnalysis;
using System.Net.WebSockets;
using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Microsoft.Extensions.Logging;
using SocketRest.Diagnostics;
using SocketRest.Protocol;
using SocketRest.Transport;

namespace SocketRest.Multiplexing;

/// <summary>The opening exchange: HELLO, WELCOME, READY (PROTOCOL.md, "Handshake"). It has a deadline, and whatever goes wrong leaves no socket behind.</summary>
internal sealed partial class Handshake(WebSocketTransport transport, SocketRestOptions options, IStreamServer? server, ILogger logger)
{
    /// <summary>The socket as a link of the connection that this handshake makes, or goes on with.</summary>
    public Link Link { get; } = new(transport);

    /// <summary>A connection ID: 128 random bits, no secret.</summary>
    public static string NewConnectionId() => Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16));

    /// <summary>Plays one side, and hands the socket to the connection that comes of it, with the count of bytes that the peer has.</summary>
    private async Task<TunnelConnection> RunAsync(
        string? remote, Func<ReadLoop, CancellationToken, Task<(TunnelConnection Connection, ulong Received)>> exchange, CancellationToken cancellationToken)
    {
        using var deadline = new CancellationTokenSource(options.HandshakeTimeout, options.TimeProvider);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, cancellationToken);

        // No token reaches the socket: the deadline cuts it, and the pending call ends with that.
        using CancellationTokenRegistration cut = either.Token.UnsafeRegister(static socket => ((WebSocketTransport)socket!).Abort(), transport);
        try
        {
            (TunnelConnection connection, ulong received) = await exchange(Link.Loop, either.Token).ConfigureAwait(false);
            if (!cut.Unregister() && either.IsCancellationRequested)
            {
                throw new OperationCanceledException();
            }

            bool isNew = !connection.HasBegun;
            if (!connection.TryAttach(Link, received))
            {
                throw connection.EndReason!;
            }

            if (isNew)
            {
                connection.Logger.ConnectionEstablished(connection.Identity.Id, connection.Identity.Name ?? remote);
            }

            return connection;
        }
        catch (Exception exception)
        {
            SocketRestException? failure = Translate(exception, deadline.IsCancellationRequested);
            if (exception is ConnectionErrorException error)
            {
                await RefuseAsync(error).ConfigureAwait(false);
            }

            transport.Abort();
            transport.Dispose();
            cancellationToken.ThrowIfCancellationRequested();
            if (failure is null)
            {
                throw;
            }

            logger.HandshakeFailed(remote, failure.ErrorCode, failure.Message);
            throw failure;
        }
    }

    private SocketRestException? Translate(Exception exception, bool tooLate) => exception switch
    {
        _ when tooLate => new SocketRestException(
            SocketRestErrorCode.HandshakeTimeout,
            $"The other end did not finish the handshake within {options.HandshakeTimeout}. It may not speak SocketRest.",
            innerException: exception),
        SocketRestException known => known,
        ConnectionErrorException error => new SocketRestException(error.Code, error.Message, innerException: error),
        WebSocketException or ObjectDisposedException or IOException or OperationCanceledException => new SocketRestException(
            SocketRestErrorCode.ConnectionLost,
            $"The socket was lost during the handshake: {exception.Message}",
            innerException: exception),
        _ => null,
    };

    /// <summary>Tells the other end what was wrong with its part, if it still listens.</summary>
    private async Task RefuseAsync(ConnectionErrorException error)
    {
        try
        {
            var refusal = new RefuseMessage { Code = WireCode.ToSend(error.Code), Message = error.Message, LastStream = error.LastStream };
            TimeSpan patience = TimeSpan.FromSeconds(2);
            await SendAsync(FrameType.Refuse, refusal, HandshakeJson.Default.RefuseMessage).WaitAsync(patience, options.TimeProvider).ConfigureAwait(false);

            // Until the other end has answered: cutting the socket takes back what it has not read yet.
            await transport.CloseAsync(WebSocketCloseStatus.PolicyViolation, error.Code.ToString()).WaitAsync(patience, options.TimeProvider).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is WebSocketException or ObjectDisposedException or IOException or TimeoutException or InvalidOperationException or OperationCanceledException)
        {
            logger.FarewellFailed("-", exception.Message);
        }
    }

    private WireSettings LocalSettings() => new()
    {
        StreamWindow = options.InitialStreamWindow,
        MaxStreams = options.MaxConcurrentStreams,
        MaxHeaderList = options.MaxHeaderListSize,
        MaxResets = options.MaxResetsPerSecond,
        HeaderTable = options.HeaderTableSize,
        ReplayBuffer = options.ResumeGrace == TimeSpan.Zero ? 0 : options.ReplayBuffer,
    };

    private JsonElement? Metadata()
    {
        if (options.Metadata is not { } metadata)
        {
            return null;
        }

        using JsonDocument document = JsonDocument.Parse(metadata.ToJsonString());
        return document.RootElement.Clone();
    }

    private static JsonElement CheckMetadata(JsonElement? metadata)
    {
        if (metadata is { ValueKind: not (JsonValueKind.Object or JsonValueKind.Undefined) })
        {
            throw new ConnectionErrorException(SocketRestErrorCode.ProtocolError, "The metadata is no JSON object.");
        }

        return metadata is { ValueKind: JsonValueKind.Object } given ? given.Clone() : s_noMetadata;
    }

    private static readonly JsonElement s_noMetadata = JsonDocument.Parse("{}").RootElement.Clone();

    /// <summary>Names go into log lines and look-ups as they are.</summary>
    private static bool IsUsableName(string? name) => name is { Length: > 0 and <= 256 } && !FramePayload.MayForge(name);

    private static void CheckSettings([NotNull] WireSettings? settings)
    {
        string? fault = settings is null ? "there are none" : settings.Validate();
        if (fault is not null || settings is null)
        {
            throw new ConnectionErrorException(SocketRestErrorCode.ProtocolError, $"The other end's settings are not usable: {fault}.");
        }
    }

    private static void Expect(FrameHeader header, FrameType type)
    {
        if (header.Type != type)
        {
            throw new ConnectionErrorException(SocketRestErrorCode.ProtocolError, $"{header.Type} came where {type} was due.");
        }
    }

    private static SocketRestException Refused(RefuseMessage refusal)
    {
        string message = FramePayload.ReadSentence(System.Text.Encoding.UTF8.GetBytes(refusal.Message ?? ""));
        bool known = refusal.Code != SocketRestErrorCode.None && WireCode.Received((uint)refusal.Code) == refusal.Code;
        SocketRestErrorCode code = known ? refusal.Code : SocketRestErrorCode.HandshakeRefused;
        return new SocketRestException(code, $"The other end refused the handshake ({code}): {message}")
        {
            RetryAfter = refusal.RetryAfter is > 0 and < int.MaxValue and { } wait ? TimeSpan.FromMilliseconds(wait) : null,
            LastStream = refusal.LastStream,
        };
    }

    private static T Parse<T>(ReadOnlyMemory<byte> payload, JsonTypeInfo<T> type)
        where T : class
    {
        try
        {
            return JsonSerializer.Deserialize(payload.Span, type)
                ?? throw new ConnectionErrorException(SocketRestErrorCode.ProtocolError, $"{typeof(T).Name} is empty.");
        }
        catch (JsonException exception)
        {
            throw new ConnectionErrorException(SocketRestErrorCode.ProtocolError, $"{typeof(T).Name} cannot be read: {exception.Message}", exception);
        }
    }

    private async Task SendAsync<T>(FrameType type, T message, JsonTypeInfo<T> typeInfo)
    {
        byte[] payload = JsonSerializer.SerializeToUtf8Bytes(message, typeInfo);
        if (payload.Length > FrameHeader.MaxPayload)
        {
            throw new SocketRestException(SocketRestErrorCode.InvalidRequest, $"Name and metadata take {payload.Length} bytes in the handshake; {FrameHeader.MaxPayload} is the limit.");
        }

        byte[] frame = new byte[FrameHeader.Size + payload.Length];
        FramePayload.WriteFrame(frame, type, FrameFlags.None, 0, payload);
        await transport.SendAsync(frame).ConfigureAwait(false);
    }
}
