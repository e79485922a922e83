namespace SocketRest.Protocol;

/// <summary>Which error codes cross the wire. Those from 100 on say what one side sees of the socket, and mean nothing to the other.</summary>
internal static class WireCode
{
    private const int FirstLocal = 100;

    public static SocketRestErrorCode ToSend(SocketRestErrorCode code) =>
        (int)code < FirstLocal ? code
        : code == SocketRestErrorCode.NotSocketRest ? SocketRestErrorCode.ProtocolError
        : SocketRestErrorCode.InternalError;

    /// <summary>What the peer says. A code of a newer peer, or one that it may not send, is taken for its defect (as RFC 9113 section 7 does).</summary>
    public static SocketRestErrorCode Received(uint value) =>
        value < FirstLocal && Enum.IsDefined((SocketRestErrorCode)value) ? (SocketRestErrorCode)value : SocketRestErrorCode.InternalError;
}
