namespace SocketRest.Http;

/// <summary>The one place where a caller's thread is blocked: behind the synchronous members of <see cref="HttpClient"/>, <see cref="Stream"/> and pipes.</summary>
internal static class SynchronousWait
{
    public static T For<T>(ValueTask<T> task)
    {
        if (!task.IsCompleted)
        {
            Task<T> pending = task.AsTask();
            using var done = new ManualResetEventSlim();
            pending.ConfigureAwait(false).GetAwaiter().UnsafeOnCompleted(done.Set);
            done.Wait();
            task = new ValueTask<T>(pending);
        }

        // It has ended by now: this takes what came of it.
        return task.GetAwaiter().GetResult();
    }

    public static void For(ValueTask task) => For(AsResult(task));

    private static ValueTask<bool> AsResult(ValueTask task)
    {
        if (task.IsCompletedSuccessfully)
        {
            return new(true);
        }

        return Awaited(task);

        static async ValueTask<bool> Awaited(ValueTask task)
        {
            await task.ConfigureAwait(false);
            return true;
        }
    }
}
