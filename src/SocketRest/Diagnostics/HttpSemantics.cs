using System.Collections.Frozen;
using System.Globalization;

namespace SocketRest.Diagnostics;

/// <summary>What OpenTelemetry's conventions for HTTP call things, for both ends of a call.</summary>
internal static class HttpSemantics
{
    public const string Method = "http.request.method";
    public const string OriginalMethod = "http.request.method_original";
    public const string StatusCode = "http.response.status_code";
    public const string Route = "http.route";
    public const string ProtocolVersion = "network.protocol.version";
    public const string ServerAddress = "server.address";
    public const string ServerPort = "server.port";
    public const string UrlScheme = "url.scheme";
    public const string UrlPath = "url.path";
    public const string UrlFull = "url.full";
    public const string UserAgent = "user_agent.original";
    public const string ErrorType = "error.type";

    /// <summary>The value for methods that the conventions do not list: what a caller makes up must not become a time series.</summary>
    public const string OtherMethod = "_OTHER";

    private static readonly FrozenSet<string> s_methods = FrozenSet.ToFrozenSet(
        ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "CONNECT", "TRACE"], StringComparer.OrdinalIgnoreCase);

    private static readonly object?[] s_boxed = new object?[600];

    /// <summary>The boundaries in seconds that the conventions, and the framework's own instruments, give durations of requests.</summary>
    public static IReadOnlyList<double> DurationBoundaries { get; } = [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10];

    /// <summary>The method as the conventions write it, or <see cref="OtherMethod"/>.</summary>
    public static string KnownMethod(string method) => s_methods.TryGetValue(method, out string? known) ? known : OtherMethod;

    /// <summary>The status as a tag's value, boxed once.</summary>
    public static object Box(int status) => (uint)status < (uint)s_boxed.Length ? s_boxed[status] ??= status : status;

    /// <summary>What a client calls a response that is an error, or null.</summary>
    public static string? ErrorOf(int status) => status is >= 400 and < 600 ? status.ToString(CultureInfo.InvariantCulture) : null;

    /// <summary>What a client calls a request that got no response: the framework's word for it, or the exception's type.</summary>
    public static string ErrorOf(Exception exception) => (exception as HttpRequestException)?.HttpRequestError switch
    {
        HttpRequestError.NameResolutionError => "name_resolution_error",
        HttpRequestError.ConnectionError => "connection_error",
        HttpRequestError.SecureConnectionError => "secure_connection_error",
        HttpRequestError.HttpProtocolError => "http_protocol_error",
        HttpRequestError.ExtendedConnectNotSupported => "extended_connect_not_supported",
        HttpRequestError.VersionNegotiationError => "version_negotiation_error",
        HttpRequestError.UserAuthenticationError => "user_authentication_error",
        HttpRequestError.ProxyTunnelError => "proxy_tunnel_error",
        HttpRequestError.InvalidResponse => "invalid_response",
        HttpRequestError.ResponseEnded => "response_ended",
        HttpRequestError.ConfigurationLimitExceeded => "configuration_limit_exceeded",
        _ => exception.GetType().FullName!,
    };
}
