using System.Net;
using System.Text.Json;
using SocketRest.Protocol;

namespace SocketRest.Multiplexing;

/// <summary>The dialling side's part.</summary>
internal sealed partial class Handshake
{
    /// <summary>Makes a new connection.</summary>
    public Task<HandshakeResult> DialAsync(string? remote, EndPoint? remoteEndPoint, CancellationToken cancellationToken) =>
        RunAsync(remote, async _ =>
        {
            WireSettings local = LocalSettings();
            if (await GreetAsync(Hello(local)).ConfigureAwait(false) is not { } welcome
                || !IsUsable(welcome)
                || !TryReadMetadata(welcome.Metadata, out JsonElement metadata)
                || !await SendReadyAsync().ConfigureAwait(false))
            {
                return null;
            }

            TimeSpan grace = GraceOf(welcome, local);
            var identity = new ConnectionIdentity
            {
                Id = welcome.Id,
                Metadata = metadata,
                PeerServes = welcome.Serves,
                TakesReauthentication = welcome.Reauthenticate,
                RemoteEndPoint = remoteEndPoint,
            };
            return (new TunnelConnection(isDialler: true, local, welcome.Settings, identity, server, options, logger, grace)
            {
                Ticket = grace > TimeSpan.Zero ? new ResumeTicket(welcome.Token!) : null,
            }, 0);
        }, cancellationToken);

    /// <summary>Goes on with a connection that lost its socket, of which nothing is read or sent any more.</summary>
    public Task<HandshakeResult> ResumeAsync(string? remote, TunnelConnection connection, CancellationToken cancellationToken) =>
        RunAsync(remote, async _ =>
        {
            ResumeTicket ticket = connection.Ticket!;
            HelloMessage hello = Hello(connection.LocalSettings) with
            {
                Resume = new ResumeRequest { Id = connection.Identity.Id, Token = ticket.Token, Received = connection.TakeAck(), Attempt = ticket.NextAttempt() },
            };
            if (await GreetAsync(hello).ConfigureAwait(false) is not { } welcome || !IsFor(connection, welcome, out ulong received))
            {
                return null;
            }

            ticket.Token = welcome.Token!;
            return await SendReadyAsync().ConfigureAwait(false) ? (connection, received) : null;
        }, cancellationToken);

    private HelloMessage Hello(WireSettings local)
    {
        var own = options as SocketRestClientOptions;
        return new HelloMessage
        {
            Versions = [SubProtocol.Version],
            Name = own?.Name,
            Instance = own?.Instance,
            Metadata = Metadata(),
            Settings = local,
            Serves = server is not null,
        };
    }

    private async ValueTask<WelcomeMessage?> GreetAsync(HelloMessage hello)
    {
        if (!await SendAsync(FrameType.Hello, hello, HandshakeJson.Default.HelloMessage).ConfigureAwait(false))
        {
            return null;
        }

        (FrameHeader header, ReadOnlyMemory<byte> payload, Exception? failure) = await Link.Loop.ReadFrameAsync().ConfigureAwait(false);
        bool answered = (failure, header.Type) switch
        {
            ({ } lost, _) => Fail(lost),
            (_, FrameType.Refuse) => Parse(payload, HandshakeJson.Default.RefuseMessage) is { } refusal && Fail(Refused(refusal)),
            (_, FrameType.Hello) => Fail(SocketRestErrorCode.NotSocketRest, "HELLO was answered with HELLO: the other end only echoes, or dials as well."),
            _ => Is(header, FrameType.Welcome),
        };
        return answered
            && Parse(payload, HandshakeJson.Default.WelcomeMessage) is { } welcome
            && (welcome.Version == SubProtocol.Version
                || Fail(SocketRestErrorCode.VersionNotSupported, $"The other end chose version {welcome.Version}, which was not offered."))
            ? welcome
            : null;
    }

    private ValueTask<bool> SendReadyAsync() => SendAsync(FrameType.Ready, new ReadyMessage(), HandshakeJson.Default.ReadyMessage);

    private bool IsUsable(WelcomeMessage welcome) =>
        (IsUsableName(welcome.Id) || Fail(SocketRestErrorCode.ProtocolError, "WELCOME has no usable connection ID."))
        && AreUsable(welcome.Settings);

    /// <summary>Whether the other end goes on with this connection, and from where.</summary>
    private bool IsFor(TunnelConnection connection, WelcomeMessage welcome, out ulong received)
    {
        received = welcome.Received ?? 0;
        return welcome.Received is null || welcome.Id != connection.Identity.Id || string.IsNullOrEmpty(welcome.Token)
            ? Fail(SocketRestErrorCode.ResumeFailed, "WELCOME is for a new connection, not for the one to go on with.")
            : connection.Sender.CanRepeatFrom(received)
                || Fail(SocketRestErrorCode.ResumeFailed, "The other end's count of received bytes is none that this side can go on from.");
    }

    /// <summary>As long as both ends have patience. None without a token, or where this side keeps nothing to send again.</summary>
    private TimeSpan GraceOf(WelcomeMessage welcome, WireSettings local)
    {
        if (string.IsNullOrEmpty(welcome.Token) || local.ReplayBuffer == 0)
        {
            return TimeSpan.Zero;
        }

        var theirs = TimeSpan.FromMilliseconds(Math.Clamp(welcome.Grace, 0, (long)SocketRestOptions.LongestGrace.TotalMilliseconds));
        return theirs < options.ResumeGrace ? theirs : options.ResumeGrace;
    }
}
