using SocketRest.Dialling;

namespace SocketRest.Tests.Serving;

/// <summary>How long the waits between attempts are: they grow up to a cap, and many who wait do not come back in step.</summary>
public sealed class BackoffTests
{
    private static readonly TimeSpan s_cap = TimeSpan.FromSeconds(8);

    [Fact]
    public void Waits_are_any_part_of_a_ceiling_that_doubles_up_to_the_cap()
    {
        Backoff[] many = [.. Enumerable.Range(0, 400).Select(_ => new Backoff(s_cap))];
        TimeSpan ceiling = TimeSpan.FromMilliseconds(100);
        for (int failure = 1; failure <= 10; failure++)
        {
            TimeSpan[] waits = [.. many.Select(one => one.Next())];
            Assert.All(waits, wait => Assert.InRange(wait, TimeSpan.FromMilliseconds(1), ceiling));
            Assert.Contains(waits, wait => wait < ceiling / 4);
            Assert.Contains(waits, wait => wait > ceiling * 3 / 4);
            ceiling = ceiling * 2 < s_cap ? ceiling * 2 : s_cap;
        }
    }

    [Fact]
    public void Wait_after_a_reset_or_a_drain_is_short_however_many_failed()
    {
        var backoff = new Backoff(s_cap);
        for (int i = 0; i < 20; i++)
        {
            backoff.Next();
        }

        Assert.All(Enumerable.Range(0, 100), _ => Assert.InRange(backoff.AtOnce(), TimeSpan.FromMilliseconds(1), TimeSpan.FromMilliseconds(100)));
        backoff.Reset();
        Assert.InRange(backoff.Next(), TimeSpan.FromMilliseconds(1), TimeSpan.FromMilliseconds(100));
    }

    [Fact]
    public void Cap_below_the_first_wait_holds_from_the_first()
    {
        var backoff = new Backoff(TimeSpan.FromMilliseconds(10));
        Assert.All(Enumerable.Range(0, 100), _ => Assert.InRange(backoff.Next(), TimeSpan.FromMilliseconds(1), TimeSpan.FromMilliseconds(10)));
    }

    [Theory]
    [InlineData(SocketRestErrorCode.Unauthorized)]
    [InlineData(SocketRestErrorCode.VersionNotSupported)]
    public void Refusal_that_looks_final_is_retried_at_the_cap(SocketRestErrorCode code)
    {
        var backoff = new Backoff(s_cap);
        var refusal = new SocketRestException(code, "No.");
        Assert.All(Enumerable.Range(0, 100), _ => Assert.InRange(backoff.Next(refusal), s_cap / 2, s_cap));

        // What fails otherwise by then is a first failure.
        Assert.InRange(backoff.Next(), TimeSpan.FromMilliseconds(1), TimeSpan.FromMilliseconds(100));
    }

    [Theory]
    [InlineData(7_000, 7_000, 15_000)]
    [InlineData(1, 1, 8_001)]
    [InlineData(3_599_999, 3_599_999, 3_600_000)]
    [InlineData(2_000_000_000, 3_600_000, 3_600_000)]
    public void Other_end_is_given_the_time_that_it_asks_for_but_no_more_than_an_hour(int asked, int least, int most)
    {
        var backoff = new Backoff(s_cap);
        var busy = new SocketRestException(SocketRestErrorCode.ConnectFailed, "Later.") { RetryAfter = TimeSpan.FromMilliseconds(asked) };
        Assert.All(Enumerable.Range(0, 100), _ => Assert.InRange(backoff.Next(busy), TimeSpan.FromMilliseconds(least), TimeSpan.FromMilliseconds(most)));
    }
}
