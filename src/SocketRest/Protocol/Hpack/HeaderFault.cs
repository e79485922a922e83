namespace SocketRest.Protocol.Hpack;

/// <summary>What makes a decoded field invalid HTTP. It stays with a table entry, so that each use of the entry shows it.</summary>
internal enum HeaderFault : byte
{
    None,
    EmptyName,
    UpperCaseName,
    InvalidName,
    UnknownPseudoHeader,
    InvalidValue,
    OfOneConnection,
}
