using System.Text.Json;
using SocketRest.Protocol;

namespace SocketRest.Multiplexing;

/// <summary>The accepting side's part.</summary>
internal sealed partial class Handshake
{
    /// <summary>
    /// Makes a new connection, or goes on with one. <paramref name="identity"/> tells what is known of the other end before it speaks; <paramref name="admit"/> sees
    /// what it says of itself, and gives why it is refused, or null. Without <paramref name="resumable"/> no connection outlives its socket.
    /// </summary>
    public async Task<HandshakeResult> AcceptAsync(
        ConnectionIdentity identity,
        CancellationToken cancellationToken,
        Func<ConnectionIdentity, CancellationToken, ValueTask<ConnectionErrorException?>>? admit = null,
        IResumableConnections? resumable = null)
    {
        ResumeGate.Attempt? attempt = null;
        ResumeGate? made = null;
        ResumeGate? found = null;
        _atDeadline = AtDeadline.Refuse;
        try
        {
            HandshakeResult result = await RunAsync(identity.RemoteEndPoint?.ToString(), async token =>
            {
                if (await ReadAsync(FrameType.Hello, HandshakeJson.Default.HelloMessage).ConfigureAwait(false) is not { } hello || !IsUsable(hello))
                {
                    return null;
                }

                if (hello.Resume is { } resume)
                {
                    found = resumable?.Find(resume.Id);
                    if (found is not { } gate)
                    {
                        Fail(SocketRestErrorCode.ResumeFailed, "There is no such connection to go on with: its time is over, or it was never here.");
                        return null;
                    }

                    ConnectionErrorException? notTheirs = gate.Knows(resume)
                        ? await resumable!.RefuseAsync(gate.Connection, identity, token).ConfigureAwait(false)
                        : ResumeGate.NotTheSame();
                    if (notTheirs is not null || (attempt = await gate.EnterAsync(resume, transport).ConfigureAwait(false)) is null)
                    {
                        Fail(notTheirs ?? ResumeGate.NotTheSame());
                        return null;
                    }

                    if (!await GoOnAsync(gate.Connection, resume, attempt, token).ConfigureAwait(false))
                    {
                        return null;
                    }

                    gate.Confirm(attempt);
                    gate.Connection.NoteNewWay(identity);
                    return (gate.Connection, resume.Received);
                }

                if (!TryReadMetadata(hello.Metadata, out JsonElement metadata))
                {
                    return null;
                }

                identity = identity with { Name = hello.Name, Instance = hello.Instance, Metadata = metadata, PeerServes = hello.Serves };
                if (admit is not null && await admit(identity, token).ConfigureAwait(false) is { } refusal)
                {
                    Fail(refusal);
                    return null;
                }

                TimeSpan grace = resumable is not null && hello.Settings.ReplayBuffer > 0 ? options.ResumeGrace : TimeSpan.Zero;
                WireSettings local = LocalSettings() with { ReplayBuffer = grace > TimeSpan.Zero ? options.ReplayBuffer : 0 };
                if (grace > TimeSpan.Zero)
                {
                    // From WELCOME on the other end may know all that it takes to resume, also if its READY is lost.
                    made = new ResumeGate(Connect(), transport);
                    attempt = made.First;
                    resumable!.Add(made);
                }

                return await WelcomeAsync(local, identity, attempt?.Token, grace, received: null, made?.Connection).ConfigureAwait(false)
                    ? (made?.Connection ?? Connect(), 0)
                    : null;

                TunnelConnection Connect() => new(isDialler: false, local, hello.Settings, identity, server, options, logger, grace);
            }, cancellationToken, resumable is null ? null : resumable.Begin).ConfigureAwait(false);
            if (result.Failure is SocketRestException { InnerException: ConnectionErrorException } fault)
            {
                made?.Connection.Fail(fault, SocketRestErrorCode.ConnectionLost);
            }
            else if (result.Failure is not null)
            {
                made?.Connection.AwaitFirstLink();
            }

            return result;
        }
        finally
        {
            if (attempt is not null)
            {
                (found ?? made)!.Leave(attempt);
            }
        }
    }

