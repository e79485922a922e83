using SocketRest.Multiplexing;
using SocketRest.Tests.Dialogues;

namespace SocketRest.Tests.Multiplexing;

public sealed class StreamSlotsTests
{
    private static readonly TimeSpan s_wait = TimeSpan.FromSeconds(10);

    private readonly FakeTime _time = new();

    [Fact]
    public async Task As_many_are_in_use_as_the_limit_allows()
    {
        StreamSlots slots = Create(limit: 2);
        Assert.True(slots.TryTake(out _));
        await slots.TakeAsync(CancellationToken.None).Soon();
        Assert.False(slots.TryTake(out _));
        Assert.Equal(2, slots.InUse);
        slots.Release();
        Assert.True(slots.TryTake(out _));
    }

    [Fact]
    public async Task Waiters_get_their_slots_in_order_and_nobody_overtakes()
    {
        StreamSlots slots = Create(limit: 1);
        Assert.True(slots.TryTake(out _));
        Task[] waiters = [.. Enumerable.Range(0, 5).Select(_ => slots.TakeAsync(CancellationToken.None).AsTask())];
        for (int i = 0; i < waiters.Length; i++)
        {
            Assert.DoesNotContain(waiters[i..], waiter => waiter.IsCompleted);
            slots.Release();
            await waiters[i].Soon();
            Assert.False(slots.TryTake(out _));
        }

        slots.Release();
        Assert.Equal(0, slots.InUse);
    }

    [Fact]
    public async Task One_waiter_too_many_fails_at_once_and_was_not_sent()
    {
        StreamSlots slots = Create(limit: 1, maxWaiting: 1);
        Assert.True(slots.TryTake(out _));
        Task waiter = slots.TakeAsync(CancellationToken.None).AsTask();
        await ExpectLimitAsync(slots.TakeAsync(CancellationToken.None).AsTask());
        slots.Release();
        await waiter.Soon();
    }

    [Fact]
    public async Task A_waiter_gives_up_when_its_time_is_over()
    {
        StreamSlots slots = Create(limit: 1);
        Assert.True(slots.TryTake(out _));
        Task waiter = slots.TakeAsync(CancellationToken.None).AsTask();
        _time.Advance(s_wait - TimeSpan.FromTicks(1));
        Task second = slots.TakeAsync(CancellationToken.None).AsTask();
        Assert.False(waiter.IsCompleted);
        _time.Advance(TimeSpan.FromTicks(1));
        await ExpectLimitAsync(waiter);
        slots.Release();
        await second.Soon();
        Assert.Equal(1, slots.InUse);
    }

    [Fact]
    public async Task A_waiter_that_is_cancelled_leaves_its_place_to_the_next()
    {
        StreamSlots slots = Create(limit: 1);
        Assert.True(slots.TryTake(out _));
        using var cancellation = new CancellationTokenSource();
        Task waiter = slots.TakeAsync(cancellation.Token).AsTask();
        Task next = slots.TakeAsync(CancellationToken.None).AsTask();
        cancellation.Cancel();
        OperationCanceledException cancelled = await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiter.Soon());
        Assert.Equal(cancellation.Token, cancelled.CancellationToken);
        slots.Release();
        await next.Soon();
        slots.Release();
        Assert.Equal(0, slots.InUse);
    }

    [Fact]
    public async Task No_slot_is_lost_between_a_grant_and_a_caller_that_gives_up()
    {
        StreamSlots slots = Create(limit: 1);
        for (int i = 0; i < 2_000; i++)
        {
            Assert.True(slots.TryTake(out _));
            using var cancellation = new CancellationTokenSource();
            Task waiter = slots.TakeAsync(cancellation.Token).AsTask();
            Task cancelling = Task.Run(cancellation.Cancel);
            slots.Release();
            await cancelling.Soon();
            await Patience.EndedAsync(waiter);
            Assert.Equal(waiter.IsCompletedSuccessfully ? 1 : 0, slots.InUse);
            if (waiter.IsCompletedSuccessfully)
            {
                slots.Release();
            }
        }
    }

    [Fact]
    public async Task Closing_fails_those_who_wait_and_those_who_come()
    {
        StreamSlots slots = Create(limit: 1);
        Assert.True(slots.TryTake(out _));
        Task waiter = slots.TakeAsync(CancellationToken.None).AsTask();
        slots.Close(new SocketRestException(SocketRestErrorCode.Draining, "Over.", RequestOutcome.MaybeExecuted));
        slots.Close(new SocketRestException(SocketRestErrorCode.ConnectionLost, "Again."));
        Assert.False(slots.TryTake(out SocketRestException? closed));
        foreach (Func<Task> late in (Func<Task>[])[() => waiter, () => slots.TakeAsync(default).AsTask(), () => Task.FromException(closed!)])
        {
            SocketRestException failure = await Assert.ThrowsAsync<SocketRestException>(() => late().Soon());
            Assert.Equal(SocketRestErrorCode.Draining, failure.ErrorCode);
            Assert.Equal(RequestOutcome.NotSent, failure.Outcome);
        }

        Assert.True(slots.IsClosed);
        slots.Release();
        Assert.Equal(0, slots.InUse);
    }

    [Theory]
    [InlineData(false, false)]
    [InlineData(true, false)]
    [InlineData(true, true)]
    public async Task Closing_leaves_no_timer_behind_unless_somebody_may_still_call_back(bool callsBack, bool serves)
    {
        var slots = new StreamSlots(2, 100, Timeout.InfiniteTimeSpan, _time, new Owner(serves, new ResetPace(2, 1, _time, () => 1)));
        slots.NoteReset();
        slots.NoteResetsSent(1, 10);
        slots.NoteReceived(10);
        Task waiter = slots.TakeAsync(CancellationToken.None).AsTask();
        Assert.Equal((false, 1), (waiter.IsCompleted, _time.Armed));

        slots.Close(new SocketRestException(SocketRestErrorCode.Draining, "Over."), callsBack);

        Assert.Equal(serves ? 1 : 0, _time.Armed);
        if (serves)
        {
            _time.Advance(TimeSpan.FromSeconds(1));
            await waiter.Soon();
            Assert.False(slots.TakeAsync(CancellationToken.None).AsTask().IsFaulted);
            slots.Close(new SocketRestException(SocketRestErrorCode.ConnectionLost, "Lost."));
            Assert.Equal(0, _time.Armed);
            return;
        }

        Assert.Equal(SocketRestErrorCode.Draining, (await Assert.ThrowsAsync<SocketRestException>(() => waiter.Soon())).ErrorCode);
    }

    [Fact]
    public async Task A_peer_that_allows_no_streams_lets_nobody_through()
    {
        StreamSlots slots = Create(limit: 0);
        Assert.False(slots.TryTake(out _));
        Task waiter = slots.TakeAsync(CancellationToken.None).AsTask();
        _time.Advance(s_wait);
        await ExpectLimitAsync(waiter);
    }

    private StreamSlots Create(int limit, int maxWaiting = 100) => new(limit, maxWaiting, s_wait, _time);

    private static async Task ExpectLimitAsync(Task waiter)
    {
        SocketRestException failure = await Assert.ThrowsAsync<SocketRestException>(() => waiter.Soon());
        Assert.Equal(SocketRestErrorCode.StreamLimit, failure.ErrorCode);
        Assert.Equal(RequestOutcome.NotSent, failure.Outcome);
    }

    private sealed class Owner(bool serves, ResetPace pace) : ISlotOwner
    {
        public bool Serves => serves;

        public ResetPace CreateResetPace() => pace;
    }
}
