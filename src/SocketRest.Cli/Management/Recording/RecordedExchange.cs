using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using SocketRest.Cli.Management.Access;
using SocketRest.Cli.Management.Model;

namespace SocketRest.Cli.Management.Recording;

/// <summary>One request that is forwarded to an agent, and what is to be said of it: while it runs, and when it is over.</summary>
internal sealed class RecordedExchange(HttpContext context, string agent, MeteredExchange bodies, AgentPages pages, TimeProvider time)
{
    private readonly DateTimeOffset _started = time.GetUtcNow();
    private readonly long _since = time.GetTimestamp();

    /// <summary>Where it goes to, for other threads too: the request itself is its own.</summary>
    private readonly string _path = Redaction.Target(PathAtAgent(context, pages, agent), context.Request.QueryString.Value ?? "");
    private readonly string _method = context.Request.Method;
    private long _answered;
    private int _status;

    public string Agent => agent;

    public Task OnResponseStarting()
    {
        _answered = time.GetTimestamp();
        Volatile.Write(ref _status, context.Response.StatusCode);
        pages.Isolate(context);
        return Task.CompletedTask;
    }

    /// <summary>How far it has got.</summary>
    public RunningRequest Describe() => new()
    {
        Method = _method,
        Path = _path,
        Status = Volatile.Read(ref _status) is > 0 and int status ? status : null,
        Started = _started,
        RunningMs = Milliseconds(time.GetElapsedTime(_since)),
        RequestBytes = bodies.Request.Bytes,
        ResponseBytes = bodies.Response.Bytes,
    };

    /// <summary>Describes it when it is over.</summary>
    /// <param name="number">Its number among those that are.</param>
    /// <param name="failure">What came out of it instead of an end, if something did.</param>
    /// <param name="size">About what the description takes up in memory, in bytes.</param>
    public RecordedRequest Finish(long number, Exception? failure, out int size)
    {
        bodies.End(context);
        HttpRequest request = context.Request;
        HttpResponse response = context.Response;
        bool answered = response.HasStarted || (failure is null && !context.RequestAborted.IsCancellationRequested);
        HeaderField[] requestHeaders = Redaction.Fields(request.Headers);
        HeaderField[] responseHeaders = answered ? Redaction.Fields(response.Headers) : [];
        string? requestBody = bodies.Request.Capture?.Text(request.ContentType, request.Headers.ContentEncoding);
        string? responseBody = bodies.Response.Capture?.Text(response.ContentType, response.Headers.ContentEncoding);
        double duration = Milliseconds(time.GetElapsedTime(_since));
        var recorded = new RecordedRequest
        {
            Number = number,
            Agent = agent,
            Method = _method,
            Path = _path,
            Status = answered ? response.StatusCode : null,
            Started = _started,
            DurationMs = duration,

            // A short answer leaves as a whole, when all is done here.
            FirstByteMs = _answered != 0 ? Milliseconds(time.GetElapsedTime(_since, _answered)) : answered ? duration : null,
            RequestBytes = bodies.Request.Bytes,
            ResponseBytes = bodies.Response.Bytes,
            RequestHeaders = requestHeaders,
            ResponseHeaders = responseHeaders,
            RequestBody = requestBody,
            ResponseBody = bodies.KeepsBodies ? responseBody : null,
            Failure = FailureOf(failure, context) ?? ForwarderAnswer.Reason(response, responseBody),
        };
        size = 512 + (2 * (_path.Length + agent.Length + (requestBody?.Length ?? 0) + (responseBody?.Length ?? 0) + (recorded.Failure?.Length ?? 0)))
            + Redaction.SizeOf(requestHeaders) + Redaction.SizeOf(responseHeaders);
        return recorded;
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
    private static string PathAtAgent(HttpContext context, AgentPages pages, string agent)
    {
        HttpRequest request = context.Request;
        string raw = context.Features.Get<IHttpRequestFeature>()?.RawTarget ?? "";
        int query = raw.IndexOf('?', StringComparison.Ordinal);
        string path = query < 0 ? raw : raw[..query];
        if (path.Length == 0 || path[0] != '/')
        {
            path = request.PathBase.Add(request.Path).ToUriComponent();
        }

        // Under an agent's own host name there is no prefix, and what looks like one is the agent's.
        string prefix = request.RouteValues.Count > 1 ? pages.PrefixOf(agent) : "";
        return prefix.Length > 0 && path.StartsWith(prefix, StringComparison.OrdinalIgnoreCase)
            ? path.Length == prefix.Length ? "/" : path[prefix.Length] == '/' ? path[prefix.Length..] : path
            : path;
    }
}
