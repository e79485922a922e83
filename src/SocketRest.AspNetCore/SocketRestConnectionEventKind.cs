namespace SocketRest.AspNetCore;

/// <summary>What happened to a connection.</summary>
public enum SocketRestConnectionEventKind
{
    /// <summary>The handshake is over, with READY: the connection is in the registry. The first event of each connection.</summary>
    Connected,

    /// <summary>The socket was lost. The connection waits for another (<see cref="Resumed"/>), or ends (<see cref="Closed"/>).</summary>
    Disconnected,

    /// <summary>The connection goes on over another socket, and so does everything that runs on it.</summary>
    Resumed,

    /// <summary>One of both ends has said goodbye: the connection takes no new requests, and ends when those running have, or at once.</summary>
    Draining,

    /// <summary>The connection has ended and is out of the registry. The last event of each connection.</summary>
    Closed,
}
