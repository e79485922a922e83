using SocketRest.Tests.Dialogues;

namespace SocketRest.Tests.Multiplexing;

/// <summary>What stays of exchanges that are over.</summary>
public sealed class KeptTests
{
    [Fact]
    public async Task A_connection_that_has_ended_keeps_no_streams_for_their_next_use()
    {
        await using Dialogue dialogue = await Dialogue.StartAsync();
        for (uint id = 1; id < 21; id += 2)
        {
            await dialogue.Peer.SendRequestAsync(id);
        }

        // All of them first: an answered call's stream serves the next.
        var calls = new List<ServedCall>();
        for (int i = 0; i < 10; i++)
        {
            calls.Add(await dialogue.Server.NextCallAsync());
        }

        foreach (ServedCall call in calls)
        {
            call.Respond();
            await dialogue.Peer.ReceiveAsync();
        }

        await Patience.UntilAsync(() => dialogue.Connection.KeptStreams == 10);
        ServedCall last = await StartAsync(21);

        dialogue.Peer.Vanish();
        await dialogue.ExpectFailureAsync(SocketRestErrorCode.ConnectionLost);
        Assert.Equal(0, dialogue.Connection.KeptStreams);
        last.Release();
        Assert.Equal(0, dialogue.Connection.KeptStreams);

        async Task<ServedCall> StartAsync(uint id)
        {
            await dialogue.Peer.SendRequestAsync(id);
            return await dialogue.Server.NextCallAsync();
        }
    }
}
