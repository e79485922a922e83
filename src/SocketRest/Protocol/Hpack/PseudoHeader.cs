namespace SocketRest.Protocol.Hpack;

/// <summary>Which pseudo-header a field is (RFC 9113 section 8.3, RFC 8441 section 4).</summary>
internal enum PseudoHeader : byte
{
    None,
    Authority,
    Method,
    Path,
    Protocol,
    Scheme,
    Status,
}
