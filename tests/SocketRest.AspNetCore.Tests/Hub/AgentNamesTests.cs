using Microsoft.Extensions.Logging.Abstractions;
using SocketRest.AspNetCore.Hub;
using SocketRest.AspNetCore.Tests.Conformance;
using SocketRest.Multiplexing;
using SocketRest.Protocol;

namespace SocketRest.AspNetCore.Tests.Hub;

/// <summary>Connections by name while many of them come and go at once. They have no sockets.</summary>
public sealed class AgentNamesTests
{
    private readonly AgentNames _names = new();

    [Fact]
    public async Task Whoever_is_there_is_found_while_others_of_the_name_come_and_go()
    {
        SocketRestConnection stays = Connect("pool");
        _names.Add(stays);

        await Task.WhenAll(Enumerable.Range(0, 8).Select(worker => Task.Run(() =>
        {
            SocketRestConnection[] mine = [Connect("POOL"), Connect($"kiln-{worker % 2}"), Connect("pool")];
            for (int i = 0; i < 2_000; i++)
            {
                foreach (SocketRestConnection one in mine)
                {
                    _names.Add(one);
                    Assert.Contains(one, _names.Find(one.Name!)!.Members);
                }

                Assert.Equal("pool", _names.Get("Pool").Identity.Name, ignoreCase: true);
                Array.ForEach(mine, _names.Remove);
            }
        }))).InTime();

        Assert.Same(stays, Assert.Single(_names.Find("pool")!.Members));
        Assert.Null(_names.Find("kiln-0"));
        Assert.Null(_names.Find("kiln-1"));
        _names.Remove(stays);
        Assert.Null(_names.Find("pool"));
    }

    [Fact]
    public void Those_that_have_as_little_to_do_have_their_turns()
    {
        SocketRestConnection[] all = [Connect("pool"), Connect("pool"), Connect("pool")];
        Array.ForEach(all, one => _names.Add(one));

        TunnelConnection[] chosen = [.. Enumerable.Range(0, 9).Select(_ => _names.Get("pool"))];

        Assert.All(all, one => Assert.Equal(3, chosen.Count(connection => connection == one.Tunnel)));
    }

    private static SocketRestConnection Connect(string name) => new TunnelConnection(
        isDialler: false,
        new WireSettings(),
        new WireSettings(),
        new ConnectionIdentity { Id = Guid.NewGuid().ToString(), Name = name, PeerServes = true },
        server: null,
        new SocketRestOptions { HeartbeatInterval = Timeout.InfiniteTimeSpan },
        NullLogger.Instance).Public;
}
