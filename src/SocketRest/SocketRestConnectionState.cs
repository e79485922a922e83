namespace SocketRest;

/// <summary>Where a client is with its connection.</summary>
public enum SocketRestConnectionState
{
    /// <summary>There is no connection: the last one ended, or the last attempt failed.</summary>
    Disconnected,

    /// <summary>An attempt to connect is under way.</summary>
    Connecting,

    /// <summary>There is a connection.</summary>
    Connected,
}
