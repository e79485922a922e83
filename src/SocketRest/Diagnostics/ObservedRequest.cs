using System.Diagnostics;

namespace SocketRest.Diagnostics;

/// <summary>One request that somebody listens to, from before it is sent until its response's head is there, or never will be.</summary>
internal readonly struct ObservedRequest
{
    private readonly Activity? _activity;
    private readonly TagList _tags;
    private readonly long _started;
    private readonly bool _counted;

    private ObservedRequest(HttpRequestMessage request)
    {
        Uri uri = request.RequestUri!;
        string method = HttpSemantics.KnownMethod(request.Method.Method);
        string address = request.Headers.Host is { } host ? HostOf(host) : uri.IdnHost;
        object port = uri.Port;
        _activity = ClientTelemetry.Source.StartActivity(ClientTelemetry.ActivityName, ActivityKind.Client);
        if (_activity is not null)
        {
            bool other = method == HttpSemantics.OtherMethod;
            _activity.DisplayName = other ? "HTTP" : method;
            if (_activity.IsAllDataRequested)
            {
                _activity.SetTag(HttpSemantics.Method, method);
                if (other)
                {
                    _activity.SetTag(HttpSemantics.OriginalMethod, request.Method.Method);
                }

                _activity.SetTag(HttpSemantics.ServerAddress, address);
                _activity.SetTag(HttpSemantics.ServerPort, port);
                _activity.SetTag(HttpSemantics.UrlFull, UriRedaction.Redact(uri));
            }
        }

        _tags = new TagList
        {
            { HttpSemantics.UrlScheme, uri.Scheme },
            { HttpSemantics.ServerAddress, address },
            { HttpSemantics.ServerPort, port },
            { HttpSemantics.Method, method },
        };
        _counted = ClientTelemetry.ActiveRequests.Enabled;
        if (_counted)
        {
            ClientTelemetry.ActiveRequests.Add(1, _tags);
        }

        _started = Stopwatch.GetTimestamp();
    }

    /// <summary>Begins to observe. The activity is the current one from here on, in the caller's async method.</summary>
    public static ObservedRequest Start(HttpRequestMessage request) => new(request);

    /// <summary>The response's head is there.</summary>
    public void End(HttpResponseMessage response) => End(response, exception: null);

    /// <summary>There is no response.</summary>
    public void End(Exception exception) => End(response: null, exception);

    private void End(HttpResponseMessage? response, Exception? exception)
    {
        string? error = exception is null ? HttpSemantics.ErrorOf((int)response!.StatusCode) : HttpSemantics.ErrorOf(exception);
        if (_counted)
        {
            ClientTelemetry.ActiveRequests.Add(-1, _tags);
        }

        if (ClientTelemetry.RequestDuration.Enabled)
        {
            TagList tags = _tags;
            if (response is not null)
            {
                tags.Add(HttpSemantics.StatusCode, HttpSemantics.Box((int)response.StatusCode));
                tags.Add(HttpSemantics.ProtocolVersion, Version(response));
            }

            if (error is not null)
            {
                tags.Add(HttpSemantics.ErrorType, error);
            }

            ClientTelemetry.RequestDuration.Record(Stopwatch.GetElapsedTime(_started).TotalSeconds, tags);
        }

        // After the measurement, which refers to the activity as its example.
        if (_activity is null)
        {
            return;
        }

        if (_activity.IsAllDataRequested)
        {
            if (response is not null)
            {
                _activity.SetTag(HttpSemantics.StatusCode, HttpSemantics.Box((int)response.StatusCode));
                _activity.SetTag(HttpSemantics.ProtocolVersion, Version(response));
            }

            if (error is not null)
            {
                _activity.SetTag(HttpSemantics.ErrorType, error);
                _activity.SetStatus(ActivityStatusCode.Error);
            }

            if (exception is not null)
            {
                _activity.AddException(exception);
            }
        }

        _activity.Stop();
    }

    // A WebSocket that was asked for in HTTP/1.1's words is answered in them.
    private static string Version(HttpResponseMessage response) => response.Version.Major == 1 ? "1.1" : "2";

    private static string HostOf(string field) =>
        Uri.TryCreate($"http://{field}", UriKind.Absolute, out Uri? uri) ? uri.IdnHost : field;
}
