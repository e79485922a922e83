namespace SocketRest.Protocol.Hpack;

/// <summary>When the encoder puts a field into the dynamic table.</summary>
internal enum IndexingPolicy : byte
{
    /// <summary>The second time the same field comes by, so that ids and paths that never return push nothing out.</summary>
    WhenRepeated,

    /// <summary>At once: what stays the same for a connection's life, or for a while.</summary>
    AtFirstSight,

    /// <summary>Never, and no later hop may either: a secret in a table can be guessed (RFC 7541 section 7.1).</summary>
    Never,

    /// <summary>As <see cref="Never"/> while it is short enough to be guessed, else as <see cref="WhenRepeated"/> (RFC 7541 section 7.1.3).</summary>
    Cookie,
}
