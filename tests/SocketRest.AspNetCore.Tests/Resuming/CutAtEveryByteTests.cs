using SocketRest.AspNetCore.Tests.Conformance;
using SocketRest.AspNetCore.Tests.Tunnel;
using SocketRest.Faults;

namespace SocketRest.AspNetCore.Tests.Resuming;

/// <summary>The same dialogue once for every byte of it, with the socket cut after that byte.</summary>
[Collection(Alone.Name)]
public sealed class CutAtEveryByteTests
{
    /// <summary>Numbers differ in length from run to run.</summary>
    private const int Slack = 64;

    [Fact]
    public async Task Dialogue_itself_is_right()
    {
        var dialogue = new ResumeDialogue();
        await using TestHub hub = await TestHub.StartAsync(dialogue.Map);

        await Lanes.RunAsync(hub.Tunnel, Enumerable.Range(0, 200), async (proxy, number) =>
        {
            await using SocketRestClient tunnel = ResumeDialogue.CreateClient(proxy.Address);
            await dialogue.PlayAsync(tunnel, $"{number}");
        });
    }

    [Theory]
    [InlineData(nameof(Way.ToTarget), nameof(CutKind.Reset))]
    [InlineData(nameof(Way.ToTarget), nameof(CutKind.Close))]
    [InlineData(nameof(Way.FromTarget), nameof(CutKind.Reset))]
    [InlineData(nameof(Way.FromTarget), nameof(CutKind.Close))]
    public async Task Dialogue_loses_and_repeats_nothing(string wayName, string kindName)
    {
        Way way = Enum.Parse<Way>(wayName);
        CutKind kind = Enum.Parse<CutKind>(kindName);
        var dialogue = new ResumeDialogue();
        await using TestHub hub = await TestHub.StartAsync(
            dialogue.Map,
            options => options.MaxConnectionsPerSecond = options.ConnectionBurst = 1_000_000);
        hub.ExpectsErrors = true;
        (int handshake, int whole) = await RecordAsync(hub, dialogue, way);
        int fallen = 0, afterHandshake = 0, resumed = 0;

        await Lanes.RunAsync(hub.Tunnel, Enumerable.Range(0, whole + Slack), async (proxy, offset) =>
        {
            Task<bool> cut = proxy.CutNextAfter(way, offset, kind);
            await using SocketRestClient tunnel = ResumeDialogue.CreateClient(proxy.Address);
            await using IAsyncEnumerator<SocketRestStateChange> changes = tunnel.StateChanges.GetAsyncEnumerator();
            string id = (await tunnel.GetConnectionAsync().InTime()).Id;
            await dialogue.PlayAsync(tunnel, $"{way}-{kind}-{offset}");
            if (cut.IsCompletedSuccessfully && cut.Result)
            {
                Interlocked.Increment(ref fallen);
                if (offset > handshake + Slack)
                {
                    Interlocked.Increment(ref afterHandshake);
                    Assert.Equal(id, tunnel.Connection?.Id);
                    Interlocked.Add(ref resumed, await IsResumedAsync(tunnel, changes) ? 1 : 0);
                }
            }
        });

        // What falls with the last bytes may find everything said.
        Assert.InRange(fallen, whole * 8 / 10, whole + Slack);
        Assert.InRange(resumed, afterHandshake * 9 / 10, int.MaxValue);
    }

    /// <summary>Whether the client had its connection back after it had lost the socket. The hub may hear of a READY that was lost as a first connection.</summary>
    private static async Task<bool> IsResumedAsync(SocketRestClient tunnel, IAsyncEnumerator<SocketRestStateChange> changes)
    {
        await tunnel.DisposeAsync();
        bool interrupted = false, resumed = false;
        while (await changes.MoveNextAsync().InTime())
        {
            interrupted |= changes.Current.State == SocketRestConnectionState.Interrupted;
            resumed |= interrupted && changes.Current.State == SocketRestConnectionState.Connected;
        }

        return resumed;
    }

    /// <summary>How many bytes go that way until there is a connection, and in all.</summary>
    private static async Task<(int Handshake, int Whole)> RecordAsync(TestHub hub, ResumeDialogue dialogue, Way way)
    {
        await using var proxy = new FaultProxy(hub.Tunnel);
        await using SocketRestClient tunnel = ResumeDialogue.CreateClient(proxy.Address);
        await tunnel.GetConnectionAsync().InTime();
        long handshake = proxy.Carried(way);
        await dialogue.PlayAsync(tunnel, "recorded");
        return ((int)handshake, (int)proxy.Carried(way));
    }
}
