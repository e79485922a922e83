namespace SocketRest.Diagnostics;

/// <summary>Calls the application with each event, one after the other: a reader like any other.</summary>
internal static class EventCallback
{
    /// <summary>Returns when there are no more events.</summary>
    /// <param name="events">Where they come from.</param>
    /// <param name="callback">The application's own.</param>
    /// <param name="failed">Told of what it throws.</param>
    public static async Task RunAsync<T>(IAsyncEnumerator<T> events, Func<T, ValueTask> callback, Action<Exception> failed)
    {
        while (await events.MoveNextAsync().ConfigureAwait(false))
        {
            try
            {
                await callback(events.Current).ConfigureAwait(false);
            }
            catch (Exception exception)
            {
                failed(exception);
            }
        }
    }
}
