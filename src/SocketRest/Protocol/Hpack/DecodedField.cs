namespace SocketRest.Protocol.Hpack;

/// <summary>A table entry as the decoder keeps it: the strings, and all that was found out when they were decoded.</summary>
internal struct DecodedField
{
    public string Name;
    public string Value;

    /// <summary>The entry's size by RFC 7541 section 4.1.</summary>
    public int Size;

    /// <summary>What the field adds to <see cref="HeaderList.EncodedBound"/>.</summary>
    public int Bound;

    public PseudoHeader Pseudo;
    public HeaderFault NameFault;
    public HeaderFault ValueFault;
}
