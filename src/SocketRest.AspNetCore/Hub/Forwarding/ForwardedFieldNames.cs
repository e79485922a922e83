using Microsoft.Net.Http.Headers;
using SocketRest.Protocol;
using SocketRest.Protocol.Hpack;

namespace SocketRest.AspNetCore.Hub.Forwarding;

/// <summary>Which fields go no further than this hub.</summary>
internal static class ForwardedFieldNames
{
    public const string For = "X-Forwarded-For";
    public const string Host = "X-Forwarded-Host";
    public const string Proto = "X-Forwarded-Proto";
    public const string Prefix = "X-Forwarded-Prefix";
    public const string Forwarded = "Forwarded";

    private const string XForwarded = "X-Forwarded-";

    /// <summary>
    /// Whether a request's field is for this hub alone, or is written anew: Host becomes the authority, Via grows, TE is cut down. Those that tell of the caller
    /// are <see cref="TellsOfCaller"/>.
    /// </summary>
    public static bool StopsHere(string name) => name.Length switch
    {
        2 => HeaderRules.IsTe(name),
        3 => Is(name, HeaderNames.Via),
        4 => Is(name, HeaderNames.Host),
        14 => Is(name, "HTTP2-Settings"),
        16 => HeaderRules.IsOfOneConnection(name) || Is(name, SubProtocol.OfferHeader),
        17 => HeaderRules.IsOfOneConnection(name) || Is(name, SubProtocol.PrefixHeader),
        19 => Is(name, HeaderNames.ProxyAuthorization),
        _ => HeaderRules.IsOfOneConnection(name),
    };

    /// <summary>Whether a field says who called before, and how: anybody can write one.</summary>
    public static bool TellsOfCaller(string name) =>
        name.StartsWith(XForwarded, StringComparison.OrdinalIgnoreCase) || (name.Length == Forwarded.Length && Is(name, Forwarded));

    /// <summary>Whether a field tells of the trace that the caller is in: this hub's own step comes between, where it takes part.</summary>
    public static bool TellsOfTrace(string name) => name.Length switch
    {
        7 => Is(name, "baggage"),
        10 => Is(name, "tracestate") || Is(name, "Request-Id"),
        11 => Is(name, "traceparent"),
        19 => Is(name, "Correlation-Context"),
        _ => false,
    };

    /// <summary>Whether a field of a response is for this hub alone. What an agent says of other ways to it does not hold for those who call the hub.</summary>
    public static bool StopsHereOnTheWayBack(string name) => name.Length switch
    {
        3 => Is(name, HeaderNames.Via),
        7 => Is(name, HeaderNames.AltSvc) || HeaderRules.IsOfOneConnection(name),
        16 => HeaderRules.IsOfOneConnection(name) || Is(name, SubProtocol.OfferHeader),
        18 => Is(name, HeaderNames.ProxyAuthenticate),
        _ => HeaderRules.IsOfOneConnection(name),
    };

    /// <summary>Whether a Connection field names another one, which then goes no further either (RFC 9110 section 7.6.1).</summary>
    public static bool NamesOthers(Microsoft.Extensions.Primitives.StringValues connection)
    {
        for (int i = 0; i < connection.Count; i++)
        {
            if (connection[i] is { } value && !Is(value, "keep-alive") && !Is(value, "close") && !Is(value, "Upgrade"))
            {
                return true;
            }
        }

        return false;
    }

    public static bool Names(Microsoft.Extensions.Primitives.StringValues connection, string name)
    {
        for (int i = 0; i < connection.Count; i++)
        {
            if (HasToken(connection[i], name))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Whether a list has a token.</summary>
    public static bool HasToken(ReadOnlySpan<char> list, ReadOnlySpan<char> token)
    {
        foreach (Range range in list.Split(','))
        {
            ReadOnlySpan<char> item = list[range].Trim(" \t");
            int parameters = item.IndexOf(';');
            if ((parameters < 0 ? item : item[..parameters].TrimEnd(" \t")).Equals(token, StringComparison.OrdinalIgnoreCase))
            {
                return true;
            }
        }

        return false;
    }

    private static bool Is(string name, string other) => name.Equals(other, StringComparison.OrdinalIgnoreCase);
}
