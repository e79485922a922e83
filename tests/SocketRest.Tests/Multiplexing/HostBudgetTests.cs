using SocketRest.Multiplexing;
using SocketRest.Tests.Dialogues;

namespace SocketRest.Tests.Multiplexing;

/// <summary>What the bodies on all connections of a host come out of.</summary>
public sealed class HostBudgetTests
{
    private const int Window = 4096;

    [Fact]
    public async Task A_body_that_would_exceed_the_hosts_budget_is_refused_until_the_application_has_let_go_of_another()
    {
        var options = new Hosted(2 * Window) { InitialStreamWindow = Window };
        await using Dialogue one = await Dialogue.StartAsync(options: options);
        await using Dialogue other = await Dialogue.StartAsync(options: options);
        ServedCall first = await SendAsync(one, 1);
        ServedCall second = await SendAsync(other, 1);
        await ExpectRefusalAsync(other, 3);
        await ExpectRefusalAsync(one, 3);

        // A request without a body has nothing to do with it.
        await other.Peer.SendRequestAsync(5);
        (await other.Server.NextCallAsync()).Respond();
        await other.Peer.ExpectHeadersAsync(5);

        await one.Peer.SendResetAsync(1, SocketRestErrorCode.Cancelled);
        await first.Aborted.Soon();
        await ExpectRefusalAsync(other, 7);
        first.Release();
        await SendAsync(other, 9);
        second.Respond();
        await other.Peer.ExpectHeadersAsync(1);
        await other.Peer.ExpectResetAsync(1, SocketRestErrorCode.None);
        await other.Peer.ExpectSilenceAsync();
        await SendAsync(one, 5);
        await ExpectRefusalAsync(one, 7);
    }

    [Fact]
    public async Task A_window_grows_out_of_the_hosts_budget_too()
    {
        var options = new Hosted((2 * Window) - 1) { InitialStreamWindow = Window };
        await using Dialogue dialogue = await Dialogue.StartAsync(options: options);
        ServedCall call = await SendAsync(dialogue, 1);
        await dialogue.Peer.SendDataAsync(1, new byte[Window]);
        await call.ReadAsync(Window);
        Assert.Equal(Window, (int)(await dialogue.Peer.ExpectWindowAsync(1)).Number);
    }

    [Fact]
    public async Task A_connection_that_is_lost_gives_back_what_it_had()
    {
        var options = new Hosted(2 * Window) { InitialStreamWindow = Window, MaxConcurrentStreams = 1, MaxResetsPerSecond = 100 };
        await using Dialogue one = await Dialogue.StartAsync(options: options);
        ServedCall first = await SendAsync(one, 1);
        await one.Peer.SendResetAsync(1, SocketRestErrorCode.Cancelled);
        await first.Aborted.Soon();
        ServedCall second = await SendAsync(one, 3);
        one.Peer.Vanish();
        await one.ExpectFailureAsync(SocketRestErrorCode.ConnectionLost);
        first.Release();
        second.Release();

        await using Dialogue other = await Dialogue.StartAsync(options: new Hosted(options.HostWindows) { InitialStreamWindow = Window });
        await SendAsync(other, 1);
        await SendAsync(other, 3);
        await ExpectRefusalAsync(other, 5);
    }

    private static async Task<ServedCall> SendAsync(Dialogue dialogue, uint id)
    {
        await dialogue.Peer.SendRequestAsync(id, endStream: false, method: "POST");
        return await dialogue.Server.NextCallAsync();
    }

    private static async Task ExpectRefusalAsync(Dialogue dialogue, uint id)
    {
        await dialogue.Peer.SendRequestAsync(id, endStream: false, method: "POST");
        await dialogue.Peer.ExpectResetAsync(id, SocketRestErrorCode.RefusedStream);
    }

    private sealed class Hosted(WindowBudget budget) : SocketRestOptions
    {
        public Hosted(long bytes)
            : this(new WindowBudget(bytes))
        {
        }

        internal override WindowBudget HostWindows => budget;
    }
}
