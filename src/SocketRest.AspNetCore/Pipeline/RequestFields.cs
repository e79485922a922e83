using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;
using Microsoft.Net.Http.Headers;
using SocketRest.Protocol;
using SocketRest.Protocol.Hpack;

namespace SocketRest.AspNetCore.Pipeline;

/// <summary>The head of a request, taken apart (RFC 9113 section 8.3.1). Kept with its exchange, so that a repeated target costs nothing.</summary>
internal sealed class RequestFields
{
    /// <summary>A longer target or authority is not kept for the chance that it comes again.</summary>
    private const int RetainedTarget = 256;

    private const int RetainedHeaders = 64;

    private string? _lastTarget;
    private string? _lastAuthority;

    public string Method { get; private set; } = "";

    public string Scheme { get; private set; } = "";

    public string RawTarget { get; private set; } = "";

    public string Path { get; private set; } = "";

    public string Query { get; private set; } = "";

    /// <summary>The protocol that an extended CONNECT asks for (RFC 8441), or null.</summary>
    public string? ConnectProtocol { get; private set; }

    /// <summary>The protocol that the request offers to speak in HTTP/1.1's way (RFC 9110 section 7.8), or null.</summary>
    public string? OfferedProtocol { get; private set; }

    /// <summary>The path under which the peer says that it has this application, undecoded, or null. Whether it may is for the caller to know.</summary>
    public string? Prefix { get; private set; }

    public HeaderDictionary Headers { get; private set; } = new();

    /// <summary>Takes in the fields. Returns a sentence about what is wrong with them, or null.</summary>
    public string? Read(HeaderList fields)
    {
        string? method = null;
        string? scheme = null;
        string? target = null;
        string? authority = null;
        string? offering = null;
        ConnectProtocol = null;
        OfferedProtocol = null;
        Prefix = null;
        foreach (ref readonly HeaderField field in fields.Span)
        {
            if (field.Name[0] != ':')
            {
                if (IsOfOneConnection(field))
                {
                    return $"'{field.Name}' speaks of one connection and has no place in a tunnel.";
                }

                if (field.Name == SubProtocol.PrefixHeader)
                {
                    Prefix = field.Value;
                }
                else if (field.Name == SubProtocol.OfferHeader)
                {
                    offering = field.Value;
                }
                else
                {
                    Add(field);
                }

                continue;
            }

            switch (field.Name)
            {
                case KnownHeaders.Method:
                    method = field.Value;
                    break;
                case KnownHeaders.Scheme:
                    scheme = field.Value;
                    break;
                case KnownHeaders.Authority:
                    authority = field.Value;
                    break;
                case KnownHeaders.Path:
                    target = field.Value;
                    break;
                case KnownHeaders.Protocol:
                    ConnectProtocol = field.Value;
                    break;
                default:
                    return $"'{field.Name}' has no place in a request.";
            }
        }

        if (method is null || scheme is null || target is null || !HeaderRules.IsValidName(method))
        {
            return "A request has a method, a scheme and a path.";
        }

        if (scheme is not ("http" or "https"))
        {
            return "The scheme is http or https.";
        }

        bool connect = HttpMethods.IsConnect(method);
        if (connect != ConnectProtocol is not null)
        {
            return connect ? "CONNECT names a protocol (RFC 8441)." : "Only CONNECT names a protocol (RFC 8441).";
        }

        if (connect && offering is not null)
        {
            if (!HeaderRules.IsValidName(offering) || HttpMethods.IsConnect(offering))
            {
                return "What offers another protocol is a request with a method of its own.";
            }

            method = offering;
            OfferedProtocol = ConnectProtocol;
            ConnectProtocol = null;
            Headers[HeaderNames.Connection] = HeaderNames.Upgrade;
            Headers[HeaderNames.Upgrade] = OfferedProtocol;
        }

        if (target == "*" && !HttpMethods.IsOptions(method))
        {
            return "Only OPTIONS has the target '*'.";
        }

        if (!ReferenceEquals(target, _lastTarget))
        {
            _lastTarget = null;
            if (!PathDecoder.TryDecode(target, out string path, out string query))
            {
                return "The request target is no valid path.";
            }

            Path = path;
            Query = query;
            _lastTarget = target;
        }

        Method = Canonical(method);
        Scheme = scheme;
        RawTarget = target;
        if (authority is not null)
        {
            Headers[HeaderNames.Host] = authority;
        }
        else
        {
            StringValues host = Headers[HeaderNames.Host];
            if (host.Count > 1)
            {
                return "A request has one host.";
            }

            authority = host.ToString();
        }

        if (!ReferenceEquals(authority, _lastAuthority))
        {
            if (!AuthorityRules.IsValid(authority))
            {
                return "The authority is no host with or without a port.";
            }

            _lastAuthority = authority;
        }

        return null;
    }

    /// <summary>Lets go of what the peer sent, but for a target and an authority of a usual length: exchanges that wait for their next use shall not add up.</summary>
    public void Clear()
    {
        Prefix = null;
        if (Headers.Count > RetainedHeaders)
        {
            Headers = new();
        }
        else
        {
            Headers.Clear();
        }

        if (RawTarget.Length > RetainedTarget)
        {
            _lastTarget = null;
            RawTarget = Path = Query = "";
        }

        if (_lastAuthority is { Length: > RetainedTarget })
        {
            _lastAuthority = null;
        }
    }

    /// <summary>The framework's own instance, which its comparisons recognize at once.</summary>
    private static string Canonical(string method) => HttpMethods.GetCanonicalizedValue(method) is { } known && known == method ? known : method;

    private void Add(in HeaderField field)
    {
        if (!Headers.TryGetValue(field.Name, out StringValues values))
        {
            Headers.Add(field.Name, field.Value);
        }
        else if (field.Name == HeaderNames.Cookie)
        {
            // RFC 9113 section 8.2.3: crumbs are put together again.
            Headers[field.Name] = $"{values}; {field.Value}";
        }
        else
        {
            Headers[field.Name] = StringValues.Concat(values, field.Value);
        }
    }

    private static bool IsOfOneConnection(in HeaderField field) => field.Name.Length switch
    {
        2 => field.Name.Equals(HeaderNames.TE, StringComparison.OrdinalIgnoreCase) && !field.Value.Equals("trailers", StringComparison.OrdinalIgnoreCase),
        7 => field.Name.Equals(HeaderNames.Upgrade, StringComparison.OrdinalIgnoreCase),
        10 => field.Name.Equals(HeaderNames.Connection, StringComparison.OrdinalIgnoreCase) || field.Name.Equals(HeaderNames.KeepAlive, StringComparison.OrdinalIgnoreCase),
        16 => field.Name.Equals(HeaderNames.ProxyConnection, StringComparison.OrdinalIgnoreCase),
        17 => field.Name.Equals(HeaderNames.TransferEncoding, StringComparison.OrdinalIgnoreCase),
        _ => false,
    };
}
