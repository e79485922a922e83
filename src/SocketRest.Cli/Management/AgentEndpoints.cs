using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Options;
using SocketRest.Cli.Management.Model;
using SocketRest.Cli.Management.Recording;

namespace SocketRest.Cli.Management;

/// <summary>Agents: who they are, what was asked of them, and how to be rid of them.</summary>
internal static class AgentEndpoints
{
    public static void Map(IEndpointRouteBuilder api)
    {
        RouteGroupBuilder agents = api.MapGroup("agents").WithTags("Agents");
        agents.MapGet("", List).WithName("ListAgents").ProducesProblem(400)
            .WithSummary("Lists agents, those connected longest first.")
            .WithDescription("Beside the parameters named here, metadata.FIELD=VALUE asks for a value in a field of the top level of the metadata.");
        agents.MapGet("{id}", Get).WithName("GetAgent").ProducesProblem(404).WithSummary("Finds one agent by the ID of its connection.");
        agents.MapDelete("{id}", DisconnectAsync).WithName("DisconnectAgent").ProducesProblem(404)
            .WithSummary("Closes the connection now. Running requests fail; the agent may dial again.");
        agents.MapPost("{id}/drain", Drain).WithName("DrainAgent").ProducesProblem(404)
            .WithSummary("Gives the connection no new requests and closes it when those running have finished. The agent may dial again.");
        agents.MapGet("{id}/requests", Requests).WithName("ListRequests").ProducesProblem(404)
            .WithSummary("Lists the recent requests to agents of one name, newest first.")
            .WithDescription("The ID is a connection's, or the name of an agent, which may be gone by now.");
        agents.MapGet("{id}/requests/running", Running).WithName("ListRunningRequests").ProducesProblem(404)
            .WithSummary("Lists the requests to agents of one name that have not finished, the longest running first, 100 at most.");
        agents.MapPut("{id}/recording", Record).WithName("SetRecording").ProducesProblem(400).ProducesProblem(404)
            .WithSummary("Keeps the beginnings of text bodies of requests to agents of one name, for ten minutes or until this is taken back.");
    }

    /// <param name="name">A part of the name, in upper or lower case.</param>
    /// <param name="state">connected, interrupted or draining.</param>
    /// <param name="cursor">What the page before gave as next.</param>
    /// <param name="limit">How many at most: from 1 to 500, 100 by default.</param>
    private static Results<Ok<AgentPage>, ProblemHttpResult> List(
        string? name, string? state, string? cursor, int? limit, HttpRequest request, AgentList agents)
    {
        if (limit is < 1 or > AgentList.MaxLimit)
        {
            return ApiProblem.Bad($"limit is from 1 to {AgentList.MaxLimit}.");
        }

        AgentState? wanted = null;
        if (state is not null)
        {
            if (!Enum.TryParse(state, ignoreCase: true, out AgentState read) || !string.Equals(read.ToString(), state, StringComparison.OrdinalIgnoreCase))
            {
                return ApiProblem.Bad("state is connected, interrupted or draining.");
            }

            wanted = read;
        }

        try
        {
            return TypedResults.Ok(agents.Find(name, wanted, request.Query, cursor, limit ?? AgentList.DefaultLimit));
        }
        catch (ArgumentException)
        {
            return ApiProblem.Bad("cursor is what the page before gave as next.");
        }
    }

    private static Results<Ok<Agent>, ProblemHttpResult> Get(string id, AgentList agents) =>
        agents.TryGet(id, out SocketRestConnection? connection) ? TypedResults.Ok(AgentList.Describe(connection)) : ApiProblem.NoAgent(id);

    private static async Task<Results<NoContent, ProblemHttpResult>> DisconnectAsync(string id, AgentList agents)
    {
        if (!agents.TryGet(id, out SocketRestConnection? connection))
        {
            return ApiProblem.NoAgent(id);
        }

        await connection.CloseAsync().ConfigureAwait(false);
        return TypedResults.NoContent();
    }

    private static Results<Accepted, ProblemHttpResult> Drain(string id, AgentList agents)
    {
        if (!agents.TryGet(id, out SocketRestConnection? connection))
        {
            return ApiProblem.NoAgent(id);
        }

        // It takes as long as the requests that run; who wants to know sees the connection go.
        _ = connection.DrainAsync(CancellationToken.None);
        return TypedResults.Accepted((string?)null);
    }

    private static Results<Ok<RecordedRequests>, ProblemHttpResult> Requests(string id, AgentList agents, RequestLog log, BodyRecordings recordings)
    {
        string? name = agents.TryGet(id, out SocketRestConnection? connection) ? connection.Name : null;
        if (connection is null && log.Knows(id))
        {
            name = id;
        }

        return connection is null && name is null
            ? ApiProblem.NoAgent(id)
            : TypedResults.Ok(new RecordedRequests
            {
                Items = name is null ? [] : log.Newest(name),
                Recording = recordings.Of(name ?? ""),
            });
    }

    private static Results<Ok<RunningRequestList>, ProblemHttpResult> Running(string id, AgentList agents, RunningRequests running) =>
        agents.TryGet(id, out SocketRestConnection? connection)
            ? TypedResults.Ok(new RunningRequestList { Items = running.Of(connection.Name ?? "") })
            : ApiProblem.NoAgent(id);

    private static Results<Ok<Model.Recording>, ProblemHttpResult> Record(
        string id, RecordingRequest recording, AgentList agents, BodyRecordings recordings, IOptions<HubManagementOptions> options)
    {
        if (!agents.TryGet(id, out SocketRestConnection? connection) || connection.Name is not { } name)
        {
            return ApiProblem.NoAgent(id);
        }

        int max = options.Value.MaxRecordedBody;
        if (recording.MaxBytes is { } asked && (asked < 1 || asked > max))
        {
            return ApiProblem.Bad($"maxBytes is from 1 to {max}.");
        }

        return TypedResults.Ok(recordings.Set(name, recording));
    }
}
