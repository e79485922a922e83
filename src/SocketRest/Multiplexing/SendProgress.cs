namespace SocketRest.Multiplexing;

/// <summary>Where a stream stands after its turn at the sender.</summary>
internal enum SendProgress
{
    /// <summary>Nothing is left to send for now.</summary>
    Done,

    /// <summary>There is more: another turn, behind the others.</summary>
    More,

    /// <summary>The peer's window is used up: a WINDOW frame will bring the stream back.</summary>
    Blocked,

    /// <summary>The message has no room: the stream is first in the next one.</summary>
    MessageFull,
}