    private async Task<bool> GoOnAsync(TunnelConnection connection, ResumeRequest request, ResumeGate.Attempt attempt, CancellationToken cancellationToken)
    {
        await connection.LeaveLinkAsync(new SocketRestException(SocketRestErrorCode.ConnectionLost, "The other end came back over another socket."))
            .WaitAsync(cancellationToken).ConfigureAwait(false);
        if (connection.IsEnded)
        {
            return Fail(new ConnectionErrorException(SocketRestErrorCode.ResumeFailed, "The connection has ended.") { LastStream = connection.Streams.LastDispatched });
        }

        if (!connection.Sender.CanRepeatFrom(request.Received))
        {
            connection.Fail(
                new SocketRestException(SocketRestErrorCode.ResumeFailed, "The other end came back with a count of received bytes that this side cannot go on from."),
                SocketRestErrorCode.ConnectionLost);
            return Fail(new ConnectionErrorException(SocketRestErrorCode.ResumeFailed, "The count of received bytes is none that this side can go on from.")
            {
                LastStream = connection.Streams.LastDispatched,
            });
        }

        return await WelcomeAsync(connection.LocalSettings, connection.Identity, attempt.Token, connection.Grace, connection.TakeAck(), connection).ConfigureAwait(false);
    }

    /// <summary>Sends WELCOME and waits for READY. <paramref name="connection"/> is what could be resumed from now on.</summary>
    private async Task<bool> WelcomeAsync(
        WireSettings local, ConnectionIdentity identity, string? token, TimeSpan grace, ulong? received, TunnelConnection? connection)
    {
        if (Interlocked.CompareExchange(ref _atDeadline, AtDeadline.Cut, AtDeadline.Refuse) == AtDeadline.Refusing)
        {
            return Fail(new OperationCanceledException());
        }

        return await SendAsync(FrameType.Welcome, new WelcomeMessage
        {
            Version = SubProtocol.Version,
            Id = identity.Id,
            Token = token,
            Grace = (long)grace.TotalMilliseconds,
            Settings = local,
            Serves = server is not null,
            Metadata = Metadata(),
            Received = received,
            Reauthenticate = identity.Reauthenticator is not null,
        }, HandshakeJson.Default.WelcomeMessage).ConfigureAwait(false)
            && await ReadReadyAsync(connection).ConfigureAwait(false);
    }

    /// <summary>READY, or word that the other end can do nothing with WELCOME: then it does not come back, and the connection that could be resumed is over.</summary>
    private async Task<bool> ReadReadyAsync(TunnelConnection? connection)
    {
        (FrameHeader header, ReadOnlyMemory<byte> payload, Exception? failure) = await Link.Loop.ReadFrameAsync().ConfigureAwait(false);
        if (failure is not null)
        {
            return Fail(failure);
        }

        if (header.Type != FrameType.Refuse)
        {
            return Is(header, FrameType.Ready) && Parse(payload, HandshakeJson.Default.ReadyMessage) is not null;
        }

        if (Parse(payload, HandshakeJson.Default.RefuseMessage) is not { } refusal)
        {
            return false;
        }

        _wasRefused = true;
        SocketRestException refused = Refused(refusal);
        connection?.Fail(refused, SocketRestErrorCode.ConnectionLost);
        return Fail(refused);
    }

    private bool IsUsable(HelloMessage hello) =>
        hello.Versions is null ? Fail(SocketRestErrorCode.ProtocolError, "HELLO offers no versions.")
        : !hello.Versions.Contains(SubProtocol.Version) ? Fail(SocketRestErrorCode.VersionNotSupported, $"This side speaks version {SubProtocol.Version} only.")
        : (hello.Name is not null && !IsUsableName(hello.Name)) || (hello.Instance is not null && !IsUsableName(hello.Instance))
            ? Fail(SocketRestErrorCode.ProtocolError, "Name and instance have from 1 to 256 characters and no control characters.")
        : AreUsable(hello.Settings);
}
