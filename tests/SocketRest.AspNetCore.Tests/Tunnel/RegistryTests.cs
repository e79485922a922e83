using System.Text.Json.Nodes;
using SocketRest.AspNetCore.Tests.Conformance;

namespace SocketRest.AspNetCore.Tests.Tunnel;

/// <summary>Who is connected: found by ID, by name and by metadata, and never longer than they are.</summary>
public sealed class RegistryTests
{
    [Fact]
    public async Task Connections_are_found_by_id_name_and_metadata()
    {
        await using TestHub hub = await TestHub.StartAsync();
        await using SocketRestClient one = await hub.DialAsync(options =>
        {
            options.Name = "kiln-7";
            options.Metadata = new JsonObject { ["site"] = "Ölbronn", ["ready"] = true, ["slots"] = 12 };
        });
        await using SocketRestClient two = await hub.DialAsync(options => options.Name = "kiln-8");
        SocketRestConnection first = await hub.SideOfAsync(one);
        SocketRestConnection second = await hub.SideOfAsync(two);

        Assert.True(hub.Registry.TryGetById(first.Id, out SocketRestConnection? byId));
        Assert.Same(first, byId);
        Assert.Same(first, hub.Registry["kiln-7"]);
        Assert.Same(second, hub.Registry["KILN-8"]);
        Assert.Same(first, Assert.Single(hub.Registry.FindByMetadata("site", "Ölbronn")));
        Assert.Same(first, Assert.Single(hub.Registry.FindByMetadata("ready", "true")));
        Assert.Same(first, Assert.Single(hub.Registry.FindByMetadata("slots", "12")));
        Assert.Empty(hub.Registry.FindByMetadata("site", "elsewhere"));
        Assert.Equal(2, hub.Registry.Connections.Count);
    }

    [Fact]
    public async Task Unknown_ids_and_names_are_ordinary_answers()
    {
        await using TestHub hub = await TestHub.StartAsync();

        Assert.False(hub.Registry.TryGetById("nobody", out _));
        Assert.False(hub.Registry.TryGetByName("nobody", out _));
        var exception = Assert.Throws<SocketRestException>(() => hub.Registry["nobody"]);
        Assert.Equal(RequestOutcome.NotSent, exception.Outcome);
        Assert.Contains("nobody", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Connection_that_has_ended_is_not_found_any_more()
    {
        await using TestHub hub = await TestHub.StartAsync();
        await using SocketRestClient tunnel = await hub.DialAsync(options => options.Name = "kiln-7");
        SocketRestConnection accepted = await hub.SideOfAsync(tunnel);

        await tunnel.DisposeAsync();
        await accepted.Completion.InTime();

        // By name at once: a caller is not given a connection that takes no more calls.
        Assert.False(hub.Registry.TryGetByName("kiln-7", out _));
    }

    [Fact]
    public async Task Same_name_and_instance_replaces_the_old_connection()
    {
        await using TestHub hub = await TestHub.StartAsync();
        void Identify(SocketRestClientOptions options)
        {
            options.Name = "kiln-7";
            options.Instance = "the only one";
        }

        await using SocketRestClient old = await hub.DialAsync(Identify);
        SocketRestConnection oldSide = await hub.SideOfAsync(old);
        SocketRestConnection oldDialled = old.Connection!;
        await using SocketRestClient current = await hub.DialAsync(Identify);
        SocketRestConnection currentSide = await hub.SideOfAsync(current);

        foreach (Task completion in new[] { oldSide.Completion, oldDialled.Completion })
        {
            SocketRestException exception = await Assert.ThrowsAsync<SocketRestException>(() => completion.InTime());
            Assert.Equal(SocketRestErrorCode.Replaced, exception.ErrorCode);
        }

        Assert.Same(currentSide, hub.Registry["kiln-7"]);
        Assert.False(currentSide.Completion.IsCompleted);
    }

    [Fact]
    public async Task Third_of_the_same_name_and_instance_replaces_the_second_though_the_first_still_says_goodbye()
    {
        await using TestHub hub = await TestHub.StartAsync();
        void Identify(SocketRestClientOptions options)
        {
            options.Name = "kiln-7";
            options.Instance = "the only one";
        }

        // A peer that does not answer the close holds the first one's end open.
        using RawPeer mute = await RawPeer.ConnectAsync(hub.Tunnel, "kiln-7", "the only one");
        await hub.Registry.WaitForAsync(connection => connection.Name == "kiln-7").InTime();
        await using SocketRestClient second = await hub.DialAsync(Identify);
        SocketRestConnection secondSide = await hub.SideOfAsync(second);
        await using SocketRestClient third = await hub.DialAsync(Identify);
        await hub.SideOfAsync(third);

        SocketRestException exception = await Assert.ThrowsAsync<SocketRestException>(() => secondSide.Completion.InTime());
        Assert.Equal(SocketRestErrorCode.Replaced, exception.ErrorCode);
    }

    [Fact]
    public async Task Another_instance_shares_the_name_and_the_one_with_less_to_do_is_given()
    {
        var running = new Signal();
        var release = new Signal();
        await using TestHub hub = await TestHub.StartAsync();
        async Task<HttpResponseMessage> AnswerAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            running.Release();
            await release.NextAsync();
            return new HttpResponseMessage();
        }

        await using SocketRestClient one = await hub.DialAsync(options => (options.Name, options.RequestHandler) = ("pool", AnswerAsync));
        await using SocketRestClient two = await hub.DialAsync(options => (options.Name, options.RequestHandler) = ("pool", AnswerAsync));
        await hub.SideOfAsync(one);
        await hub.SideOfAsync(two);

        SocketRestConnection busy = hub.Registry["pool"];
        using HttpClient client = busy.CreateClient();
        Task<HttpResponseMessage> call = client.GetAsync("/");
        await running.NextAsync();
        SocketRestConnection idle = hub.Registry["pool"];
        release.Release();
        using HttpResponseMessage response = await call.InTime();

        Assert.NotSame(busy, idle);
        Assert.False(one.Connection!.Completion.IsCompleted || two.Connection!.Completion.IsCompleted);
    }
}
