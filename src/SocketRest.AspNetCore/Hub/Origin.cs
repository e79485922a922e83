using System.Buffers;
using Microsoft.AspNetCore.Http;

namespace SocketRest.AspNetCore.Hub;

/// <summary>
/// The origin of a page whose script opens a WebSocket (RFC 6454): browsers send it, and their users' cookies with it, from any page to
/// any server. Programs send none.
/// </summary>
internal static class Origin
{
    public const string Any = "*";

    private const string SchemeEnd = "://";

    private static readonly SearchValues<char> s_notInHost = SearchValues.Create("/?#@\\ \t");

    /// <summary>Says why the page may not open a tunnel here, or null when it may or no page asks.</summary>
    public static UpgradeRefusal? Check(HttpRequest request, IList<string> allowed)
    {
        if (!request.Headers.TryGetValue("Origin", out Microsoft.Extensions.Primitives.StringValues values) || allowed.Contains(Any))
        {
            return null;
        }

        Uri? own = Parse($"{WebScheme(request.Scheme)}{SchemeEnd}{request.Host.Value}");
        if (values.Count == 1 && Parse(values[0]) is { } page && (Same(page, own) || allowed.Any(one => Same(page, Parse(one)))))
        {
            return null;
        }

        return new(
            StatusCodes.Status403Forbidden,
            $"A page of {values} may not open a tunnel at {own?.GetLeftPart(UriPartial.Authority)}: another origin has to be listed in SocketRestServerOptions.AllowedOrigins. If the address here is wrong because of a proxy in front, set up forwarded headers.");
    }

    /// <summary>Scheme, host and port and nothing else, or null for what is no such thing, <c>null</c> among it.</summary>
    public static Uri? Parse(string? origin)
    {
        int host = origin?.IndexOf(SchemeEnd, StringComparison.Ordinal) + SchemeEnd.Length ?? -1;
        return host > SchemeEnd.Length && !origin.AsSpan(host).ContainsAny(s_notInHost) && Uri.TryCreate(origin, UriKind.Absolute, out Uri? uri) && uri.IdnHost.Length > 0
            ? uri
            : null;
    }

    private static bool Same(Uri page, Uri? other) =>
        other is not null
            && page.Scheme == other.Scheme
            && page.Port == other.Port
            && page.IdnHost.Equals(other.IdnHost, StringComparison.OrdinalIgnoreCase);

    private static string WebScheme(string scheme) => scheme switch
    {
        "ws" => "http",
        "wss" => "https",
        _ => scheme,
    };
}
