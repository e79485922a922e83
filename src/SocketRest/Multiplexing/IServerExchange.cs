namespace SocketRest.Multiplexing;

/// <summary>One request that the peer sent, on the side that answers it. Reused with its stream.</summary>
internal interface IServerExchange : IThreadPoolWorkItem
{
    /// <summary>The exchange ended before its time; called on a thread of the pool at most once between two uses.</summary>
    void OnAborted(SocketRestException reason);
}
