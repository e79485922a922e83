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
    private Exception? _failure;

    /// <summary>The socket as a link of the connection that this handshake makes, or goes on with.</summary>
    public Link Link { get; } = new(transport);

    /// <summary>A connection ID: 128 random bits, no secret.</summary>
    public static string NewConnectionId() => Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16));

    /// <summary>
    /// Plays one side, and hands the socket to the connection that comes of it, with the count of bytes that the peer has. A step of the exchange that
    /// fails notes why, and gives null or false.
    /// </summary>
    private async Task<HandshakeResult> RunAsync(
        string? remote,
        Func<CancellationToken, Task<(TunnelConnection Connection, ulong Received)?>> exchange,
        CancellationToken cancellationToken,
        Action<TunnelConnection>? begin = null)
    {
        using var deadline = new CancellationTokenSource(options.HandshakeTimeout, options.TimeProvider);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, cancellationToken);

        // No token reaches the socket: it is cut, and the pending call ends with that.
        using CancellationTokenRegistration cut = either.Token.UnsafeRegister(_ => OnOver(givenUp: cancellationToken.IsCancellationRequested), null);
        try
        {
            if (await exchange(either.Token).ConfigureAwait(false) is { } made && Attach(made.Connection, made.Received))
            {
                return new(made.Connection, Failure: null);
            }
        }
        catch (Exception exception)
        {
            Fail(exception);
        }

        Exception failure = _failure!;
        SocketRestException? known = Translate(failure, deadline.IsCancellationRequested);
        await LeaveAsync(failure, cut, tooLate: deadline.IsCancellationRequested && !cancellationToken.IsCancellationRequested).ConfigureAwait(false);

        transport.Abort();
        transport.Dispose();
        Link.Loop.Abandon();
        if (cancellationToken.IsCancellationRequested)
        {
            return new(null, new OperationCanceledException(cancellationToken));
        }

        if (known is not null)
        {
            logger.HandshakeFailed(remote, known.ErrorCode, known.Message);
        }

        return new(null, known ?? failure);

        bool Attach(TunnelConnection connection, ulong received)
        {
            if (!cut.Unregister() && either.IsCancellationRequested)
            {
                return Fail(new OperationCanceledException());
            }

            bool isNew = !connection.HasBegun;
            if (!connection.TryAttach(Link, received, begin))
            {
                return Fail(connection.EndReason!);
            }

            if (isNew)
            {
                connection.Logger.ConnectionEstablished(connection.Identity.Id, connection.Identity.Name ?? remote);
            }

            return true;
        }
    }

    /// <summary>The exchange ends here. The first reason counts.</summary>
    private bool Fail(Exception why)
    {
        _failure ??= why;
        return false;
    }

    private bool Fail(SocketRestErrorCode code, string why) => Fail(new ConnectionErrorException(code, why));

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

    private bool TryReadMetadata(JsonElement? metadata, out JsonElement read)
    {
        bool given = metadata is { ValueKind: JsonValueKind.Object };
        read = given ? metadata!.Value.Clone() : s_noMetadata;
        return given
            || metadata is null or { ValueKind: JsonValueKind.Undefined }
            || Fail(SocketRestErrorCode.ProtocolError, "The metadata is no JSON object.");
    }

    private static readonly JsonElement s_noMetadata = JsonDocument.Parse("{}").RootElement.Clone();

    /// <summary>Names go into log lines and look-ups as they are.</summary>
    private static bool IsUsableName(string? name) => name is { Length: > 0 and <= 256 } && !FramePayload.MayForge(name);

    private bool AreUsable(WireSettings? settings)
    {
        string? fault = settings is null ? "there are none" : settings.Validate();
        return fault is null || Fail(SocketRestErrorCode.ProtocolError, $"The other end's settings are not usable: {fault}.");
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

    /// <summary>The other end's next message, which has to be of this type.</summary>
    private async ValueTask<T?> ReadAsync<T>(FrameType type, JsonTypeInfo<T> typeInfo)
        where T : class
    {
        (FrameHeader header, ReadOnlyMemory<byte> payload, Exception? failure) = await Link.Loop.ReadFrameAsync().ConfigureAwait(false);
        return (failure is null || Fail(failure)) && Is(header, type) ? Parse(payload, typeInfo) : null;
    }

    private bool Is(FrameHeader header, FrameType type) =>
        header.Type == type || Fail(SocketRestErrorCode.ProtocolError, $"{header.Type} came where {type} was due.");

    private T? Parse<T>(ReadOnlyMemory<byte> payload, JsonTypeInfo<T> type)
        where T : class
    {
        string why;
        JsonException? cause = null;
        try
        {
            if (JsonSerializer.Deserialize(payload.Span, type) is { } message)
            {
                return message;
            }

            why = "is empty.";
        }
        catch (JsonException exception)
        {
            why = $"cannot be read: {exception.Message}";
            cause = exception;
        }

        Fail(new ConnectionErrorException(SocketRestErrorCode.ProtocolError, $"{typeof(T).Name} {why}", cause));
        return null;
    }

    private async ValueTask<bool> SendAsync<T>(FrameType type, T message, JsonTypeInfo<T> typeInfo) =>
        await TrySendAsync(type, message, typeInfo).ConfigureAwait(false) is not { } failure || Fail(failure);

    private ValueTask<Exception?> TrySendAsync<T>(FrameType type, T message, JsonTypeInfo<T> typeInfo)
    {
        byte[] payload = JsonSerializer.SerializeToUtf8Bytes(message, typeInfo);
        if (payload.Length > FrameHeader.MaxPayload)
        {
            return new(new SocketRestException(SocketRestErrorCode.InvalidRequest, $"Name and metadata take {payload.Length} bytes in the handshake; {FrameHeader.MaxPayload} is the limit."));
        }

        byte[] frame = new byte[FrameHeader.Size + payload.Length];
        FramePayload.WriteFrame(frame, type, FrameFlags.None, 0, payload);
        return transport.TrySendAsync(frame);
    }
}
