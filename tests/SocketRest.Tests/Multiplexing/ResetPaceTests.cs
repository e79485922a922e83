using SocketRest.Multiplexing;
using SocketRest.Tests.Dialogues;

namespace SocketRest.Tests.Multiplexing;

/// <summary>How many streams may be open so that a peer is never given more to reset than it bears: two may be open here, four are borne.</summary>
public sealed class ResetPaceTests
{
    private static readonly TimeSpan s_second = TimeSpan.FromSeconds(1);

    private readonly FakeTime _time = new();
    private long _opened;

    [Fact]
    public void Without_resets_as_many_as_there_are()
    {
        ResetPace pace = Create();
        Assert.True(pace.MayOpen(1_000));
        Assert.Null(pace.UntilNext());
    }

    [Fact]
    public void All_that_are_open_and_all_that_were_reset_are_no_more_than_the_limit()
    {
        ResetPace pace = Create();
        Reset(pace, 3);
        Assert.True(pace.MayOpen(1));
        Assert.False(pace.MayOpen(2));
        Reset(pace, 1);
        Assert.False(pace.MayOpen(1));

        _time.Advance(s_second - TimeSpan.FromTicks(1));
        Assert.False(pace.MayOpen(1));
        Assert.Equal(TimeSpan.FromMilliseconds(1), pace.UntilNext());
        _time.Advance(TimeSpan.FromTicks(1));
        Assert.True(pace.MayOpen(4));
    }

    [Fact]
    public void One_that_waits_to_be_sent_counts()
    {
        ResetPace pace = Create();
        for (int i = 0; i < 4; i++)
        {
            Assert.True(pace.MayOpen(1));
            pace.NoteQueued();
        }

        Assert.False(pace.MayOpen(1));
        pace.NoteSent(4, 10);
        Assert.False(pace.MayOpen(1));
    }

    [Fact]
    public void One_that_the_peer_may_not_have_counts_for_ever_and_a_second_from_then_on()
    {
        ResetPace pace = Create();
        Reset(pace, 4, received: false);
        _time.Advance(100 * s_second);
        Assert.False(pace.MayOpen(1));
        Assert.Null(pace.UntilNext());
        pace.NoteReceived(9);
        Assert.Null(pace.UntilNext());

        pace.NoteReceived(10);
        Assert.Equal(s_second, pace.UntilNext());
        _time.Advance(s_second);
        Assert.True(pace.MayOpen(1));
    }

    [Fact]
    public void One_by_the_peer_counts_from_now_on_or_with_those_before_it()
    {
        ResetPace pace = Create();
        Reset(pace, 2);
        pace.NoteByPeer();
        Reset(pace, 1, received: false);
        Assert.False(pace.MayOpen(1));
        pace.NoteByPeer();
        _time.Advance(s_second);

        // Two are left: what is not certain, and what came after it.
        Assert.True(pace.MayOpen(2));
        Assert.False(pace.MayOpen(3));
        pace.NoteReceived(10);
        _time.Advance(s_second);
        Assert.True(pace.MayOpen(4));
    }

    [Fact]
    public void Who_lets_as_many_finish_is_not_held_back()
    {
        ResetPace pace = Create();

        // As at the other end: five resets are too many, unless ten were opened since the first of them, itself included.
        Reset(pace, 4);
        _opened += 5;
        Assert.False(pace.MayOpen(1));
        _opened++;
        Assert.True(pace.MayOpen(1));
        Reset(pace, 3);
        Assert.True(pace.MayOpen(1));
        Reset(pace, 1);
        Assert.False(pace.MayOpen(1));
    }

    [Fact]
    public void Whether_the_peer_has_to_be_asked_shows_before_anybody_waits()
    {
        ResetPace pace = Create();
        Reset(pace, 2, received: false);
        Assert.Equal((true, false), (pace.AwaitsReceipt, pace.IsPressing));
        Reset(pace, 1, received: false);
        Assert.Equal((true, true), (pace.AwaitsReceipt, pace.IsPressing));
        Assert.True(pace.MayOpen(1));
        pace.NoteReceived(10);
        Assert.Equal((false, false), (pace.AwaitsReceipt, pace.IsPressing));
    }

    private ResetPace Create() => new(streams: 2, limit: 4, _time, () => _opened);

    private void Reset(ResetPace pace, int count, bool received = true)
    {
        for (int i = 0; i < count; i++)
        {
            _opened++;
            pace.NoteQueued();
            pace.NoteSent(1, 10);
        }

        if (received)
        {
            pace.NoteReceived(10);
        }
    }
}
