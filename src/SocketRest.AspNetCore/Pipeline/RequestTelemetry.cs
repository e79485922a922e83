using System.Diagnostics;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Http.Metadata;
using Microsoft.Extensions.Logging;
using SocketRest.Diagnostics;

namespace SocketRest.AspNetCore.Pipeline;

/// <summary>
/// What is observed of one request, from before the application sees it until it has done with it. Made when first somebody listens, and
/// kept with its exchange.
/// </summary>
internal sealed class RequestTelemetry(ServerTelemetry server) : IHttpActivityFeature, IHttpMetricsTagsFeature
{
    /// <summary>Where the end of the framework's pipeline leaves word that nothing answered.</summary>
    private const string UnhandledKey = "__RequestUnhandled";

    /// <summary>Where middleware that runs the pipeline a second time keeps the endpoint of the first.</summary>
    private const string OriginalEndpointKey = "__OriginalEndpoint";

    private readonly List<KeyValuePair<string, object?>> _tags = [];
    private Activity? _activity;
    private Activity? _shownActivity;
    private IDisposable? _scope;
    private string _method = "";
    private string _scheme = "";
    private string _protocol = "";
    private long _started;
    private bool _isRunning;
    private bool _isMeasured;
    private bool _isCounted;
    private bool _isLogged;
    private bool _isAnnounced;
    private Exception? _failure;

    public bool MetricsDisabled { get; set; }

    Activity IHttpActivityFeature.Activity { get => _shownActivity!; set => _shownActivity = value; }

    ICollection<KeyValuePair<string, object?>> IHttpMetricsTagsFeature.Tags => _tags;

    /// <summary>
    /// Begins to observe. The activity and the scope are the current ones from here on, in the caller's async method.
    /// </summary>
    public void Begin(HttpContext context, string connectionId)
    {
        _isRunning = true;
        _started = Stopwatch.GetTimestamp();
        _isMeasured = server.IsMeasured;
        if (_isMeasured)
        {
            BeginMeasuring(context);
        }

        bool listened = server.Listener.IsEnabled() && server.Listener.IsEnabled(ServerTelemetry.ActivityName, context);
        bool logged = server.Logger.IsEnabled(LogLevel.Critical);

        // A log's entries carry the trace, so that logging alone is reason enough for an activity, as it is for the host.
        if (ServerActivity.Create(server, context, evenUnsampled: listened || logged) is { } activity)
        {
            _activity = activity;
            _shownActivity = activity;
            context.Features.Set<IHttpActivityFeature>(this);
            _isAnnounced = ServerActivity.Start(server, activity, context);
        }

        if (logged)
        {
            _scope = server.Logger.BeginScope(new RequestLogScope(connectionId, context.TraceIdentifier, context.Request.Path));
            _isLogged = server.Logger.IsEnabled(LogLevel.Information);
            if (_isLogged)
            {
                server.Logger.RequestStarting(context.Request);
            }
        }
    }

    /// <summary>Takes note of what the application threw and nothing in its pipeline caught.</summary>
    public void Fail(Exception exception) => _failure = _isRunning ? exception : null;

    /// <summary>Ends what was begun, if anything was: the response is as it will stay.</summary>
    public void End(HttpContext context)
    {
        if (!_isRunning)
        {
            return;
        }

        _isRunning = false;
        try
        {
            Report(context);
        }
        finally
        {
            _activity?.Stop();
            _scope?.Dispose();
            Reset();
        }
    }

    private void BeginMeasuring(HttpContext context)
    {
        context.Features.Set<IHttpMetricsTagsFeature>(this);
        _method = HttpSemantics.KnownMethod(context.Request.Method);
        _scheme = context.Request.Scheme;
        _protocol = context.Request.Protocol;
        _isCounted = server.ActiveRequests.Enabled;
        if (_isCounted)
        {
            server.ActiveRequests.Add(1, FirstTags());
        }
    }

    private void Report(HttpContext context)
    {
        bool unhandled = (_isMeasured || _isLogged) && context.Items.ContainsKey(UnhandledKey);
        TimeSpan elapsed = Stopwatch.GetElapsedTime(_started);
        if (_isLogged)
        {
            server.Logger.RequestFinished(context, elapsed);
            if (unhandled)
            {
                server.Logger.RequestUnhandled(context);
            }
        }

        Endpoint? endpoint = _isMeasured || (_activity is not null && server.TagsActivities) ? EndpointOf(context) : null;
        string? route = endpoint?.Metadata.GetMetadata<IRouteDiagnosticsMetadata>()?.Route is { } pattern ? pattern.Length == 0 ? "/" : pattern : null;
        if (_isMeasured)
        {
            Measure(context, endpoint, route, unhandled, elapsed);
        }

        if (_failure is { } failure && server.Listener.IsEnabled())
        {
            ServerActivity.WriteFailure(server, context, failure);
        }

        // After the measurement, which refers to the activity as its example.
        if (_activity is { } activity)
        {
            ServerActivity.Complete(server, activity, context, route, _failure, _isAnnounced);
        }
    }

    private void Measure(HttpContext context, Endpoint? endpoint, string? route, bool unhandled, TimeSpan elapsed)
    {
        TagList tags = FirstTags();
        if (_isCounted)
        {
            server.ActiveRequests.Add(-1, tags);
        }

        if (!server.RequestDuration.Enabled || MetricsDisabled || endpoint?.Metadata.GetMetadata<IDisableHttpMetricsMetadata>() is not null)
        {
            return;
        }

        tags.Add(HttpSemantics.ProtocolVersion, ServerActivity.VersionOf(_protocol));
        if (unhandled)
        {
            tags.Add("aspnetcore.request.is_unhandled", true);
        }

        tags.Add(HttpSemantics.StatusCode, HttpSemantics.Box(context.Response.StatusCode));
        if (route is not null)
        {
            tags.Add(HttpSemantics.Route, route);
        }

        bool named = false;
        foreach (KeyValuePair<string, object?> tag in _tags)
        {
            named |= tag.Key == HttpSemantics.ErrorType;
            tags.Add(tag);
        }

        // Middleware that handled the same exception has named it already.
        if (_failure is { } failure && !named)
        {
            tags.Add(HttpSemantics.ErrorType, failure.GetType().FullName);
        }

        server.RequestDuration.Record(elapsed.TotalSeconds, tags);
    }

    private TagList FirstTags() => new()
    {
        { HttpSemantics.UrlScheme, _scheme },
        { HttpSemantics.Method, _method },
    };

    private static Endpoint? EndpointOf(HttpContext context) =>
        context.GetEndpoint() ?? (context.Items.TryGetValue(OriginalEndpointKey, out object? original) ? original as Endpoint : null);

    private void Reset()
    {
        _tags.Clear();
        _activity = null;
        _shownActivity = null;
        _scope = null;
        _isMeasured = false;
        _isCounted = false;
        _isLogged = false;
        _isAnnounced = false;
        _failure = null;
        MetricsDisabled = false;
    }
}
