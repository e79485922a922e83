namespace SocketRest.Transport;

/// <summary>
/// The failure of a task as a value: an exception that nobody throws costs next to nothing. Results are taken of tasks that have ended: no thread waits here.
/// </summary>
internal static class TaskFailure
{
    /// <summary>Waits for the end of a task. Null if it went well.</summary>
    public static async ValueTask<Exception?> FailureAsync(this Task task)
    {
        await task.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        return task.Failure;
    }

    extension(Task task)
    {
        /// <summary>Why a task that has ended did not go well, or null.</summary>
        public Exception? Failure => task.IsCanceled ? new TaskCanceledException(task) : task.Exception?.InnerException;
    }

    extension(ValueTask task)
    {
        /// <summary>Takes the result of a task that has ended: why it did not go well, or null.</summary>
        public Exception? TakeFailure()
        {
            if (!task.IsCompletedSuccessfully)
            {
                return task.AsTask().Failure;
            }

            // By this alone a source is let go of that is used again.
            task.GetAwaiter().GetResult();
            return null;
        }
    }

    extension<T>(ValueTask<T> task)
    {
        /// <summary>Takes the result of a task that has ended, or why it did not go well.</summary>
        public T? TakeResult(out Exception? failure)
        {
            if (task.IsCompletedSuccessfully)
            {
                failure = null;
                return task.GetAwaiter().GetResult();
            }

            failure = task.AsTask().Failure;
            return default;
        }
    }
}
