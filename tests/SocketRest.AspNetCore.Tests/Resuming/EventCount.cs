namespace SocketRest.AspNetCore.Tests.Resuming;

/// <summary>Counts what becomes of a hub's connections.</summary>
internal sealed class EventCount
{
    private int _resumed;

    public EventCount(SocketRestConnectionRegistry registry) => _ = ReadAsync(registry.Events.GetAsyncEnumerator());

    public int Resumed => Volatile.Read(ref _resumed);

    private async Task ReadAsync(IAsyncEnumerator<SocketRestConnectionEvent> events)
    {
        while (await events.MoveNextAsync())
        {
            if (events.Current.Kind == SocketRestConnectionEventKind.Resumed)
            {
                Interlocked.Increment(ref _resumed);
            }
        }
    }
}
