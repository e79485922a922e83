namespace SocketRest.Multiplexing;

/// <summary>Waits for the head of the answer on a stream that this side opened.</summary>
internal interface IHeadReceiver
{
    /// <summary>Called once for each use of the stream, on a thread of the pool: the head is there, or <paramref name="failure"/> says why it never will be.</summary>
    void OnHead(Exception? failure);
}
