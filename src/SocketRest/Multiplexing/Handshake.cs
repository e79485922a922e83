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
internal sealed class Handshake(WebSocketTransport transport, SocketRestOptions options, IStreamServer? server, ILogger logger)
{
    /// <summary>Plays the dialling side.</summary>
    public Task<TunnelConnection> DialAsync(string? remote, System.Net.EndPoint? remoteEndPoint, CancellationToken cancellationToken) =>
        RunAsync(remote, async (loop, _) =>
        {
            WireSettings local = LocalSettings();
            var own = options as SocketRestClientOptions;
            await SendAsync(FrameType.Hello, new HelloMessage
            {
                Versions = [SubProtocol.Version],
                Name = own?.Name,
                Instance = own?.Instance,
                Metadata = Metadata(),
                Settings = local,
                Serves = server is not null,
            }, HandshakeJson.Default.HelloMessage).ConfigureAwait(false);

            (FrameHeader header, ReadOnlyMemory<byte> payload) = await loop.ReadFrameAsync().ConfigureAwait(false);
            if (header.Type == FrameType.Refuse)
            {
                throw Refused(Parse(payload, HandshakeJson.Default.RefuseMessage));
            }

            if (header.Type == FrameType.Hello)
            {
                throw new ConnectionErrorException(SocketRestErrorCode.NotSocketRest, "HELLO was answered with HELLO: the other end only echoes, or dials as well.");
            }

            Expect(header, FrameType.Welcome);
            WelcomeMessage welcome = Parse(payload, HandshakeJson.Default.WelcomeMessage);
            if (welcome.Version != SubProtocol.Version)
            {
                throw new ConnectionErrorException(SocketRestErrorCode.VersionNotSupported, $"The other end chose version {welcome.Version}, which was not offered.");
            }

            if (!IsUsableName(welcome.Id))
            {
                throw new ConnectionErrorException(SocketRestErrorCode.ProtocolError, "WELCOME has no usable connection ID.");
            }

            CheckSettings(welcome.Settings);
            await SendAsync(FrameType.Ready, new ReadyMessage(), HandshakeJson.Default.ReadyMessage).ConfigureAwait(false);
            return new TunnelConnection(
                transport,
                isDialler: true,
                local,
                welcome.Settings,
                new ConnectionIdentity
                {
                    Id = welcome.Id,
                    Metadata = CheckMetadata(welcome.Metadata),
                    PeerServes = welcome.Serves,
                    RemoteEndPoint = remoteEndPoint,
                },
                server,
                options,
                logger);
        }, cancellationToken);

    /// <summary>
    /// Plays the accepting side. <paramref name="identity"/> tells what is known of the other end before it speaks; <paramref name="admit"/> sees
    /// what it says of itself, and throws <see cref="ConnectionErrorException"/> to refuse it.
    /// </summary>
    public Task<TunnelConnection> AcceptAsync(
        ConnectionIdentity identity,
        CancellationToken cancellationToken,
        Func<ConnectionIdentity, CancellationToken, ValueTask>? admit = null) =>
        RunAsync(identity.RemoteEndPoint?.ToString(), async (loop, token) =>
        {
            (FrameHeader header, ReadOnlyMemory<byte> payload) = await loop.ReadFrameAsync().ConfigureAwait(false);
            Expect(header, FrameType.Hello);
            HelloMessage hello = Parse(payload, HandshakeJson.Default.HelloMessage);
            if (hello.Versions is null)
            {
                throw new ConnectionErrorException(SocketRestErrorCode.ProtocolError, "HELLO offers no versions.");
            }

            if (!hello.Versions.Contains(SubProtocol.Version))
            {
                throw new ConnectionErrorException(SocketRestErrorCode.VersionNotSupported, $"This side speaks version {SubProtocol.Version} only.");
            }

            if ((hello.Name is not null && !IsUsableName(hello.Name)) || (hello.Instance is not null && !IsUsableName(hello.Instance)))
            {
                throw new ConnectionErrorException(SocketRestErrorCode.ProtocolError, "Name and instance have from 1 to 256 characters and no control characters.");
            }

            CheckSettings(hello.Settings);
            identity = identity with { Name = hello.Name, Instance = hello.Instance, Metadata = CheckMetadata(hello.Metadata), PeerServes = hello.Serves };
            if (admit is not null)
            {
                await admit(identity, token).ConfigureAwait(false);
            }

            WireSettings local = LocalSettings();
            await SendAsync(FrameType.Welcome, new WelcomeMessage
            {
                Version = SubProtocol.Version,
                Id = identity.Id,
                Settings = local,
                Serves = server is not null,
                Metadata = Metadata(),
            }, HandshakeJson.Default.WelcomeMessage).ConfigureAwait(false);
            (header, payload) = await loop.ReadFrameAsync().ConfigureAwait(false);
            Expect(header, FrameType.Ready);
            Parse(payload, HandshakeJson.Default.ReadyMessage);
            return new TunnelConnection(
                transport,
                isDialler: false,
                local,
                hello.Settings,
                identity,
                server,
                options,
                logger);
        }, cancellationToken);

    /// <summary>A connection ID: 128 random bits, no secret.</summary>
    public static string NewConnectionId() => Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16));

    private async Task<TunnelConnection> RunAsync(string? remote, Func<ReadLoop, CancellationToken, Task<TunnelConnection>> exchange, CancellationToken cancellationToken)
    {
        var loop = new ReadLoop(transport);
        using var deadline = new CancellationTokenSource(options.HandshakeTimeout, options.TimeProvider);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, cancellationToken);

        // No token reaches the socket: the deadline cuts it, and the pending call ends with that.
        using CancellationTokenRegistration cut = either.Token.UnsafeRegister(static socket => ((WebSocketTransport)socket!).Abort(), transport);
        try
        {
            TunnelConnection connection = await exchange(loop, either.Token).ConfigureAwait(false);
            if (!cut.Unregister() && either.IsCancellationRequested)
            {
                throw new OperationCanceledException();
            }

            logger.ConnectionEstablished(connection.Identity.Id, connection.Identity.Name ?? remote);
            connection.Start(loop);
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
            var refusal = new RefuseMessage { Code = WireCode.ToSend(error.Code), Message = error.Message };
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
        HeaderTable = options.HeaderTableSize,
        ReplayBuffer = 0,
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
