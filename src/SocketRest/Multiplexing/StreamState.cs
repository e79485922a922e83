namespace SocketRest.Multiplexing;

/// <summary>
/// All that several threads decide about a stream, in one word that is changed atomically: every transition sees the state before it,
/// so exactly one thread finds that the last condition for a step has come true.
/// </summary>
[Flags]
internal enum StreamState
{
    None = 0,

    /// <summary>The sender holds the stream in a queue or is working on it.</summary>
    Queued = 1 << 0,

    /// <summary>Something was added since the sender last looked.</summary>
    Dirty = 1 << 1,

    /// <summary>The application has written all that it will.</summary>
    OutputEnded = 1 << 2,

    /// <summary>Our END_STREAM is committed.</summary>
    LocalEnded = 1 << 3,

    /// <summary>The peer's END_STREAM has arrived.</summary>
    RemoteEnded = 1 << 4,

    /// <summary>What the peer still sends is not wanted: RESET follows our END_STREAM.</summary>
    StopRemote = 1 << 5,

    /// <summary>The stream ended before its time. It is never used again.</summary>
    Faulted = 1 << 6,

    /// <summary>Somebody has begun to take the stream out of the connection.</summary>
    Closing = 1 << 7,

    /// <summary>The stream is out of the connection's table and its slot is free.</summary>
    Closed = 1 << 8,

    /// <summary>The application has let go of the stream.</summary>
    Released = 1 << 9,

    /// <summary>The peer does not want the rest of what we send, and has sent all of its own.</summary>
    OutputStopped = 1 << 10,

    /// <summary>The read loop has business with the stream that may outlast its end: it is never used again.</summary>
    Pinned = 1 << 11,

    /// <summary>The peer's body is small, complete, and beside the pipe.</summary>
    SmallInput = 1 << 12,

    /// <summary>The application has asked the pipe for input: what arrives has to go there.</summary>
    PipeRead = 1 << 13,

    /// <summary>The application is about to let go of the stream, and reads no more.</summary>
    LetGo = 1 << 14,

    BothEnded = LocalEnded | RemoteEnded,
}
