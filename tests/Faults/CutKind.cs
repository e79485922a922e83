namespace SocketRest.Faults;

/// <summary>How a connection is lost.</summary>
internal enum CutKind
{
    /// <summary>Both ends see a reset, as from a router that has forgotten them.</summary>
    Reset,

    /// <summary>Both ends see the end of the other's bytes, as from a process that was killed.</summary>
    Close,
}
