namespace SocketRest;

/// <summary>Where a client is with its connection.</summary>
public enum SocketRestConnectionState
{
    /// <summary>There is no connection: the last one ended, or the last attempt failed.</summary>
    Disconnected,

    /// <summary>An attempt to connect is under way.</summary>
    Connecting,

    /// <summary>There is a connection: a new one or, after <see cref="Interrupted"/>, the same one over another socket.</summary>
    Connected,

    /// <summary>The connection has lost its socket and goes on as soon as it has another. What runs on it waits.</summary>
    Interrupted,
}
