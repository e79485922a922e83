using SocketRest.Multiplexing;

namespace SocketRest.AspNetCore.Hub;

/// <summary>A connection from its first handshake to its end, over however many sockets, with the place that it takes up.</summary>
internal sealed class HostedConnection(TunnelConnection connection, TunnelEndpoint endpoint, Admission.Place place, CredentialExpiry? expiry, ResumeGate? gate)
{
    private bool _begun;

    public TunnelConnection Connection => connection;

    /// <summary>Where it was let in. It comes back there or not at all: another endpoint may ask for less.</summary>
    public TunnelEndpoint Endpoint => endpoint;

    public ResumeGate? Gate => gate;

    /// <summary>A handshake has been finished: with the first one the connection is announced.</summary>
    public void Begin(SocketRestConnectionRegistry registry)
    {
        if (Interlocked.Exchange(ref _begun, true))
        {
            return;
        }

        SocketRestConnection shown = connection.Public;
        foreach (SocketRestConnection replaced in registry.Add(shown))
        {
            replaced.Tunnel.Fail(
                new SocketRestException(SocketRestErrorCode.Replaced, "A newer connection of the same name and instance took this one's place."),
                SocketRestErrorCode.Replaced);
        }

        expiry?.Start(connection);
        var events = new ConnectionEvents(shown, registry.Broadcaster);
        events.Begin();
        connection.Observe(events.OnLink);
        _ = EndAsync();

        async Task EndAsync()
        {
            await connection.Completion.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            registry.Remove(shown);
            expiry?.Dispose();
            events.End();
        }
    }

    /// <summary>The peer came back with other credentials of the same user.</summary>
    public void Renew(CredentialExpiry? newer) => expiry?.Move(newer?.Expires);

    /// <summary>Gives the place back when the connection ends.</summary>
    public async Task HoldPlaceAsync()
    {
        await connection.Completion.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        place.Dispose();
    }
}
