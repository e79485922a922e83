using System.Collections.Concurrent;
using Microsoft.AspNetCore.Http;
using SocketRest.Multiplexing;
using SocketRest.Protocol;

namespace SocketRest.AspNetCore.Hub;

/// <summary>The connections of this host by ID: those to which a peer may come back over another socket.</summary>
internal sealed class ConnectionStore(HandshakePolicy policy, SocketRestConnectionRegistry registry)
{
    private readonly HandshakePolicy _policy = policy;
    private readonly SocketRestConnectionRegistry _registry = registry;
    private readonly ConcurrentDictionary<string, HostedConnection> _byId = new(StringComparer.Ordinal);
    private readonly Lock _lock = new();
    private int _held;
    private TaskCompletionSource? _empty;

    /// <summary>Whether the upgrade request names a connection that is here. A hint, by whoever sends it: nothing is proven yet.</summary>
    public bool IsResumed(HttpRequest request) =>
        ((string?)request.Headers[SubProtocol.ConnectionHeader] ?? (string?)request.Query[SubProtocol.ConnectionParameter]) is { } id && _byId.ContainsKey(id);

    /// <summary>The store as the handshake of one upgrade request sees it.</summary>
    public Upgrade For(HttpContext context, TunnelEndpoint endpoint, Admission.Place place, CredentialExpiry? expiry) =>
        new(this, context, endpoint, place, expiry);

    /// <summary>Completes when the end of every connection has been told to who wants to know.</summary>
    public Task WhenEmptyAsync()
    {
        lock (_lock)
        {
            return _held == 0 ? Task.CompletedTask : (_empty ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).Task;
        }
    }

    /// <summary>
    /// Asks those to go elsewhere whose first handshake was not finished, and of whom nobody else knows. Their peers may have everything that it takes to come
    /// back, and those that cannot have anything to finish here are not waited for.
    /// </summary>
    public void DrainUnfinished()
    {
        foreach ((_, HostedConnection hosted) in _byId)
        {
            if (hosted.Connection.AwaitsFirstLink)
            {
                _ = hosted.Connection.DrainAsync(CancellationToken.None);
            }
        }
    }

    private HostedConnection Keep(HostedConnection hosted)
    {
        lock (_lock)
        {
            _held++;
        }

        if (hosted.Gate is not null)
        {
            _byId[hosted.Connection.Identity.Id] = hosted;
        }

        _ = HoldAsync(hosted);
        return hosted;
    }

    /// <summary>The one that waits for a connection's end, so that thousands cost little.</summary>
    private async Task HoldAsync(HostedConnection hosted)
    {
        await hosted.Connection.Completion.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _byId.TryRemove(hosted.Connection.Identity.Id, out _);
        hosted.End();
        lock (_lock)
        {
            if (--_held == 0)
            {
                _empty?.SetResult();
                _empty = null;
            }
        }
    }

    /// <summary>One upgrade request: it brings a new connection, which takes over its place, or another socket for one that is here.</summary>
    internal sealed class Upgrade(ConnectionStore store, HttpContext context, TunnelEndpoint endpoint, Admission.Place place, CredentialExpiry? expiry)
        : IResumableConnections
    {
        private HostedConnection? _made;
        private HostedConnection? _found;

        /// <summary>Whether a connection has taken over the place.</summary>
        public bool GavePlaceAway => _made is not null;

        public void Add(ResumeGate gate) => _made = store.Keep(new HostedConnection(gate.Connection, endpoint, place, expiry, gate));

        public ResumeGate? Find(string id)
        {
            _found = store._byId.TryGetValue(id, out HostedConnection? hosted) && hosted.Endpoint == endpoint ? hosted : null;
            return _found?.Gate;
        }

        public ValueTask<ConnectionErrorException?> RefuseAsync(TunnelConnection connection, ConnectionIdentity identity, CancellationToken cancellationToken)
        {
            if (!UserIdentity.IsUnchanged(connection.Identity.User, identity.User))
            {
                return new(ResumeGate.NotTheSame());
            }

            if (!_found!.TryComeBack(out TimeSpan wait))
            {
                return new(new ConnectionErrorException(SocketRestErrorCode.EnhanceYourCalm, "This connection is resumed too often.") { RetryAfter = wait });
            }

            return store._policy.CheckAsync(context, connection.Identity with { User = identity.User, RemoteEndPoint = identity.RemoteEndPoint }, cancellationToken);
        }

        public void Begin(TunnelConnection connection)
        {
            place.EndHandshake();
            HostedConnection hosted = _found ?? (_made ??= store.Keep(new HostedConnection(connection, endpoint, place, expiry, gate: null)));
            if (_found is not null)
            {
                // It may have ended by now and be in no table any more: it is no new one all the same.
                hosted.Renew(expiry);
            }

            hosted.Begin(store._registry);
        }
    }
}
