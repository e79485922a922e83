using SocketRest.Protocol;

namespace SocketRest.Multiplexing;

/// <summary>The accepting side's part.</summary>
internal sealed partial class Handshake
{
    /// <summary>
    /// Makes a new connection, or goes on with one. <paramref name="identity"/> tells what is known of the other end before it speaks; <paramref name="admit"/> sees
    /// what it says of itself, and throws <see cref="ConnectionErrorException"/> to refuse it. Without <paramref name="resumable"/> no connection outlives its socket.
    /// </summary>
    public async Task<TunnelConnection> AcceptAsync(
        ConnectionIdentity identity,
        CancellationToken cancellationToken,
        Func<ConnectionIdentity, CancellationToken, ValueTask>? admit = null,
        IResumableConnections? resumable = null)
    {
        ResumeGate.Attempt? attempt = null;
        ResumeGate? made = null;
        try
        {
            return await RunAsync(identity.RemoteEndPoint?.ToString(), async (loop, token) =>
            {
                (FrameHeader header, ReadOnlyMemory<byte> payload) = await loop.ReadFrameAsync().ConfigureAwait(false);
                Expect(header, FrameType.Hello);
                HelloMessage hello = CheckHello(Parse(payload, HandshakeJson.Default.HelloMessage));
                if (hello.Resume is { } resume)
                {
                    ResumeGate gate = resumable?.Find(resume.Id)
                        ?? throw new ConnectionErrorException(SocketRestErrorCode.ResumeFailed, "There is no such connection to go on with: its time is over, or it was never here.");
                    if (!gate.Knows(resume) || !await resumable.IsSamePeerAsync(gate.Connection, identity, token).ConfigureAwait(false))
                    {
                        throw NotTheSame();
                    }

                    attempt = await gate.EnterAsync(resume, transport).ConfigureAwait(false) ?? throw NotTheSame();
                    await GoOnAsync(gate.Connection, resume, attempt, loop, token).ConfigureAwait(false);
                    gate.Confirm(attempt);
                    gate.Connection.NoteNewWay(identity);
                    return (gate.Connection, resume.Received);
                }

                identity = identity with { Name = hello.Name, Instance = hello.Instance, Metadata = CheckMetadata(hello.Metadata), PeerServes = hello.Serves };
                if (admit is not null)
                {
                    await admit(identity, token).ConfigureAwait(false);
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

                await WelcomeAsync(local, identity, attempt?.Token, grace, received: null).ConfigureAwait(false);
                await ReadReadyAsync(loop, made?.Connection).ConfigureAwait(false);
                return (made?.Connection ?? Connect(), 0);

                TunnelConnection Connect() => new(isDialler: false, local, hello.Settings, identity, server, options, logger, grace);
            }, cancellationToken).ConfigureAwait(false);
        }
        catch (SocketRestException failure) when (failure.InnerException is ConnectionErrorException)
        {
            made?.Connection.Fail(failure, SocketRestErrorCode.ConnectionLost);
            throw;
        }
        catch
        {
            made?.Connection.AwaitFirstLink();
            throw;
        }
        finally
        {
            attempt?.Leave();
        }
    }

    private async Task GoOnAsync(TunnelConnection connection, ResumeRequest request, ResumeGate.Attempt attempt, ReadLoop loop, CancellationToken cancellationToken)
    {
        await connection.LeaveLinkAsync(new SocketRestException(SocketRestErrorCode.ConnectionLost, "The other end came back over another socket."))
            .WaitAsync(cancellationToken).ConfigureAwait(false);
        if (connection.IsEnded)
        {
            throw new ConnectionErrorException(SocketRestErrorCode.ResumeFailed, "The connection has ended.") { LastStream = connection.Streams.LastRemote };
        }

        if (!connection.Sender.CanRepeatFrom(request.Received))
        {
            connection.Fail(
                new SocketRestException(SocketRestErrorCode.ResumeFailed, "The other end came back with a count of received bytes that this side cannot go on from."),
                SocketRestErrorCode.ConnectionLost);
            throw new ConnectionErrorException(SocketRestErrorCode.ResumeFailed, "The count of received bytes is none that this side can go on from.")
            {
                LastStream = connection.Streams.LastRemote,
            };
        }

        await WelcomeAsync(connection.LocalSettings, connection.Identity, attempt.Token, connection.Grace, connection.TakeAck()).ConfigureAwait(false);
        await ReadReadyAsync(loop, connection).ConfigureAwait(false);
    }

    private Task WelcomeAsync(WireSettings local, ConnectionIdentity identity, string? token, TimeSpan grace, ulong? received) =>
        SendAsync(FrameType.Welcome, new WelcomeMessage
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
        }, HandshakeJson.Default.WelcomeMessage);

    /// <summary>READY, or word that the other end can do nothing with WELCOME: then it does not come back, and the connection that could be resumed is over.</summary>
    private static async Task ReadReadyAsync(ReadLoop loop, TunnelConnection? connection)
    {
        (FrameHeader header, ReadOnlyMemory<byte> payload) = await loop.ReadFrameAsync().ConfigureAwait(false);
        if (header.Type == FrameType.Refuse)
        {
            SocketRestException refused = Refused(Parse(payload, HandshakeJson.Default.RefuseMessage));
            connection?.Fail(refused, SocketRestErrorCode.ConnectionLost);
            throw refused;
        }

        Expect(header, FrameType.Ready);
        Parse(payload, HandshakeJson.Default.ReadyMessage);
    }

    private static HelloMessage CheckHello(HelloMessage hello)
    {
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
        return hello;
    }

    /// <summary>One sentence for whatever is wrong: who guesses learns nothing from it.</summary>
    private static ConnectionErrorException NotTheSame() =>
        new(SocketRestErrorCode.ResumeFailed, "This is not for the one whose connection it is, or it comes too late.");
}
