using System.Net;
using SocketRest.Protocol;

namespace SocketRest.Multiplexing;

/// <summary>The dialling side's part.</summary>
internal sealed partial class Handshake
{
    /// <summary>Makes a new connection.</summary>
    public Task<TunnelConnection> DialAsync(string? remote, EndPoint? remoteEndPoint, CancellationToken cancellationToken) =>
        RunAsync(remote, async (loop, _) =>
        {
            WireSettings local = LocalSettings();
            WelcomeMessage welcome = await GreetAsync(loop, Hello(local)).ConfigureAwait(false);
            if (!IsUsableName(welcome.Id))
            {
                throw new ConnectionErrorException(SocketRestErrorCode.ProtocolError, "WELCOME has no usable connection ID.");
            }

            CheckSettings(welcome.Settings);
            TimeSpan grace = GraceOf(welcome, local);
            var identity = new ConnectionIdentity
            {
                Id = welcome.Id,
                Metadata = CheckMetadata(welcome.Metadata),
                PeerServes = welcome.Serves,
                TakesReauthentication = welcome.Reauthenticate,
                RemoteEndPoint = remoteEndPoint,
            };
            await SendReadyAsync().ConfigureAwait(false);
            return (new TunnelConnection(isDialler: true, local, welcome.Settings, identity, server, options, logger, grace)
            {
                Ticket = grace > TimeSpan.Zero ? new ResumeTicket(welcome.Token!) : null,
            }, 0);
        }, cancellationToken);

    /// <summary>Goes on with a connection that lost its socket, of which nothing is read or sent any more.</summary>
    public Task ResumeAsync(string? remote, TunnelConnection connection, CancellationToken cancellationToken) =>
        RunAsync(remote, async (loop, _) =>
        {
            ResumeTicket ticket = connection.Ticket!;
            HelloMessage hello = Hello(connection.LocalSettings) with
            {
                Resume = new ResumeRequest { Id = connection.Identity.Id, Token = ticket.Token, Received = connection.TakeAck(), Attempt = ticket.NextAttempt() },
            };
            WelcomeMessage welcome = await GreetAsync(loop, hello).ConfigureAwait(false);
            if (welcome.Received is not { } received || welcome.Id != connection.Identity.Id || string.IsNullOrEmpty(welcome.Token))
            {
                throw new ConnectionErrorException(SocketRestErrorCode.ResumeFailed, "WELCOME is for a new connection, not for the one to go on with.");
            }

            if (!connection.Sender.CanRepeatFrom(received))
            {
                throw new ConnectionErrorException(SocketRestErrorCode.ResumeFailed, "The other end's count of received bytes is none that this side can go on from.");
            }

            ticket.Token = welcome.Token;
            await SendReadyAsync().ConfigureAwait(false);
            return (connection, received);
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

    private async Task<WelcomeMessage> GreetAsync(ReadLoop loop, HelloMessage hello)
    {
        await SendAsync(FrameType.Hello, hello, HandshakeJson.Default.HelloMessage).ConfigureAwait(false);
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
        return welcome.Version == SubProtocol.Version
            ? welcome
            : throw new ConnectionErrorException(SocketRestErrorCode.VersionNotSupported, $"The other end chose version {welcome.Version}, which was not offered.");
    }

    private Task SendReadyAsync() => SendAsync(FrameType.Ready, new ReadyMessage(), HandshakeJson.Default.ReadyMessage);

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
