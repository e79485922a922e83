using System.Text;

namespace SocketRest.Protocol.Hpack;

/// <summary>
/// The names and values that are worth sharing: a literal that is one of them is handed on as the one string, the names in the case in
/// which .NET writes them.
/// </summary>
internal static class KnownHeaders
{
    public const string Authority = ":authority";
    public const string Method = ":method";
    public const string Path = ":path";
    public const string Protocol = ":protocol";
    public const string Scheme = ":scheme";
    public const string Status = ":status";
    public const string Expect = "Expect";

    // The order of these six is that of the PseudoHeader enumeration.
    private static readonly string[] s_names =
    [
        Authority, Method, Path, Protocol, Scheme, Status,
        "Accept", "Accept-Charset", "Accept-Encoding", "Accept-Language", "Accept-Ranges",
        "Access-Control-Allow-Credentials", "Access-Control-Allow-Headers", "Access-Control-Allow-Methods",
        "Access-Control-Allow-Origin", "Access-Control-Expose-Headers", "Access-Control-Max-Age",
        "Access-Control-Request-Headers", "Access-Control-Request-Method",
        "Age", "Allow", "Alt-Svc", "Authorization", "baggage", "Cache-Control", "Connection",
        "Content-Disposition", "Content-Encoding", "Content-Language", "Content-Length", "Content-Location", "Content-MD5",
        "Content-Range", "Content-Security-Policy", "Content-Security-Policy-Report-Only", "Content-Type",
        "Cookie", "Correlation-Context", "Date", "DNT", "ETag", Expect, "Expires", "Forwarded", "From",
        "Grpc-Accept-Encoding", "Grpc-Encoding", "Grpc-Message", "Grpc-Status", "Grpc-Timeout",
        "Host", "Idempotency-Key", "If-Match", "If-Modified-Since", "If-None-Match", "If-Range", "If-Unmodified-Since",
        "Keep-Alive", "Last-Modified", "Link", "Location", "Max-Forwards", "Origin", "Pragma", "Prefer", "Priority",
        "Proxy-Authenticate", "Proxy-Authorization", "Proxy-Connection", "Range", "Referer", "Referrer-Policy", "Refresh",
        "Request-Id", "Retry-After",
        "Sec-WebSocket-Accept", "Sec-WebSocket-Extensions", "Sec-WebSocket-Key", "Sec-WebSocket-Protocol", "Sec-WebSocket-Version",
        "Server", "Server-Timing", "Set-Cookie", "Strict-Transport-Security", "TE", "traceparent", "tracestate",
        "Trailer", "Transfer-Encoding", "Translate", "Upgrade", "Upgrade-Insecure-Requests", "User-Agent", "Vary", "Via",
        "Warning", "WWW-Authenticate", "X-Api-Key", "X-Content-Type-Options", "X-Correlation-ID", "X-Forwarded-For",
        "X-Forwarded-Host", "X-Forwarded-Prefix", "X-Forwarded-Proto", "X-Frame-Options", "X-Powered-By", "X-Request-ID",
        "X-Requested-With", "X-UA-Compatible", "X-XSS-Protection",
    ];

    private static readonly string[] s_values =
    [
        "GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "CONNECT", "TRACE",
        "http", "https", "websocket", "/", "*", "*/*", "localhost",
        "200", "201", "202", "204", "206", "301", "302", "303", "304", "307", "308",
        "400", "401", "403", "404", "405", "406", "409", "410", "412", "415", "422", "429", "500", "501", "502", "503", "504",
        "0", "1", "true", "false", "none", "bytes", "close", "Kestrel", "nosniff", "trailers", "100-continue", "chunked",
        "no-cache", "no-store", "no-cache, no-store", "no-store,no-cache", "identity", "gzip", "br", "deflate", "gzip, deflate",
        "gzip, deflate, br", "gzip, deflate, br, zstd",
        "application/json", "application/json; charset=utf-8", "application/problem+json", "application/octet-stream",
        "application/problem+json; charset=utf-8", "application/grpc", "application/x-www-form-urlencoded", "application/xml",
        "text/plain", "text/plain; charset=utf-8", "text/html", "text/html; charset=utf-8", "text/event-stream", "text/json",
    ];

    // A TE may be right: its value decides.
    private static readonly HeaderFault[] s_faults = Array.ConvertAll(
        s_names, name => HeaderRules.IsOfOneConnection(name) && !HeaderRules.IsTe(name) ? HeaderFault.OfOneConnection : HeaderFault.None);

    private static readonly OctetTable s_nameTable = new(Array.ConvertAll(s_names, name => Encoding.ASCII.GetBytes(name.ToLowerInvariant())));
    private static readonly OctetTable s_valueTable = new(Array.ConvertAll(s_values, Encoding.ASCII.GetBytes));

    /// <summary>All shared names, the pseudo-headers first.</summary>
    public static ReadOnlySpan<string> Names => s_names;

    /// <summary>The shared name for a lower-case name from the wire and what is wrong with a field that has it, or null.</summary>
    public static string? FindName(ReadOnlySpan<byte> lowerCaseName, out PseudoHeader pseudoHeader, out HeaderFault fault)
    {
        int position = s_nameTable.Find(lowerCaseName);
        pseudoHeader = (uint)position < (uint)PseudoHeader.Status ? (PseudoHeader)(position + 1) : PseudoHeader.None;
        fault = HeaderFault.None;
        if (position < 0)
        {
            return null;
        }

        fault = s_faults[position];
        return s_names[position];
    }

    /// <summary>The shared string for a value, or null.</summary>
    public static string? FindValue(ReadOnlySpan<byte> value)
    {
        int position = s_valueTable.Find(value);
        return position < 0 ? null : s_values[position];
    }
}
