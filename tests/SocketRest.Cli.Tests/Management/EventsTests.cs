using System.Net;
using System.Text.Json;
using Microsoft.Extensions.Options;
using SocketRest.Cli.Management;
using SocketRest.Cli.Management.Events;
using SocketRest.Cli.Management.Model;

namespace SocketRest.Cli.Tests.Management;

public sealed class EventsTests
{
    [Fact]
    public async Task Readers_hear_of_connections_and_requests_as_they_happen()
    {
        await using ManagedHub hub = await ManagedHub.StartAsync();
        using HttpResponseMessage response = await hub.Client.GetAsync("/_hub/api/events", HttpCompletionOption.ResponseHeadersRead).InTime();
        Assert.Equal("text/event-stream", response.Content.Headers.ContentType?.MediaType);
        using var reader = new StreamReader(await response.Content.ReadAsStreamAsync());
        Assert.Equal(": reading", await reader.ReadLineAsync().InTime());

        await using ConnectedAgent agent = await hub.ConnectAsync("kiln-7", new { site = "north" });
        JsonElement connected = await reader.ReadEventAsync("connected");
        Assert.Equal(agent.Id, connected.GetProperty("agent").GetProperty("id").GetString());
        Assert.Equal("north", connected.GetProperty("agent").GetProperty("metadata").GetProperty("site").GetString());

        await hub.Client.GetStringAsync("/agents/kiln-7/hello").InTime();
        JsonElement finished = await reader.ReadEventAsync("requestFinished");
        Assert.Equal("/hello", finished.GetProperty("request").GetProperty("path").GetString());

        await hub.Client.DeleteAsync($"/_hub/api/agents/{agent.Id}").InTime();
        JsonElement closed = await reader.ReadEventAsync("closed");
        Assert.Equal(agent.Id, closed.GetProperty("agent").GetProperty("id").GetString());
        Assert.NotEmpty(closed.GetProperty("reason").GetString()!);
    }

    [Fact]
    public async Task A_reader_hears_only_what_it_asked_for()
    {
        await using ManagedHub hub = await ManagedHub.StartAsync();
        await using ConnectedAgent other = await hub.ConnectAsync("other");
        using HttpResponseMessage response = await hub.Client.GetAsync("/_hub/api/events?agent=KILN-7&requests=false", HttpCompletionOption.ResponseHeadersRead).InTime();
        using var reader = new StreamReader(await response.Content.ReadAsStreamAsync());
        Assert.Equal(": reading", await reader.ReadLineAsync().InTime());
        Assert.Equal("", await reader.ReadLineAsync().InTime());

        await hub.Client.GetStringAsync("/agents/other/hello").InTime();
        await using ConnectedAgent agent = await hub.ConnectAsync("kiln-7");
        await hub.Client.GetStringAsync("/agents/kiln-7/hello").InTime();
        await hub.Client.DeleteAsync($"/_hub/api/agents/{agent.Id}").InTime();

        var types = new List<string>();
        while (!types.Contains("event: closed"))
        {
            string line = (await reader.ReadLineAsync().InTime())!;
            if (line.StartsWith("event: ", StringComparison.Ordinal))
            {
                types.Add(line);
            }
        }

        Assert.DoesNotContain("event: requestFinished", types);
        Assert.Equal("event: connected", types[0]);
    }

    [Fact]
    public async Task One_reader_too_many_is_turned_away()
    {
        await using ManagedHub hub = await ManagedHub.StartAsync(options => options.MaxEventReaders = 1);
        using HttpResponseMessage first = await hub.Client.GetAsync("/_hub/api/events", HttpCompletionOption.ResponseHeadersRead).InTime();

        using HttpResponseMessage second = await hub.Client.GetAsync("/_hub/api/events", HttpCompletionOption.ResponseHeadersRead).InTime();

        Assert.Equal(HttpStatusCode.OK, first.StatusCode);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, second.StatusCode);
        Assert.Equal(TimeSpan.FromSeconds(10), second.Headers.RetryAfter?.Delta);
    }

    [Fact]
    public async Task The_stream_ends_when_the_hub_stops()
    {
        await using ManagedHub hub = await ManagedHub.StartAsync();
        using HttpResponseMessage response = await hub.Client.GetAsync("/_hub/api/events", HttpCompletionOption.ResponseHeadersRead).InTime();
        using var reader = new StreamReader(await response.Content.ReadAsStreamAsync());

        hub.App.Lifetime.StopApplication();

        Assert.EndsWith("\n\n", await reader.ReadToEndAsync().InTime(), StringComparison.Ordinal);
    }

    [Fact]
    public void Who_reads_too_slowly_is_told_how_many_events_it_missed()
    {
        var events = new HubEvents(Options.Create(new HubManagementOptions()));
        Assert.True(events.TryRead(_ => true, out HubEvents.Reader? reader));
        using (reader)
        {
            for (int i = 0; i < 1030; i++)
            {
                events.Publish(new HubEvent { Kind = HubEventKind.Connected, At = DateTimeOffset.UnixEpoch.AddSeconds(i) });
            }

            Assert.True(reader.TryTake(out HubEvent? first));
            Assert.Equal(6, first.Missed);
            Assert.Equal(DateTimeOffset.UnixEpoch.AddSeconds(6), first.At);
            Assert.True(reader.TryTake(out HubEvent? second));
            Assert.Equal(0, second.Missed);
        }

        Assert.False(events.HasReaders);
    }
}
