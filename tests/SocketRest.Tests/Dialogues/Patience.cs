namespace SocketRest.Tests.Dialogues;

/// <summary>Bounds every wait of a test: what has not come by then never comes.</summary>
internal static class Patience
{
    public static readonly TimeSpan Limit = TimeSpan.FromSeconds(90);

    public static Task Soon(this Task task) => task.WaitAsync(Limit);

    public static Task<T> Soon<T>(this Task<T> task) => task.WaitAsync(Limit);

    public static Task Soon(this ValueTask task) => task.AsTask().WaitAsync(Limit);

    public static Task<T> Soon<T>(this ValueTask<T> task) => task.AsTask().WaitAsync(Limit);

    /// <summary>Waits until the task has ended, one way or the other.</summary>
    public static async Task EndedAsync(Task task) => await Task.WhenAny(task).Soon();

    /// <summary>Waits for something that nobody announces. Yields in between, and fails in the end.</summary>
    public static async Task UntilAsync(Func<bool> condition)
    {
        long start = TimeProvider.System.GetTimestamp();
        while (!condition())
        {
            Assert.True(TimeProvider.System.GetElapsedTime(start) < Limit, "It never came true.");
            await Task.Yield();
        }
    }
}
