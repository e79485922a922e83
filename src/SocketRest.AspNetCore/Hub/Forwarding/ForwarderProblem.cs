using System.Globalization;
using System.Text.Json;
using Microsoft.AspNetCore.Http;

namespace SocketRest.AspNetCore.Hub.Forwarding;

/// <summary>An answer of the forwarder's own (RFC 9457): nothing of the agent's is in it.</summary>
/// <param name="Status">The status.</param>
/// <param name="Type">What identifies the kind of problem, after <see cref="TypePrefix"/>.</param>
/// <param name="Title">The kind of problem in words.</param>
/// <param name="Detail">What happened here.</param>
internal sealed record ForwarderProblem(int Status, string Type, string Title, string Detail)
{
    public const string TypePrefix = "urn:socketrest:";

    /// <summary>Seconds, where the caller is asked to come back.</summary>
    public int? RetryAfter { get; init; }

    /// <summary>Whether the request may have run at the agent.</summary>
    public RequestOutcome Outcome { get; init; } = RequestOutcome.NotSent;

    /// <summary>The tunnel's own reason, where there is one.</summary>
    public SocketRestErrorCode? ErrorCode { get; init; }

    /// <summary>Whether an HTTP/1.1 connection ends with this answer: what follows on it may be understood in more ways than one.</summary>
    public bool EndsConnection { get; init; }

    public static ForwarderProblem BadName() =>
        new(StatusCodes.Status400BadRequest, "bad-agent-name", "No name for an agent", "The request names no agent, or gives it a name that none can have.");

    public static ForwarderProblem BadTarget(string detail) =>
        new(StatusCodes.Status400BadRequest, "bad-request-target", "Request target not forwarded", detail) { EndsConnection = true };

    public static ForwarderProblem BadFraming(string detail) =>
        new(StatusCodes.Status400BadRequest, "bad-request-framing", "Request framing not forwarded", detail) { EndsConnection = true };

    public static ForwarderProblem Tunnelled() =>
        new(StatusCodes.Status403Forbidden, "tunnelled-request", "Tunnelled requests are not forwarded", "A request that came through a tunnel is not passed on to an agent.");

    public static ForwarderProblem UnknownAgent(string agent) =>
        new(StatusCodes.Status404NotFound, "agent-not-found", "No such agent", $"No agent named '{agent}' is connected.")
        {
            ErrorCode = SocketRestErrorCode.UnknownAgent,
        };

    public static ForwarderProblem Loop() =>
        new(StatusCodes.Status508LoopDetected, "loop", "Loop detected", "The request has passed through this hub before: its Via says so.");

    public static ForwarderProblem Interrupted(string agent) =>
        new(StatusCodes.Status503ServiceUnavailable, "agent-interrupted", "Agent is reconnecting", $"The agent '{agent}' has lost its connection and may come back at any moment.")
        {
            RetryAfter = 2,
        };

    public static ForwarderProblem Draining(string agent) =>
        new(StatusCodes.Status503ServiceUnavailable, "agent-draining", "Agent takes no more requests", $"The agent '{agent}' is shutting down or being replaced.")
        {
            RetryAfter = 5,
            ErrorCode = SocketRestErrorCode.Draining,
        };

    public static ForwarderProblem TimedOut(string agent, TimeSpan limit) =>
        new(StatusCodes.Status504GatewayTimeout, "agent-timed-out", "Agent took too long", string.Create(
            CultureInfo.InvariantCulture, $"The agent '{agent}' did not begin its answer within {limit.TotalSeconds:0.###} seconds."))
        {
            Outcome = RequestOutcome.MaybeExecuted,
        };

    public async Task WriteAsync(HttpContext context)
    {
        HttpResponse response = context.Response;
        response.StatusCode = Status;
        response.ContentType = "application/problem+json";
        response.Headers.CacheControl = "no-store";
        if (EndsConnection && !HttpProtocol.IsHttp2(context.Request.Protocol) && !HttpProtocol.IsHttp3(context.Request.Protocol))
        {
            response.Headers.Connection = "close";
        }

        if (RetryAfter is { } seconds)
        {
            response.Headers.RetryAfter = seconds.ToString(CultureInfo.InvariantCulture);
        }

        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteString("type"u8, TypePrefix + Type);
            json.WriteString("title"u8, Title);
            json.WriteNumber("status"u8, Status);
            json.WriteString("detail"u8, Detail);
            json.WriteString("outcome"u8, Outcome switch
            {
                RequestOutcome.NotSent => "notSent",
                RequestOutcome.MaybeExecuted => "maybeExecuted",
                _ => "executed",
            });
            if (ErrorCode is { } code)
            {
                json.WriteString("errorCode"u8, code.ToString());
            }

            json.WriteEndObject();
        }

        response.ContentLength = buffer.Length;
        if (!HttpMethods.IsHead(context.Request.Method))
        {
            await response.Body.WriteAsync(buffer.GetBuffer().AsMemory(0, (int)buffer.Length), context.RequestAborted).ConfigureAwait(false);
        }
    }
}
