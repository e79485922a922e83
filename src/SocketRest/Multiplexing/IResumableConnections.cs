namespace SocketRest.Multiplexing;

/// <summary>The accepting side's connections that outlive their sockets.</summary>
internal interface IResumableConnections
{
    /// <summary>Keeps a connection, until it ends, whose peer is about to learn how to come back.</summary>
    void Add(ResumeGate gate);

    /// <summary>The connection of that ID, or null.</summary>
    ResumeGate? Find(string id);

    /// <summary>Whether who comes back has shown to be who opened the connection.</summary>
    ValueTask<bool> IsSamePeerAsync(TunnelConnection connection, ConnectionIdentity identity, CancellationToken cancellationToken);
}
