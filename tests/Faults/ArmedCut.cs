namespace SocketRest.Faults;

/// <summary>A cut that waits for its byte.</summary>
internal sealed class ArmedCut(long bytes, CutKind kind)
{
    private readonly TaskCompletionSource<bool> _fallen = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>How many bytes pass before it falls.</summary>
    public long Remaining { get; set; } = bytes;

    public CutKind Kind => kind;

    /// <summary>True once it has fallen, false if the connection ended before.</summary>
    public Task<bool> Fallen => _fallen.Task;

    public void Complete(bool fallen) => _fallen.TrySetResult(fallen);
}
