namespace SocketRest.Multiplexing;

/// <summary>Whose streams take the slots, and what else they may have to wait for.</summary>
internal interface ISlotOwner
{
    /// <summary>Whether a request of the peer runs here at the moment: what answers it may have to call back, also on a connection that is being drained.</summary>
    bool Serves { get; }

    /// <summary>Asked for with the first reset: most connections see none.</summary>
    ResetPace CreateResetPace();
}
