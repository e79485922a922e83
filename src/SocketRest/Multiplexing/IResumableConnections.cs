using SocketRest.Protocol;

namespace SocketRest.Multiplexing;

/// <summary>The accepting side's connections that outlive their sockets.</summary>
internal interface IResumableConnections
{
    /// <summary>Keeps a connection, until it ends, whose peer is about to learn how to come back.</summary>
    void Add(ResumeGate gate);

    /// <summary>The other end has said READY, and nothing of what it says next was read yet: from here on it may take for granted that it is known.</summary>
    void Begin(TunnelConnection connection);

    /// <summary>The connection of that ID, or null.</summary>
    ResumeGate? Find(string id);

    /// <summary>Why who comes back is not let in, or null: it has shown to be who opened the connection.</summary>
    ValueTask<ConnectionErrorException?> RefuseAsync(TunnelConnection connection, ConnectionIdentity identity, CancellationToken cancellationToken);
}
