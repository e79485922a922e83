namespace SocketRest.Protocol.Hpack;

/// <summary>One header field, trailer field or pseudo-header.</summary>
/// <param name="Name">The name in the case in which the application knows it; on the wire it is lower case.</param>
/// <param name="Value">The value, sent as UTF-8.</param>
/// <param name="Sensitive">Whether no hop may put the field into a table (RFC 7541 section 7.1.3).</param>
internal readonly record struct HeaderField(string Name, string Value, bool Sensitive = false);
