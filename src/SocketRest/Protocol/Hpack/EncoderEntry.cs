namespace SocketRest.Protocol.Hpack;

/// <summary>An entry of the encoder's dynamic table, and its links in the two chains that it is found by.</summary>
internal struct EncoderEntry
{
    public string Name;
    public string Value;

    /// <summary>The entry's size by RFC 7541 section 4.1.</summary>
    public int Size;

    public uint FieldHash;
    public uint NameHash;

    /// <summary>The number of the next older entry in the same bucket, by field and by name.</summary>
    public uint NextByField;
    public uint NextByName;
}
