using System.Net;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using SocketRest.AspNetCore.Tests.Conformance;

namespace SocketRest.AspNetCore.Tests.Tunnel;

/// <summary>What a connection knows of itself and of its other end.</summary>
public sealed class ConnectionTests
{
    [Fact]
    public async Task Both_ends_and_the_application_know_the_same_id()
    {
        await using TestHub hub = await TestHub.StartAsync(app => app.MapGet("/id", (HttpContext context) =>
            context.Features.Get<ISocketRestConnectionFeature>()!.Connection.Id));
        await using SocketRestClient tunnel = await hub.DialAsync();
        SocketRestConnection accepted = await hub.SideOfAsync(tunnel);
        using HttpClient client = tunnel.CreateClient();

        Assert.Equal(tunnel.Connection!.Id, accepted.Id);
        Assert.Equal(accepted.Id, await client.GetStringAsync("/id"));
        Assert.Matches("^[0-9a-f]{32}$", accepted.Id);
    }

    [Fact]
    public async Task Each_end_says_what_it_is()
    {
        var ofHub = new JsonObject { ["role"] = "hub", ["nested"] = new JsonObject { ["list"] = new JsonArray(1, 2.5, true, null) } };
        var ofDevice = new JsonObject { ["näme"] = "Brennöfen \"7\" 🔥\u0001\n", ["empty"] = "" };
        await using TestHub hub = await TestHub.StartAsync(configure: options => options.Metadata = ofHub);
        await using SocketRestClient tunnel = await hub.DialAsync(options =>
        {
            options.Metadata = ofDevice;
            options.Name = "Brennofen-ü 7";
            options.Instance = "a b/ß";
        });
        SocketRestConnection accepted = await hub.SideOfAsync(tunnel);

        Assert.True(JsonNode.DeepEquals(ofHub, JsonNode.Parse(tunnel.Connection!.Metadata.GetRawText())));
        Assert.True(JsonNode.DeepEquals(ofDevice, JsonNode.Parse(accepted.Metadata.GetRawText())));
        Assert.Equal("Brennofen-ü 7", accepted.Name);
        Assert.Equal("a b/ß", accepted.Instance);
        Assert.True(tunnel.Connection.PeerServes);
        Assert.False(accepted.PeerServes);
    }

    [Fact]
    public async Task Whoever_says_nothing_has_empty_metadata_no_name_and_an_address()
    {
        await using TestHub hub = await TestHub.StartAsync();
        await using SocketRestClient tunnel = await hub.DialAsync();
        SocketRestConnection accepted = await hub.SideOfAsync(tunnel);

        Assert.Equal("{}", accepted.Metadata.GetRawText());
        Assert.Equal("{}", tunnel.Connection!.Metadata.GetRawText());
        Assert.Null(accepted.Name);
        Assert.Null(accepted.User);
        Assert.InRange(accepted.ConnectedAt, DateTimeOffset.UtcNow.AddMinutes(-1), DateTimeOffset.UtcNow);
        Assert.Equal(IPAddress.Loopback, Assert.IsType<IPEndPoint>(accepted.RemoteEndPoint).Address);
        Assert.Equal(hub.Tunnel.Port, Assert.IsType<DnsEndPoint>(tunnel.Connection.RemoteEndPoint).Port);
    }

    [Fact]
    public async Task Ping_measures_the_round_trip_from_either_end()
    {
        await using TestHub hub = await TestHub.StartAsync();
        await using SocketRestClient tunnel = await hub.DialAsync();
        SocketRestConnection accepted = await hub.SideOfAsync(tunnel);

        foreach (SocketRestConnection side in new[] { tunnel.Connection!, accepted })
        {
            foreach (int length in new[] { 0, 1, 1024 })
            {
                Assert.InRange(await side.PingAsync(Payload.Bytes(length)).InTime(), TimeSpan.FromTicks(1), Patience.Limit);
            }

            await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => side.PingAsync(new byte[1025]));
        }
    }

    [Fact]
    public async Task Pings_are_answered_while_a_body_is_stuck_and_fail_once_the_connection_has_ended()
    {
        var running = new Signal();
        await using TestHub hub = await TestHub.StartAsync(app => app.MapPost("/stuck", async context =>
        {
            running.Release();
            await context.RequestAborted.CancelledAsync();
        }));
        await using SocketRestClient tunnel = await hub.DialAsync();
        SocketRestConnection connection = tunnel.Connection!;
        using HttpClient client = tunnel.CreateClient();
        Task<HttpResponseMessage> stuck = client.PostAsync("/stuck", new ByteArrayContent(new byte[1_000_000]));
        await running.NextAsync();

        TimeSpan[] trips = await Task.WhenAll(Enumerable.Range(0, 50).Select(_ => connection.PingAsync())).InTime();
        Assert.All(trips, trip => Assert.True(trip > TimeSpan.Zero));

        await connection.CloseAsync().InTime();
        await Assert.ThrowsAsync<SocketRestException>(() => connection.PingAsync().InTime());
        Assert.Equal(RequestOutcome.MaybeExecuted, (await TunnelClient.FailureAsync(stuck.InTime())).Outcome);
    }
}
