using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Http.Json;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;
using SocketRest.Cli.Management.Model;

namespace SocketRest.Cli.Management.Events;

/// <summary>What happens, as server-sent events.</summary>
internal static class EventEndpoints
{
    private static readonly TimeSpan s_comment = TimeSpan.FromSeconds(15);

    public static void Map(IEndpointRouteBuilder api) =>
        api.MapGet("events", ReadAsync).WithName("ReadEvents").WithTags("Hub").Produces<Stream>(200, "text/event-stream").ProducesProblem(503)
            .WithSummary("Tells what happens from now on, as server-sent events.")
            .WithDescription("The type of an event is its kind, its data a HubEvent. Nothing is told twice: Last-Event-ID is ignored. " +
                "Who reads too slowly misses events and is told how many. A request comes without bodies, whatever was recorded: those are with the agent's recent requests.");

    /// <param name="agent">Only of agents of this name.</param>
    /// <param name="requests">Whether finished requests are among the events. Default: true.</param>
    private static async Task<IResult> ReadAsync(
        string? agent,
        bool? requests,
        HttpContext context,
        HubEvents events,
        IHostApplicationLifetime lifetime,
        IOptions<JsonOptions> json,
        TimeProvider time)
    {
        if (!events.TryRead(what => IsWanted(what, agent, requests ?? true), out HubEvents.Reader? reader))
        {
            context.Response.Headers.RetryAfter = "10";
            return ApiProblem.Of(StatusCodes.Status503ServiceUnavailable, "Too many read already.", "The hub tells a limited number of readers what happens.");
        }

        using (reader)
        {
            using var end = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, lifetime.ApplicationStopping);
            try
            {
                await WriteAsync(context, reader, json.Value.SerializerOptions, time, end.Token).ConfigureAwait(false);
            }
            catch (OperationCanceledException) when (end.IsCancellationRequested)
            {
            }
        }

        return Results.Empty;
    }

    private static bool IsWanted(HubEvent what, string? agent, bool requests) => what.Request is { } request
        ? requests && (agent is null || string.Equals(request.Agent, agent, StringComparison.OrdinalIgnoreCase))
        : agent is null || string.Equals(what.Agent?.Name, agent, StringComparison.OrdinalIgnoreCase);

    private static async Task WriteAsync(HttpContext context, HubEvents.Reader reader, JsonSerializerOptions json, TimeProvider time, CancellationToken end)
    {
        HttpResponse response = context.Response;
        response.ContentType = "text/event-stream";
        response.Headers["X-Accel-Buffering"] = "no";
        context.Features.GetRequiredFeature<IHttpResponseBodyFeature>().DisableBuffering();

        // Tells a reader that it has begun: what happens from here on it will hear of.
        await response.WriteAsync(": reading\n\n", end).ConfigureAwait(false);
        await response.Body.FlushAsync(end).ConfigureAwait(false);
        while (true)
        {
            using (var quiet = new CancellationTokenSource(s_comment, time))
            using (var wait = CancellationTokenSource.CreateLinkedTokenSource(end, quiet.Token))
            {
                try
                {
                    await reader.WaitAsync(wait.Token).ConfigureAwait(false);
                }
                catch (OperationCanceledException) when (!end.IsCancellationRequested)
                {
                    // Whatever stands between takes a connection without a byte for dead.
                    await response.WriteAsync(": \n\n", end).ConfigureAwait(false);
                }
            }

            while (reader.TryTake(out HubEvent? what))
            {
                string kind = JsonNamingPolicy.CamelCase.ConvertName(what.Kind.ToString());
                await response.WriteAsync($"event: {kind}\ndata: {JsonSerializer.Serialize(what, json)}\n\n", end).ConfigureAwait(false);
            }

            await response.Body.FlushAsync(end).ConfigureAwait(false);
        }
    }
}
