using SocketRest.Multiplexing;

namespace SocketRest.Tests.Dialogues;

internal static class HeadWaiterExtensions
{
    /// <summary>Makes the stream tell a waiter of its head. Before the head is sent, or an answer could be missed.</summary>
    public static TunnelStream WithHeadWaiter(this TunnelStream stream)
    {
        stream.HeadReceiver = new HeadWaiter();
        return stream;
    }

    public static ValueTask WaitForHeadAsync(this TunnelStream stream) => ((HeadWaiter)stream.HeadReceiver!).Task;
}
