using Microsoft.Extensions.Logging.Abstractions;
using SocketRest.AspNetCore.Tests.Conformance;
using SocketRest.AspNetCore.Tests.Tunnel;
using SocketRest.Multiplexing;
using SocketRest.Protocol;

namespace SocketRest.AspNetCore.Tests.Hub;

/// <summary>The registry's pages: in one order, and true to those who stay while others come and go. The connections have no sockets, and what the registry asks of them.</summary>
public sealed class ListTests
{
    private readonly SocketRestConnectionRegistry _registry = new();
    private readonly Calendar _time = new();

    [Fact]
    public void Longest_connected_comes_first_and_the_id_decides_between_two_of_one_moment()
    {
        Add("c");
        Add("b");
        _time.Now += TimeSpan.FromTicks(1);
        Add("a");

        SocketRestConnectionPage page = _registry.List();

        Assert.Equal(["b", "c", "a"], Ids(page));
        Assert.Null(page.Continuation);
    }

    [Fact]
    public void Nobody_is_an_empty_page()
    {
        SocketRestConnectionPage page = _registry.List(1);

        Assert.Empty(page.Connections);
        Assert.Null(page.Continuation);
    }

    [Theory]
    [InlineData(10, 1, 10)]
    [InlineData(10, 3, 4)]
    [InlineData(10, 5, 2)]
    [InlineData(10, 10, 1)]
    [InlineData(10, 1_000, 1)]
    public void All_are_listed_once_in_pages_of_any_size(int count, int pageSize, int pages)
    {
        for (int i = 0; i < count; i++)
        {
            Add($"{i}");
        }

        List<SocketRestConnectionPage> listed = [_registry.List(pageSize)];
        while (listed[^1].Continuation is { } continuation)
        {
            listed.Add(_registry.List(pageSize, continuation));
        }

        Assert.Equal(pages, listed.Count);
        Assert.Equal(Enumerable.Range(0, count).Select(i => $"{i}"), listed.SelectMany(Ids));
    }

    [Fact]
    public void Those_that_come_and_go_between_two_pages_neither_hide_nor_repeat_another()
    {
        SocketRestConnection[] all = [.. "abcdefgh".Select(id =>
        {
            _time.Now += TimeSpan.FromSeconds(1);
            return Add(id.ToString());
        })];
        SocketRestConnectionPage first = _registry.List(3);
        Assert.Equal(["a", "b", "c"], Ids(first));

        // The last of the page, one before it and the next are gone.
        _registry.Remove(all[2]);
        _registry.Remove(all[0]);
        _registry.Remove(all[3]);
        _time.Now += TimeSpan.FromSeconds(1);
        Add("0");
        SocketRestConnectionPage second = _registry.List(3, first.Continuation);
        Assert.Equal(["e", "f", "g"], Ids(second));
        Assert.Equal(["h", "0"], Ids(_registry.List(3, second.Continuation)));
    }

    [Fact]
    public void Pages_hold_only_what_fits()
    {
        for (int i = 0; i < 10; i++)
        {
            Add($"{i}");
        }

        SocketRestConnectionPage first = _registry.List(3, condition: Even);
        Assert.Equal(["0", "2", "4"], Ids(first));
        SocketRestConnectionPage second = _registry.List(3, first.Continuation, Even);
        Assert.Equal(["6", "8"], Ids(second));
        Assert.Null(second.Continuation);

        static bool Even(SocketRestConnection connection) => (connection.Id[0] & 1) == 0;
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    [InlineData(1_001)]
    [InlineData(int.MaxValue)]
    public void Size_of_a_page_has_bounds(int pageSize) =>
        Assert.Equal("pageSize", Assert.Throws<ArgumentOutOfRangeException>(() => _registry.List(pageSize)).ParamName);

    [Theory]
    [InlineData("")]
    [InlineData("a")]
    [InlineData("00000000000000ff")]
    [InlineData("00000000000000ff-")]
    [InlineData("00000000000000fg-a")]
    [InlineData(" 0000000000000ff-a")]
    public void What_is_no_continuation_is_said_to_be_none(string continuation) =>
        Assert.Equal("continuation", Assert.Throws<ArgumentException>(() => _registry.List(10, continuation)).ParamName);

    [Fact]
    public async Task Keys_of_nobody_are_ordinary_answers()
    {
        await using TestHub hub = await TestHub.StartAsync();
        await using SocketRestClient nameless = await hub.DialAsync();
        SocketRestConnection accepted = await hub.SideOfAsync(nameless);

        Assert.Empty(hub.Registry.FindByName("nobody"));
        Assert.Empty(hub.Registry.FindByName(""));
        Assert.Empty(hub.Registry.FindByMetadata("", ""));
        Assert.False(hub.Registry.TryGetByName("", out _));
        Assert.False(hub.Registry.TryGetById("", out _));
        Assert.Same(accepted, Assert.Single(hub.Registry.List(1).Connections));
        Assert.Equal(SocketRestErrorCode.UnknownAgent, Assert.Throws<SocketRestException>(() => hub.Registry["nobody"]).ErrorCode);
    }

    [Fact]
    public async Task All_of_one_name_are_listed_whatever_their_state()
    {
        await using TestHub hub = await TestHub.StartAsync();
        await using HeldAgent leaving = await HeldAgent.ConnectAsync(hub, "pool");
        await using HeldAgent staying = await HeldAgent.ConnectAsync(hub, "POOL");
        await using HeldAgent other = await HeldAgent.ConnectAsync(hub, "pool-2");
        using HttpClient client = leaving.Accepted.CreateClient();
        Task<HttpResponseMessage> running = client.GetAsync("/");
        await leaving.Arrived.NextAsync();
        Task drained = leaving.Accepted.DrainAsync();

        IReadOnlyList<SocketRestConnection> pool = hub.Registry.FindByName("Pool");
        Assert.Equal(2, pool.Count);
        Assert.Contains(leaving.Accepted, pool);
        Assert.Contains(staying.Accepted, pool);

        leaving.Release.Release();
        (await running.InTime()).Dispose();
        await drained.InTime();
    }

    private static IEnumerable<string> Ids(SocketRestConnectionPage page) => page.Connections.Select(connection => connection.Id);

    private SocketRestConnection Add(string id)
    {
        var options = new SocketRestServerOptions { TimeProvider = _time, HeartbeatInterval = Timeout.InfiniteTimeSpan };
        var connection = new TunnelConnection(
            isDialler: false,
            new WireSettings(),
            new WireSettings(),
            new ConnectionIdentity { Id = id },
            server: null,
            options,
            NullLogger.Instance);
        _registry.Add(connection.Public);
        return connection.Public;
    }

    private sealed class Calendar : TimeProvider
    {
        public DateTimeOffset Now { get; set; } = DateTimeOffset.UnixEpoch;

        public override DateTimeOffset GetUtcNow() => Now;
    }
}
