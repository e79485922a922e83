using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using Microsoft.AspNetCore.Http;
using SocketRest.Diagnostics;

namespace SocketRest.AspNetCore.Pipeline;

/// <summary>The activity of a request as the host makes it, with its events for those who listen to the host's DiagnosticListener.</summary>
internal static class ServerActivity
{
    private const string StartEvent = ServerTelemetry.ActivityName + ".Start";
    private const string StopEvent = ServerTelemetry.ActivityName + ".Stop";
    private const string FailureEvent = "Microsoft.AspNetCore.Hosting.UnhandledException";

    /// <summary>The activity, not started, with what the caller's headers say of its trace; null if nobody wants one.</summary>
    public static Activity? Create(ServerTelemetry server, HttpContext context, bool evenUnsampled)
    {
        bool traced = server.Source.HasListeners();
        if (!traced && !evenUnsampled)
        {
            return null;
        }

        IHeaderDictionary headers = context.Request.Headers;
        server.Propagator.ExtractTraceIdAndState(headers, Field, out string? parent, out string? state);
        Activity? activity = null;
        if (traced)
        {
            IEnumerable<KeyValuePair<string, object?>>? tags = server.TagsActivities ? CreationTags(context.Request) : null;
            activity = ActivityContext.TryParse(parent, state, isRemote: true, out ActivityContext remote)
                ? server.Source.CreateActivity(ServerTelemetry.ActivityName, ActivityKind.Server, remote, tags)
                : server.Source.CreateActivity(ServerTelemetry.ActivityName, ActivityKind.Server, string.IsNullOrEmpty(parent) ? null : parent, tags);
        }

        if (activity is null)
        {
            if (!evenUnsampled)
            {
                return null;
            }

            activity = new Activity(ServerTelemetry.ActivityName);
            if (!string.IsNullOrEmpty(parent))
            {
                activity.SetParentId(parent);
            }
        }

        if (!string.IsNullOrEmpty(parent) && !string.IsNullOrEmpty(state))
        {
            activity.TraceStateString = state;
        }

        if (server.Propagator.ExtractBaggage(headers, Field) is { } baggage)
        {
            // A propagator gives the items in the order in which they have to be added.
            foreach (KeyValuePair<string, string?> item in baggage)
            {
                activity.AddBaggage(item.Key, item.Value);
            }
        }

        return activity;
    }

    /// <summary>Starts it, and says whether somebody was told and so has to be told of its end.</summary>
    public static bool Start(ServerTelemetry server, Activity activity, HttpContext context)
    {
        if (server.TagsActivities)
        {
            activity.DisplayName = DisplayMethod(context.Request);
        }

        server.Listener.OnActivityImport(activity, context);
        activity.Start();
        bool announced = server.Listener.IsEnabled(StartEvent);
        if (announced)
        {
            Write(server.Listener, StartEvent, context);
        }

        return announced;
    }

    /// <summary>Adds what is known at the end. Stopping is left to the caller.</summary>
    public static void Complete(ServerTelemetry server, Activity activity, HttpContext context, string? route, Exception? failure, bool announced)
    {
        if (server.TagsActivities && activity.IsAllDataRequested)
        {
            AddFinalTags(activity, context, route, failure);
        }

        if (announced)
        {
            activity.SetEndTime(DateTime.UtcNow);
            Write(server.Listener, StopEvent, context);
        }
    }

    public static void WriteFailure(ServerTelemetry server, HttpContext context, Exception failure)
    {
        if (server.Listener.IsEnabled(FailureEvent))
        {
            Write(server.Listener, FailureEvent, new UnhandledException(context, Stopwatch.GetTimestamp(), failure));
        }
    }

    public static string VersionOf(string protocol) => protocol.StartsWith("HTTP/", StringComparison.Ordinal) ? protocol[5..] : protocol;

    private static void Field(object? carrier, string name, out string? value, out IEnumerable<string>? values)
    {
        values = null;
        value = ((IHeaderDictionary)carrier!)[name];
    }

    private static string DisplayMethod(HttpRequest request) =>
        HttpSemantics.KnownMethod(request.Method) is var method && method == HttpSemantics.OtherMethod ? "HTTP" : method;

    private static TagList CreationTags(HttpRequest request)
    {
        var tags = new TagList();
        if (request.Host is { HasValue: true } host)
        {
            tags.Add(HttpSemantics.ServerAddress, host.Host);
            tags.Add(HttpSemantics.ServerPort, host.Port ?? (request.IsHttps ? 443 : 80));
        }

        string method = HttpSemantics.KnownMethod(request.Method);
        tags.Add(HttpSemantics.Method, method);
        if (method == HttpSemantics.OtherMethod)
        {
            tags.Add(HttpSemantics.OriginalMethod, request.Method);
        }

        if (request.Headers.UserAgent is [{ Length: > 0 } agent, ..])
        {
            tags.Add(HttpSemantics.UserAgent, agent);
        }

        tags.Add(HttpSemantics.UrlScheme, request.Scheme);
        tags.Add(HttpSemantics.UrlPath, request.PathBase.HasValue || request.Path.HasValue ? (request.PathBase + request.Path).Value : "/");
        return tags;
    }

    private static void AddFinalTags(Activity activity, HttpContext context, string? route, Exception? failure)
    {
        int status = context.Response.StatusCode;
        activity.SetTag(HttpSemantics.StatusCode, HttpSemantics.Box(status));
        activity.SetTag(HttpSemantics.ProtocolVersion, VersionOf(context.Request.Protocol));
        if (route is not null)
        {
            activity.SetTag(HttpSemantics.Route, route);
            activity.DisplayName = $"{DisplayMethod(context.Request)} {route}";
        }

        if (failure is not null)
        {
            activity.SetTag(HttpSemantics.ErrorType, failure.GetType().FullName);
            activity.SetStatus(ActivityStatusCode.Error, failure.Message);
        }
        else if (status >= StatusCodes.Status500InternalServerError)
        {
            activity.SetTag(HttpSemantics.ErrorType, HttpSemantics.ErrorOf(status));
            activity.SetStatus(ActivityStatusCode.Error);
        }
    }

    // The host keeps what listeners read of these by reflection; it is the same types here.
    [UnconditionalSuppressMessage("Trimming", "IL2026", Justification = "The host writes the same types and keeps their members.")]
    private static void Write<[DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicProperties)] T>(DiagnosticListener listener, string name, T value) =>
        listener.Write(name, value);

    /// <summary>What listeners find by the host's names for it.</summary>
    private sealed record UnhandledException(HttpContext httpContext, long timestamp, Exception exception);
}
