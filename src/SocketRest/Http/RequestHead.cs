using System.Diagnostics;
using System.Net.Http.Headers;
using SocketRest.Diagnostics;
using SocketRest.Protocol;
using SocketRest.Protocol.Hpack;

namespace SocketRest.Http;

/// <summary>Writes an <see cref="HttpRequestMessage"/> as the fields of a HEADERS frame (RFC 9113 section 8.3.1).</summary>
internal static class RequestHead
{
    public static void Write(HttpRequestMessage request, string? protocol, string? cookies, HeaderList head, TargetCache targets)
    {
        Uri uri = request.RequestUri!;
        string scheme = uri.Scheme switch
        {
            "http" or "ws" => "http",
            "https" or "wss" => "https",
            _ => throw new NotSupportedException($"The scheme '{uri.Scheme}' cannot be tunnelled: use http or https."),
        };

        head.Add(KnownHeaders.Method, protocol is null ? request.Method.Method : HttpMethod.Connect.Method);
        if (protocol is not null)
        {
            head.Add(KnownHeaders.Protocol, protocol);
        }

        head.Add(KnownHeaders.Scheme, scheme);
        if (request is RelayedRequest relayed)
        {
            Add(head, KnownHeaders.Authority, relayed.Authority);
            Add(head, KnownHeaders.Path, relayed.Target);
            relayed.WriteFields(head);
            if (relayed.Prefix is { } prefix)
            {
                Add(head, SubProtocol.PrefixHeader, prefix);
            }
        }
        else
        {
            (string authority, string target) = targets.For(uri);
            Add(head, KnownHeaders.Authority, request.Headers.Host ?? authority);
            Add(head, KnownHeaders.Path, target);
            AddFields(head, request, protocol);
        }

        if (protocol is not null && UpgradeTranslation.OfferingMethod(request, protocol) is { } method)
        {
            head.Add(SubProtocol.OfferHeader, method);
        }

        if (cookies is not null)
        {
            // One more field beside the caller's own, as RFC 9113 section 8.2.3 allows.
            Add(head, "Cookie", cookies);
        }

        if (Activity.Current is { } activity)
        {
            TracePropagation.Inject(activity, head);
        }

        if (head.EncodedBound > FrameHeader.MaxPayload)
        {
            throw HttpErrors.ForRequest(new SocketRestException(
                SocketRestErrorCode.InvalidRequest,
                $"The request's header fields take up to {head.EncodedBound} bytes; {FrameHeader.MaxPayload} is the limit. Nothing was sent."));
        }
    }

    private static void AddFields(HeaderList head, HttpRequestMessage request, string? protocol)
    {
        foreach (KeyValuePair<string, HeaderStringValues> field in request.Headers.NonValidated)
        {
            if (IsOfTheConnection(field.Key))
            {
                AddTrailersWish(head, field);
            }
            else if (protocol is null || !UpgradeTranslation.IsOfTheHandshake(field.Key))
            {
                Add(head, field.Key, field.Value.ToString());
            }
        }

        if (request.Content is { } content)
        {
            // Asking for the length is what puts it among the headers.
            _ = content.Headers.ContentLength;
            foreach (KeyValuePair<string, HeaderStringValues> field in content.Headers.NonValidated)
            {
                if (!IsOfTheConnection(field.Key))
                {
                    Add(head, field.Key, field.Value.ToString());
                }
            }
        }
        else if (protocol is null && (request.Method == HttpMethod.Post || request.Method == HttpMethod.Put || request.Method == HttpMethod.Patch))
        {
            head.Add("Content-Length", "0");
        }
    }

    /// <summary>The trailers that the request's options ask for, or null.</summary>
    public static HeaderList? WriteTrailers(HttpRequestMessage request)
    {
        IEnumerable<KeyValuePair<string, string>>? fields = request is RelayedRequest relayed ? relayed.Trailers
            : request.Options.TryGetValue(SocketRestHandler.RequestTrailers, out Func<IEnumerable<KeyValuePair<string, string>>>? produce) ? produce()
            : null;
        if (fields is null)
        {
            return null;
        }

        var trailers = new HeaderList();
        foreach ((string name, string value) in fields)
        {
            if (!HeaderRules.IsValidName(name))
            {
                throw HttpErrors.ForRequest(new SocketRestException(SocketRestErrorCode.InvalidRequest, $"'{name}' is no name for a trailer.", RequestOutcome.MaybeExecuted));
            }

            if (!IsOfTheConnection(name))
            {
                Add(trailers, name, value);
            }
        }

        return trailers.Count > 0 ? trailers : null;
    }

    /// <summary>Adds a field whose value comes from outside: what could forge another field or another message never passes.</summary>
    public static void Add(HeaderList head, string name, string value)
    {
        if (!HeaderRules.IsValidValue(value))
        {
            throw HttpErrors.ForRequest(new SocketRestException(
                SocketRestErrorCode.InvalidRequest,
                $"The value of '{name}' holds a control character. Nothing was sent."));
        }

        head.Add(name, value);
    }

    /// <summary>Of a TE with several wishes the one remains that is allowed.</summary>
    private static void AddTrailersWish(HeaderList head, KeyValuePair<string, HeaderStringValues> field)
    {
        if (!HeaderRules.IsTe(field.Key))
        {
            return;
        }

        foreach (string value in field.Value)
        {
            if (HeaderRules.IsTrailers(value))
            {
                head.Add(field.Key, value);
                return;
            }
        }
    }

    /// <summary>
    /// Fields that mean nothing in a tunnel, Host, which is :authority, and those that only a tunnel's end says itself: nobody whose fields are passed on unseen shall.
    /// </summary>
    public static bool IsOfTheConnection(string name) =>
        HeaderRules.IsOfOneConnection(name)
        || (name.Length == 4 && name.Equals("Host", StringComparison.OrdinalIgnoreCase))
        || (name.Length == SubProtocol.PrefixHeader.Length && name.Equals(SubProtocol.PrefixHeader, StringComparison.OrdinalIgnoreCase))
        || (name.Length == SubProtocol.OfferHeader.Length && name.Equals(SubProtocol.OfferHeader, StringComparison.OrdinalIgnoreCase));
}
