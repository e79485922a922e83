using Microsoft.AspNetCore.Http;

namespace SocketRest.AspNetCore.Hub.Forwarding;

/// <summary>What a call that got no answer becomes for the caller.</summary>
internal static class ForwarderFailure
{
    public static ForwarderProblem For(string agent, Exception failure)
    {
        if (failure is BadAnswerException)
        {
            return new(StatusCodes.Status502BadGateway, "bad-answer", "Agent's answer cannot be passed on", failure.Message)
            {
                Outcome = RequestOutcome.Executed,
            };
        }

        if (failure is not (HttpRequestException or HttpIOException) || failure.InnerException is not SocketRestException reason)
        {
            return new(StatusCodes.Status502BadGateway, "forwarding-failed", "Request could not be passed on", failure.Message)
            {
                Outcome = RequestOutcome.MaybeExecuted,
            };
        }

        return reason.ErrorCode switch
        {
            SocketRestErrorCode.UnknownAgent => ForwarderProblem.UnknownAgent(agent),
            SocketRestErrorCode.Draining or SocketRestErrorCode.IdleTimeout or SocketRestErrorCode.Replaced when reason.Outcome == RequestOutcome.NotSent =>
                ForwarderProblem.Draining(agent),
            SocketRestErrorCode.StreamLimit or SocketRestErrorCode.RefusedStream =>
                Of(reason, StatusCodes.Status503ServiceUnavailable, "agent-busy", "Agent takes no more requests at once", retryAfter: 1),
            SocketRestErrorCode.InvalidRequest => Of(reason, StatusCodes.Status400BadRequest, "bad-request", "Request cannot be expressed"),
            SocketRestErrorCode.NotServed => Of(reason, StatusCodes.Status502BadGateway, "agent-serves-nothing", "Agent answers no requests"),
            _ => Of(reason, StatusCodes.Status502BadGateway, "agent-failed", "Agent failed"),
        };
    }

    /// <summary>For a request's body that this server does not take: too large, too slow, or badly framed.</summary>
    public static ForwarderProblem BadBody(BadHttpRequestException reason) =>
        new(reason.StatusCode, "bad-request-body", "Request body not forwarded", reason.Message) { Outcome = RequestOutcome.MaybeExecuted };

    /// <summary>Whether it was the caller's connection that failed, and not the tunnel.</summary>
    public static bool IsCallers(Exception failure) => failure is IOException and not (HttpIOException or SocketRestException) and not BadHttpRequestException;

    private static ForwarderProblem Of(SocketRestException reason, int status, string type, string title, int? retryAfter = null) =>
        new(status, type, title, reason.Message) { Outcome = reason.Outcome, ErrorCode = reason.ErrorCode, RetryAfter = retryAfter };
}
