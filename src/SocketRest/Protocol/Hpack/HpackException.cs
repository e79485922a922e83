namespace SocketRest.Protocol.Hpack;

/// <summary>
/// A block breaks the coding itself. Its sender's table and ours may now differ, so this ends the connection
/// (RFC 7541 section 2.2, RFC 9113 section 4.3).
/// </summary>
internal sealed class HpackException(string message) : Exception(message);
