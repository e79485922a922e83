using SocketRest.Multiplexing;
using SocketRest.Protocol;
using SocketRest.Protocol.Hpack;

namespace SocketRest.Http;

/// <summary>Reads the head of a request into an <see cref="HttpRequestMessage"/> (RFC 9113 section 8.3.1).</summary>
internal static class RequestReader
{
    /// <summary>Returns null and a sentence when the fields are no valid request.</summary>
    /// <param name="stream">The request's.</param>
    /// <param name="servesUpgrades">Whether whoever answers is asked for other protocols.</param>
    /// <param name="offers">Whether the request offers one and can do without.</param>
    /// <param name="fault">What is wrong.</param>
    public static HttpRequestMessage? Read(TunnelStream stream, bool servesUpgrades, out bool offers, out string? fault)
    {
        offers = false;
        string? method = null;
        string? scheme = null;
        string? path = null;
        string? authority = null;
        string? protocol = null;
        string? offering = null;
        bool expectsContinue = false;
        HeaderList fields = stream.RemoteHead;
        foreach (ref readonly HeaderField entry in fields.Span)
        {
            switch (entry.Name)
            {
                case KnownHeaders.Method:
                    method = entry.Value;
                    break;
                case KnownHeaders.Scheme:
                    scheme = entry.Value;
                    break;
                case KnownHeaders.Path:
                    path = entry.Value;
                    break;
                case KnownHeaders.Authority:
                    authority = entry.Value;
                    break;
                case KnownHeaders.Protocol:
                    protocol = entry.Value;
                    break;
                case SubProtocol.OfferHeader:
                    offering = entry.Value;
                    break;
                case KnownHeaders.Expect:
                    expectsContinue = entry.Value.Equals("100-continue", StringComparison.OrdinalIgnoreCase);
                    break;
            }
        }

        if (method is null || path is null || scheme is not ("http" or "https"))
        {
            fault = "A request has a method, a scheme and a path.";
            return null;
        }

        offers = protocol is not null && offering is not null;
        if (offers)
        {
            method = offering!;
        }

        if (!HeaderRules.IsValidName(method))
        {
            fault = "A request has a method, a scheme and a path.";
            return null;
        }

        if (protocol is not null && !offers && !servesUpgrades)
        {
            fault = "Upgrades are not served here.";
            return null;
        }

        authority ??= HostOf(fields);
        if (!AuthorityRules.IsValid(authority))
        {
            fault = "The authority is no host with or without a port.";
            return null;
        }

        // The target of the server as a whole is its address without a path (RFC 9112 section 3.3).
        string? target = path is "*" && method == HttpMethod.Options.Method ? "" : path is ['/', ..] && IsVisible(path) ? path : null;

        // Byte for byte: canonicalization would change what the caller asked for.
        var creation = new UriCreationOptions { DangerousDisablePathAndQueryCanonicalization = true };
        if (target is null || !Uri.TryCreate($"{scheme}://{(authority.Length > 0 ? authority : "localhost")}{target}", creation, out Uri? uri))
        {
            fault = "The request target is no valid path.";
            return null;
        }

        fault = null;
        var request = new HttpRequestMessage(HttpMethod.Parse(method), uri)
        {
            Version = System.Net.HttpVersion.Version20,
            Content = (stream.RemoteEnded && !stream.HasInput) || (offers && !servesUpgrades) ? null : new StreamContent(new RequestInputStream(stream, expectsContinue)),
        };
        if (offers)
        {
            if (servesUpgrades)
            {
                request.Headers.TryAddWithoutValidation("Connection", "Upgrade");
                request.Headers.TryAddWithoutValidation("Upgrade", protocol);
            }
        }
        else if (protocol is not null)
        {
            request.Headers.Protocol = protocol;
        }

        foreach (ref readonly HeaderField entry in fields.Span)
        {
            if (entry.Name[0] != ':' && entry.Name is not (SubProtocol.PrefixHeader or SubProtocol.OfferHeader) && !request.Headers.TryAddWithoutValidation(entry.Name, entry.Value))
            {
                request.Content?.Headers.TryAddWithoutValidation(entry.Name, entry.Value);
            }
        }

        return request;
    }

    /// <summary>What stands in for an authority that is missing. Two of them come out as none that is valid.</summary>
    private static string HostOf(HeaderList fields)
    {
        string? host = null;
        foreach (ref readonly HeaderField entry in fields.Span)
        {
            if (entry.Name.Equals("Host", StringComparison.OrdinalIgnoreCase))
            {
                host = host is null ? entry.Value : $"{host},{entry.Value}";
            }
        }

        return host ?? "";
    }

    private static bool IsVisible(string target) => !target.AsSpan().ContainsAnyExceptInRange('!', '~');
}
