using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using SocketRest.AspNetCore;
using SocketRest.Cli.Management.Access;
using SocketRest.Cli.Management.Events;
using SocketRest.Cli.Management.Model;

namespace SocketRest.Cli.Management.Recording;

/// <summary>Remembers the requests that are forwarded to agents. Those that were not let in are not among them: anybody can send those.</summary>
internal sealed class RequestRecorder(RequestLog log, RunningRequests running, BodyRecordings recordings, HubEvents events, AgentPages pages, TimeProvider time)
{
    /// <summary>Puts the recorder around endpoints that forward to agents.</summary>
    public void Record(IEndpointConventionBuilder endpoints) => endpoints.Add(endpoint =>
    {
        RequestDelegate next = endpoint.RequestDelegate!;
        endpoint.RequestDelegate = context => pages.TryRedirect(context) ? Task.CompletedTask : RecordAsync(context, next);
    });

    private async Task RecordAsync(HttpContext context, RequestDelegate next)
    {
        string agent = context.GetEndpoint()?.Metadata.GetMetadata<SocketRestForwarderMetadata>()?.GetAgent(context) ?? "";
        var exchange = new RecordedExchange(context, agent, MeteredExchange.Begin(context, recordings.MaxBytes(agent)), pages, time);
        context.Response.OnStarting(static state => ((RecordedExchange)state).OnResponseStarting(), exchange);
        pages.Admit(context);
        log.Begin();
        running.Add(exchange);
        try
        {
            await next(context).ConfigureAwait(false);
            Remember(exchange, failure: null);
        }
        catch (Exception exception)
        {
            Remember(exchange, exception);
            throw;
        }
    }

    private void Remember(RecordedExchange exchange, Exception? failure)
    {
        running.Remove(exchange);
        RecordedRequest recorded = exchange.Finish(log.End(), failure, out int size);
        log.Add(recorded, size);
        if (events.HasReaders)
        {
            // Without bodies: what waits for slow readers is not within the bound of the log's memory.
            RecordedRequest told = recorded with { RequestBody = null, ResponseBody = null };
            events.Publish(new HubEvent { Kind = HubEventKind.RequestFinished, At = time.GetUtcNow(), Request = told });
        }
    }
}
