using SocketRest.Cli.Generated;

namespace SocketRest.Cli.Tests.Management;

public sealed class GeneratedClientTests
{
    [Fact]
    public async Task The_generated_client_manages_a_hub()
    {
        await using ManagedHub hub = await ManagedHub.StartAsync();
        await using ConnectedAgent agent = await hub.ConnectAsync("kiln-7", new { site = "north" });
        var client = new HubClient(hub.Client);

        AgentPage page = await client.ListAgentsAsync(name: "kiln").InTime();
        Agent one = Assert.Single(page.Items);
        Assert.Equal(AgentState.Connected, one.State);
        Assert.Equal(agent.Id, one.Id);
        Assert.Null(page.Next);

        await hub.Client.GetStringAsync("/agents/kiln-7/hello").InTime();
        RecordedRequests requests = await client.ListRequestsAsync(one.Id).InTime();
        Assert.Equal("/hello", Assert.Single(requests.Items).Path);
        Recording recording = await client.SetRecordingAsync(one.Id, new RecordingRequest { Bodies = true }).InTime();
        Assert.True(recording.Bodies);
        Assert.Equal(1, (await client.GetHubAsync().InTime()).Connections.Total);

        await client.DrainAgentAsync(one.Id).InTime();
        await hub.GoneAsync(agent.Seen);
        ApiException<ProblemDetails> gone = await Assert.ThrowsAsync<ApiException<ProblemDetails>>(() => client.GetAgentAsync(one.Id).InTime());
        Assert.Equal(404, gone.StatusCode);
        Assert.NotEmpty(gone.Result.Detail!);
    }

    [Fact]
    public async Task The_generated_client_reads_events_as_they_come()
    {
        await using ManagedHub hub = await ManagedHub.StartAsync();
        var client = new HubClient(hub.Client);

        using FileResponse events = await client.ReadEventsAsync().InTime();
        using var reader = new StreamReader(events.Stream);
        await using ConnectedAgent agent = await hub.ConnectAsync("kiln-7");

        await reader.ReadEventAsync("connected");
    }
}
