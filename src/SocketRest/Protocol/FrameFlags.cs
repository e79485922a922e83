namespace SocketRest.Protocol;

[Flags]
internal enum FrameFlags : byte
{
    None = 0,

    /// <summary>HEADERS and DATA: the sender's direction of the stream ends here.</summary>
    EndStream = 0x01,

    /// <summary>PING: this one answers.</summary>
    Answer = EndStream,
}
