using System.Buffers;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Logging;
using SocketRest.Diagnostics;

namespace SocketRest.AspNetCore.Hub.Forwarding;

/// <summary>Passes on the requests at one mapped place.</summary>
internal sealed class ForwarderEndpoint(Forwarder forwarder, ForwarderPattern pattern, SocketRestForwarderOptions options)
{
    private const string AnyAgent = "agent";

    private static readonly SearchValues<char> s_hostChars = SearchValues.Create("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-.");
    private static readonly UriCreationOptions s_asItIs = new() { DangerousDisablePathAndQueryCanonicalization = true };

    public Task HandleAsync(HttpContext context)
    {
        ForwarderProblem? refusal = Refuse(context, out string? upgrade, out ForwardTarget target);
        if (refusal is null)
        {
            return ForwardAsync(context, target, upgrade);
        }

        forwarder.Logger.Refused(refusal.Status, refusal.Detail);
        return refusal.WriteAsync(context);
    }

    private ForwarderProblem? Refuse(HttpContext context, out string? upgrade, out ForwardTarget target)
    {
        target = default;
        upgrade = null;
        if (!options.AllowTunnelledRequests && context.Features.Get<ISocketRestConnectionFeature>() is not null)
        {
            return ForwarderProblem.Tunnelled();
        }

        if (RequestFraming.Check(context.Request) is { } framing)
        {
            return framing;
        }

        if (context.Request.Headers.Via is { Count: > 0 } via && forwarder.Via.Names(via))
        {
            return ForwarderProblem.Loop();
        }

        return UpgradeRelay.Read(context, out upgrade)
            ?? ForwardTarget.Read(context, pattern, out target)
            ?? forwarder.Registry.PresenceOf(target.Agent) switch
            {
                AgentPresence.Unknown => ForwarderProblem.UnknownAgent(target.Agent),
                AgentPresence.Draining => ForwarderProblem.Draining(target.Agent),
                AgentPresence.Interrupted => ForwarderProblem.Interrupted(target.Agent),
                _ => null,
            };
    }

    private async Task ForwardAsync(HttpContext context, ForwardTarget target, string? upgrade)
    {
        using IDisposable? scope = forwarder.Logger.IsEnabled(LogLevel.Warning)
            ? forwarder.Logger.BeginScope(new LogScope(new KeyValuePair<string, object?>("Agent", target.Agent)))
            : null;

        // The host of this address is what traces and metrics say: the authority that the agent sees is the request's own. Not every name can be one.
        if (!Uri.TryCreate($"{context.Request.Scheme}://{(target.Agent.AsSpan().ContainsAnyExcept(s_hostChars) ? AnyAgent : target.Agent)}{target.Rest}", s_asItIs, out Uri? uri)
            && !Uri.TryCreate($"{context.Request.Scheme}://{AnyAgent}{target.Rest}", s_asItIs, out uri))
        {
            await ForwarderProblem.BadTarget("The request target is no valid path.").WriteAsync(context).ConfigureAwait(false);
            return;
        }

        CancellationToken aborted = context.RequestAborted;
        using var limit = options.ResponseTimeout == Timeout.InfiniteTimeSpan ? null : new ResponseLimit(options.ResponseTimeout, forwarder.Time, aborted);
        var request = new ForwardedRequest(context, target, options, forwarder.Via, upgrade, uri);
        ForwardedContent? content = upgrade is null && RequestFraming.HasBody(context) ? new ForwardedContent(context, limit is null ? null : limit.Extend) : null;
        request.Content = content;
        if (content is not null && options.AgentLimitsBodySize && context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } size)
        {
            size.MaxRequestBodySize = null;
        }

        try
        {
            using HttpResponseMessage response = await forwarder.Calls.SendAsync(target.Agent, request, limit?.Token ?? aborted).ConfigureAwait(false);
            limit?.Stop();
            if (upgrade is not null && UpgradeRelay.IsAccepted(response))
            {
                await UpgradeRelay.RunAsync(context, upgrade, response, forwarder.Via, forwarder.Time, aborted).ConfigureAwait(false);
            }
            else
            {
                await ResponseRelay.RunAsync(context, response, forwarder.Via, aborted).ConfigureAwait(false);
            }

            if (content is not null)
            {
                await content.StopAsync().ConfigureAwait(false);
            }
        }
        catch (Exception exception)
        {
            // First of all: what answers the caller must not meet somebody who still reads its request.
            if (content is not null)
            {
                await content.StopAsync().ConfigureAwait(false);
            }

            await FailAsync(context, target.Agent, content, limit, exception).ConfigureAwait(false);
        }
    }

    private Task FailAsync(HttpContext context, string agent, ForwardedContent? content, ResponseLimit? limit, Exception exception)
    {
        Exception cause = exception is ResponseBrokeOffException ? exception.InnerException! : exception;
        if (context.RequestAborted.IsCancellationRequested || content?.Failure is not (null or BadHttpRequestException) || ForwarderFailure.IsCallers(cause))
        {
            forwarder.Logger.CallerLeft(agent);
            context.Abort();
            return Task.CompletedTask;
        }

        if (context.Response.HasStarted || exception is ResponseBrokeOffException)
        {
            // Never a silent end: the caller must be able to tell that the answer is not complete.
            forwarder.Logger.ResponseBrokeOff(cause, agent);
            context.Abort();
            return Task.CompletedTask;
        }

        ForwarderProblem problem =
            content?.Failure is BadHttpRequestException bad ? ForwarderFailure.BadBody(bad)
            : limit is { HasPassed: true } && exception is OperationCanceledException ? ForwarderProblem.TimedOut(agent, options.ResponseTimeout)
            : ForwarderFailure.For(agent, exception);
        if (problem.Status >= StatusCodes.Status500InternalServerError)
        {
            // What the tunnel has a reason for needs no stack trace.
            forwarder.Logger.NotForwarded(problem.ErrorCode is null ? exception : null, agent, problem.Status, problem.Outcome, problem.Detail);
        }
        else
        {
            forwarder.Logger.Refused(problem.Status, problem.Detail);
        }

        context.Response.Clear();
        return problem.WriteAsync(context);
    }
}
