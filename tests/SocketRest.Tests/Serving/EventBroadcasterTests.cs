using SocketRest.Diagnostics;

namespace SocketRest.Tests.Serving;

/// <summary>Events for any number of readers, none of which holds up anybody.</summary>
public sealed class EventBroadcasterTests
{
    private const int Capacity = EventBroadcaster<(int Number, int Missed)>.Capacity;

    private readonly EventBroadcaster<(int Number, int Missed)> _events = new(static (item, missed) => (item.Number, missed));

    [Fact]
    public async Task Each_reader_gets_what_came_after_it_began_in_order()
    {
        Publish(0, 1);
        await using IAsyncEnumerator<(int Number, int Missed)> one = _events.GetAsyncEnumerator();
        Publish(1, 3);
        await using IAsyncEnumerator<(int Number, int Missed)> other = _events.GetAsyncEnumerator();
        Publish(3, 5);

        foreach (int expected in new[] { 1, 2, 3, 4 })
        {
            Assert.Equal((expected, 0), await NextAsync(one));
        }

        Assert.Equal((3, 0), await NextAsync(other));
    }

    [Fact]
    public async Task Slow_reader_keeps_the_newest_and_is_told_how_many_it_missed()
    {
        await using IAsyncEnumerator<(int Number, int Missed)> slow = _events.GetAsyncEnumerator();
        Publish(0, Capacity + 7);

        Assert.Equal((7, 7), await NextAsync(slow));
        Assert.Equal((8, 0), await NextAsync(slow));

        Publish(Capacity + 7, Capacity + 10);
        Assert.Equal((10, 1), await NextAsync(slow));
        for (int i = 11; i < Capacity + 10; i++)
        {
            Assert.Equal((i, 0), await NextAsync(slow));
        }
    }

    [Fact]
    public async Task Reader_that_waits_is_woken_and_one_that_is_slow_costs_it_nothing()
    {
        await using IAsyncEnumerator<(int Number, int Missed)> stuck = _events.GetAsyncEnumerator();
        await using IAsyncEnumerator<(int Number, int Missed)> quick = _events.GetAsyncEnumerator();
        for (int i = 0; i < 3 * Capacity; i++)
        {
            Task<bool> next = quick.MoveNextAsync().AsTask();
            Assert.False(next.IsCompleted);
            Publish(i, i + 1);
            Assert.True(await next.InTime());
            Assert.Equal((i, 0), quick.Current);
        }
    }

    [Fact]
    public async Task Readers_end_when_they_have_read_all_and_later_ones_at_once()
    {
        await using IAsyncEnumerator<(int Number, int Missed)> reader = _events.GetAsyncEnumerator();
        await using IAsyncEnumerator<(int Number, int Missed)> waiting = _events.GetAsyncEnumerator();
        Task<bool> wait = waiting.MoveNextAsync().AsTask();
        Publish(0, 1);
        Assert.True(await wait.InTime());
        wait = waiting.MoveNextAsync().AsTask();
        _events.Complete();
        Publish(1, 2);

        Assert.False(await wait.InTime());
        Assert.Equal((0, 0), await NextAsync(reader));
        Assert.False(await reader.MoveNextAsync());
        await using IAsyncEnumerator<(int Number, int Missed)> late = _events.GetAsyncEnumerator();
        Assert.False(await late.MoveNextAsync());
    }

    [Fact]
    public async Task Cancelled_reader_says_so()
    {
        using var cancellation = new CancellationTokenSource();
        await using IAsyncEnumerator<(int Number, int Missed)> reader = _events.GetAsyncEnumerator(cancellation.Token);
        Task<bool> wait = reader.MoveNextAsync().AsTask();
        await cancellation.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => wait.InTime());
        Publish(0, 1);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => reader.MoveNextAsync().AsTask().InTime());
    }

    private void Publish(int from, int to)
    {
        for (int i = from; i < to; i++)
        {
            _events.Publish((i, 0));
        }
    }

    private static async Task<(int Number, int Missed)> NextAsync(IAsyncEnumerator<(int Number, int Missed)> reader)
    {
        Assert.True(await reader.MoveNextAsync().AsTask().InTime());
        return reader.Current;
    }
}
