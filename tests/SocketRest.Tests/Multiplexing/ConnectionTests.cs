using System.Text;
using SocketRest.Multiplexing;
using SocketRest.Tests.Dialogues;

namespace SocketRest.Tests.Multiplexing;

public sealed class ConnectionTests
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task HEADERS_of_the_peer_reach_the_application_and_its_answer_comes_back(bool peerDials)
    {
        await using Dialogue dialogue = await Dialogue.StartAsync(peerDials);
        await dialogue.Peer.SendRequestAsync(dialogue.PeerId, path: "/kiln?hot=1");
        ServedCall call = await dialogue.Server.NextCallAsync();
        Assert.Equal("/kiln?hot=1", call.Path);
        call.Respond("warm"u8.ToArray());

        Assert.Equal("200", (await dialogue.Peer.ExpectHeadersAsync(dialogue.PeerId))[":status"]);
        Assert.Equal("warm", Encoding.UTF8.GetString(await dialogue.Peer.ReadBodyAsync(dialogue.PeerId)));
        await dialogue.ExpectNothingLeftAsync();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_request_of_this_side_is_answered_by_the_peer(bool peerDials)
    {
        await using Dialogue dialogue = await Dialogue.StartAsync(peerDials);
        using HttpClient client = dialogue.CreateClient();
        Task<string> answer = client.GetStringAsync("kiln");
        Assert.Equal("/kiln", (await dialogue.Peer.ExpectHeadersAsync(dialogue.OwnId))[":path"]);
        await dialogue.Peer.SendResponseAsync(dialogue.OwnId, endStream: false);
        await dialogue.Peer.SendDataAsync(dialogue.OwnId, "warm"u8.ToArray(), endStream: true);
        Assert.Equal("warm", await answer.Soon());
        await dialogue.ExpectNothingLeftAsync();
    }

    [Fact]
    public async Task Both_sides_serve_on_one_connection_at_once()
    {
        await using Dialogue dialogue = await Dialogue.StartAsync();
        TunnelStream asked = await dialogue.AskAsync();
        await dialogue.Peer.SendRequestAsync(1);
        ServedCall call = await dialogue.Server.NextCallAsync();
        await dialogue.Peer.ExpectHeadersAsync(2);
        await dialogue.Peer.SendResponseAsync(2, endStream: true);
        await asked.WaitForHeadAsync().Soon();
        call.Respond();
        Assert.True((await dialogue.Peer.ExpectHeadersAsync(1)).EndStream);
        asked.Release();
        await dialogue.ExpectNothingLeftAsync();
    }

    [Fact]
    public async Task A_lost_socket_ends_the_connection_and_what_runs_on_it()
    {
        await using Dialogue dialogue = await Dialogue.StartAsync();
        await dialogue.Peer.SendRequestAsync(1, endStream: false);
        ServedCall call = await dialogue.Server.NextCallAsync();
        dialogue.Peer.Vanish();
        await dialogue.ExpectFailureAsync(SocketRestErrorCode.ConnectionLost);
        Assert.Equal(SocketRestErrorCode.ConnectionLost, (await call.Aborted.Soon()).ErrorCode);
        await dialogue.ExpectNothingLeftAsync();
    }
}
