using SocketRest.Multiplexing;

namespace SocketRest.Tests.Dialogues;

/// <summary>Waits for the head of an answer in place of an HttpClient's call.</summary>
internal sealed class HeadWaiter : IHeadReceiver
{
    private readonly TaskCompletionSource _head = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public ValueTask Task => new(_head.Task);

    public void OnHead(Exception? failure)
    {
        if (failure is null)
        {
            _head.SetResult();
        }
        else
        {
            _head.SetException(failure);
        }
    }
}
