using SocketRest.Multiplexing;

namespace SocketRest.AspNetCore.Hub;

/// <summary>A connection from its first handshake to its end, over however many sockets, with the place that it takes up.</summary>
internal sealed class HostedConnection(TunnelConnection connection, TunnelEndpoint endpoint, Admission.Place place, CredentialExpiry? expiry, ResumeGate? gate)
{
    /// <summary>How often a connection may be resumed at once. Each time costs a handshake, a question to the application and the former socket.</summary>
    internal const int ResumeBurst = 200;

    private const int Begun = 1;
    private const int Announced = 2;
    private const int Ended = 4;

    /// <summary>Ways that are cut again and again cut a socket a few times a second at worst; more often is no way, but a peer that does it.</summary>
    private const int ResumesPerSecond = 20;

    private int _state;
    private TokenBucket? _resumes;
    private SocketRestConnectionRegistry? _registry;
    private ConnectionEvents? _events;

    public TunnelConnection Connection => connection;

    /// <summary>Where it was let in. It comes back there or not at all: another endpoint may ask for less.</summary>
    public TunnelEndpoint Endpoint => endpoint;

    public ResumeGate? Gate => gate;

    /// <summary>A handshake has been finished: with the first one the connection is announced.</summary>
    public void Begin(SocketRestConnectionRegistry registry)
    {
        if ((Interlocked.Or(ref _state, Begun) & Begun) != 0)
        {
            return;
        }

        SocketRestConnection shown = connection.Public;
        foreach (SocketRestConnection replaced in registry.Add(shown))
        {
            if (replaced.IsDraining)
            {
                // Its peer was asked to come anew for what comes next: what still runs on it may finish, and then it goes.
                continue;
            }

            replaced.Tunnel.Fail(
                new SocketRestException(SocketRestErrorCode.Replaced, "A newer connection of the same name and instance took this one's place."),
                SocketRestErrorCode.Replaced);
        }

        expiry?.Start(connection);
        _registry = registry;
        _events = new ConnectionEvents(shown, registry.Broadcaster);
        _events.Begin();
        connection.Observe(_events.OnLink);
        if ((Interlocked.Or(ref _state, Announced) & Ended) != 0)
        {
            TellEnd();
        }
    }

    /// <summary>Whether the peer, who has shown that it is the one, may go on now, or when.</summary>
    public bool TryComeBack(out TimeSpan wait)
    {
        TokenBucket resumes = LazyInitializer.EnsureInitialized(ref _resumes, () => new TokenBucket(ResumesPerSecond, ResumeBurst, connection.Time));
        lock (resumes)
        {
            return resumes.TryTake(out wait);
        }
    }

    /// <summary>The peer came back with other credentials of the same user.</summary>
    public void Renew(CredentialExpiry? newer) => expiry?.Move(newer?.Expires);

    /// <summary>The connection has ended: gives its place back.</summary>
    public void End()
    {
        place.Dispose();
        if ((Interlocked.Or(ref _state, Ended) & Announced) != 0)
        {
            TellEnd();
        }
    }

    /// <summary>By whoever comes last, the announcement or the end.</summary>
    private void TellEnd()
    {
        _registry!.Remove(connection.Public);
        expiry?.Dispose();
        _events!.End();
    }
}
