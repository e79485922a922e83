namespace SocketRest.Protocol;

/// <summary>What one side is ready to receive. Announced once, in HELLO or WELCOME, and fixed for the life of the connection.</summary>
/// <remarks>Setters, not initializers: generated JSON code gives an init-only member that is not in the text 0 in place of its default.</remarks>
internal sealed record WireSettings
{
    // Set and not init: for init the JSON source generator leaves members that are missing at zero and not at their defaults.
    public const int MinStreamWindow = 1;
    public const int MaxStreamWindow = int.MaxValue;

    /// <summary>Bytes of DATA that a new stream may send before the first WINDOW.</summary>
    public int StreamWindow { get; set; } = 64 * 1024;

    /// <summary>Streams that the peer may have open at once.</summary>
    public int MaxStreams { get; set; } = 256;

    /// <summary>Streams of the peer that may be reset within a second before their answer begins. Null: twice <see cref="MaxStreams"/>.</summary>
    public int? MaxResets { get; set; }

    /// <summary>Largest decoded header list, counted as RFC 7541 section 4.1 does.</summary>
    public int MaxHeaderList { get; set; } = 32 * 1024;

    /// <summary>Bytes of the HPACK dynamic table that this side keeps for decoding.</summary>
    public int HeaderTable { get; set; } = 4096;

    /// <summary>Unacknowledged bytes that this side keeps for a resume. An ACK is due at the latest every quarter of it.</summary>
    public int ReplayBuffer { get; set; } = 1024 * 1024;

    /// <summary>Says why the settings cannot be worked with, or null.</summary>
    public string? Validate() =>
        StreamWindow < MinStreamWindow ? "streamWindow must be at least 1" :
        MaxStreams < 0 ? "maxStreams must not be negative" :
        MaxResets < 1 ? "maxResets must be at least 1" :
        MaxHeaderList < 1024 ? "maxHeaderList must be at least 1024" :
        HeaderTable is < 0 or > 1024 * 1024 ? "headerTable must be from 0 to 1048576" :
        ReplayBuffer < 0 ? "replayBuffer must not be negative" :
        null;
}
