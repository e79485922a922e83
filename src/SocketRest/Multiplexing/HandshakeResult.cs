namespace SocketRest.Multiplexing;

/// <summary>
/// What came of a handshake: a connection, or why there is none. A failure is thrown by nobody but who wants that: exceptions are the most expensive
/// thing that a hostile peer can cause.
/// </summary>
/// <param name="Connection">The connection.</param>
/// <param name="Failure">What a peer or a socket causes, an <see cref="OperationCanceledException"/>, or a defect.</param>
internal readonly record struct HandshakeResult(TunnelConnection? Connection, Exception? Failure)
{
    /// <summary>Whether nobody but the peer, the socket or who gave up is to blame.</summary>
    public bool IsExpected => Failure is null or SocketRestException or OperationCanceledException;

    public TunnelConnection OrThrow() => Connection ?? throw Failure!;
}
