namespace SocketRest;

/// <summary>
/// Every reason for which a stream is reset or a connection ends. The same value is what the wire, the log and the
/// <see cref="SocketRestException"/> carry. Values are part of the protocol and never change their meaning.
/// </summary>
public enum SocketRestErrorCode
{
    /// <summary>No error: a graceful end. On a reset: what was received so far is kept and complete.</summary>
    None = 0,

    /// <summary>The peer broke the protocol.</summary>
    ProtocolError = 1,

    /// <summary>A defect at the end that sends the code.</summary>
    InternalError = 2,

    /// <summary>The peer sent more body bytes than its window allowed.</summary>
    FlowControlError = 3,

    /// <summary>A frame arrived for a stream that has already ended in that direction.</summary>
    StreamClosed = 4,

    /// <summary>A frame has a length that its type does not allow.</summary>
    FrameSizeError = 5,

    /// <summary>The stream was refused before any of it was processed: it may safely be sent again.</summary>
    RefusedStream = 6,

    /// <summary>The side that opened the stream no longer wants its answer.</summary>
    Cancelled = 7,

    /// <summary>A header block could not be decoded (RFC 7541). Ends the connection.</summary>
    CompressionError = 8,

    /// <summary>The peer behaves in a way that costs more than the limits allow.</summary>
    EnhanceYourCalm = 9,

    /// <summary>The request asks for an application that this side does not serve.</summary>
    NotServed = 10,

    /// <summary>A header block is larger than the receiving side accepts.</summary>
    HeadersTooLarge = 11,

    /// <summary>The message is not valid HTTP (a forbidden field, a wrong length, a missing pseudo-header).</summary>
    MalformedMessage = 12,

    /// <summary>The application ended the exchange itself (for instance by <c>HttpContext.Abort()</c> or by an exception after the response had begun).</summary>
    ApplicationAborted = 13,

    /// <summary>The peers share no version of the protocol.</summary>
    VersionNotSupported = 14,

    /// <summary>The handshake was not finished in time.</summary>
    HandshakeTimeout = 15,

    /// <summary>The accepting side refused the handshake, or closed the WebSocket in the middle of it.</summary>
    HandshakeRefused = 16,

    /// <summary>The connection is being drained, or the other end closed it in good order: new requests are refused.</summary>
    Draining = 17,

    /// <summary>Nothing was received from the peer within the heartbeat's time, or its socket took nothing any more.</summary>
    HeartbeatTimeout = 18,

    /// <summary>A newer connection of the same name and instance took this one's place.</summary>
    Replaced = 19,

    /// <summary>The connection lost its socket and the other end does not go on with it: it does not know it any more, or not from this end.</summary>
    ResumeFailed = 20,

    /// <summary>
    /// The connection's credentials are missing, wrong or expired, or do not allow the name that it wants: the upgrade was answered with 401 or 403, the accepting
    /// side's application refused the handshake, new credentials were refused, or those of a connection have expired.
    /// </summary>
    Unauthorized = 21,

    /// <summary>The connection was idle for longer than <see cref="SocketRestOptions.IdleTimeout"/> at one of the ends: a graceful end.</summary>
    IdleTimeout = 22,

    /// <summary>The socket ended without a word. Never sent on the wire.</summary>
    ConnectionLost = 100,

    /// <summary>This side closed the connection. Never sent on the wire.</summary>
    ConnectionClosed = 101,

    /// <summary>No WebSocket could be opened. Never sent on the wire.</summary>
    ConnectFailed = 102,

    /// <summary>Too many calls already wait for a free stream, or one waited too long. Never sent on the wire.</summary>
    StreamLimit = 103,

    /// <summary>The request cannot be expressed (for instance a header block above 65,535 bytes). Never sent on the wire.</summary>
    InvalidRequest = 104,

    /// <summary>The other end of the WebSocket does not speak SocketRest. Never sent on the wire.</summary>
    NotSocketRest = 105,

    /// <summary>Nobody of that name is connected to this hub. Never sent on the wire.</summary>
    UnknownAgent = 106,
}
