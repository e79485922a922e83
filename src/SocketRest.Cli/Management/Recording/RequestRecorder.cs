using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using SocketRest.AspNetCore;
using SocketRest.Cli.Management.Access;
using SocketRest.Cli.Management.Events;
using SocketRest.Cli.Management.Model;

namespace SocketRest.Cli.Management.Recording;

/// <summary>Remembers the requests that are forwarded to agents. Those that were not let in are not among them: anybody can send those.</summary>
internal sealed class RequestRecorder(RequestLog log, BodyRecordings recordings, HubEvents events, AgentPages pages, TimeProvider time)
{
    private readonly RequestLog _log = log;
    private readonly HubEvents _events = events;
    private readonly AgentPages _pages = pages;
    private readonly TimeProvider _time = time;

    /// <summary>Puts the recorder around endpoints that forward to agents.</summary>
    public void Record(IEndpointConventionBuilder endpoints) => endpoints.Add(endpoint =>
    {
        RequestDelegate next = endpoint.RequestDelegate!;
        endpoint.RequestDelegate = context => RecordAsync(context, next);
    });

    private async Task RecordAsync(HttpContext context, RequestDelegate next)
    {
        string agent = context.GetEndpoint()?.Metadata.GetMetadata<SocketRestForwarderMetadata>()?.GetAgent(context) ?? "";
        var exchange = new Exchange(this, context, agent, MeteredExchange.Begin(context, recordings.MaxBytes(agent)));
        context.Response.OnStarting(static state => ((Exchange)state).OnResponseStarting(), exchange);
        _pages.Admit(context);
        _log.Begin();
        try
        {
            await next(context).ConfigureAwait(false);
            exchange.Finish(failure: null);
        }
        catch (Exception exception)
        {
            exchange.Finish(exception);
            throw;
        }
    }

    private sealed class Exchange(RequestRecorder recorder, HttpContext context, string agent, MeteredExchange bodies)
    {
        private readonly DateTimeOffset _started = recorder._time.GetUtcNow();
        private readonly long _since = recorder._time.GetTimestamp();
        private long _answered;

        public Task OnResponseStarting()
        {
            _answered = recorder._time.GetTimestamp();
            recorder._pages.Isolate(context);
            return Task.CompletedTask;
        }

        public void Finish(Exception? failure)
        {
            bodies.End(context);
            long number = recorder._log.End();
            HttpRequest request = context.Request;
            HttpResponse response = context.Response;
            bool answered = response.HasStarted || (failure is null && !context.RequestAborted.IsCancellationRequested);
            HeaderField[] requestHeaders = Redaction.Fields(request.Headers);
            HeaderField[] responseHeaders = answered ? Redaction.Fields(response.Headers) : [];
            string path = Redaction.Target(PathAtAgent(request), request.QueryString.Value ?? "");
            string? requestBody = bodies.Request.Capture?.Text(request.ContentType, request.Headers.ContentEncoding);
            string? responseBody = bodies.Response.Capture?.Text(response.ContentType, response.Headers.ContentEncoding);
            double duration = Milliseconds(recorder._time.GetElapsedTime(_since));
            var recorded = new RecordedRequest
            {
                Number = number,
                Agent = agent,
                Method = request.Method,
                Path = path,
                Status = answered ? response.StatusCode : null,
                Started = _started,
                DurationMs = duration,

                // A short answer leaves as a whole, when all is done here.
                FirstByteMs = _answered != 0 ? Milliseconds(recorder._time.GetElapsedTime(_since, _answered)) : answered ? duration : null,
                RequestBytes = bodies.Request.Bytes,
                ResponseBytes = bodies.Response.Bytes,
                RequestHeaders = requestHeaders,
                ResponseHeaders = responseHeaders,
                RequestBody = requestBody,
                ResponseBody = bodies.KeepsBodies ? responseBody : null,
                Failure = FailureOf(failure, context) ?? ForwarderAnswer.Reason(response, responseBody),
            };
            int size = 512 + (2 * (path.Length + agent.Length + (requestBody?.Length ?? 0) + (responseBody?.Length ?? 0) + (recorded.Failure?.Length ?? 0)))
                + Redaction.SizeOf(requestHeaders) + Redaction.SizeOf(responseHeaders);
            recorder._log.Add(recorded, size);
            if (recorder._events.HasReaders)
            {
                // Without bodies: what waits for slow readers is not within the bound of the log's memory.
                RecordedRequest told = recorded with { RequestBody = null, ResponseBody = null };
                recorder._events.Publish(new HubEvent { Kind = HubEventKind.RequestFinished, At = recorder._time.GetUtcNow(), Request = told });
            }
        }

        private static double Milliseconds(TimeSpan span) => Math.Round(span.TotalMilliseconds, 3);

        private static string? FailureOf(Exception? failure, HttpContext context)
        {
            Exception? innermost = failure;
            while (innermost is { InnerException: { } inner })
            {
                innermost = inner;
            }

            return context.RequestAborted.IsCancellationRequested
                ? "The exchange was broken off: the caller went away, or the agent failed after its answer had begun."
                : innermost is null ? null : innermost.Message.Length > 512 ? innermost.Message[..512] : innermost.Message;
        }

        /// <summary>As it was sent, without the prefix under which the hub has the agent; the routed path where that cannot be told.</summary>
        private string PathAtAgent(HttpRequest request)
        {
            string raw = context.Features.Get<IHttpRequestFeature>()?.RawTarget ?? "";
            int query = raw.IndexOf('?', StringComparison.Ordinal);
            string path = query < 0 ? raw : raw[..query];
            if (path.Length == 0 || path[0] != '/')
            {
                path = request.PathBase.Add(request.Path).ToUriComponent();
            }

            // Under an agent's own host name there is no prefix, and what looks like one is the agent's.
            string prefix = request.RouteValues.Count > 1 ? recorder._pages.PrefixOf(agent) : "";
            return prefix.Length > 0 && path.StartsWith(prefix, StringComparison.OrdinalIgnoreCase)
                ? path.Length == prefix.Length ? "/" : path[prefix.Length] == '/' ? path[prefix.Length..] : path
                : path;
        }
    }
}
