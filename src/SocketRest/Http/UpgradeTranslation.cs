using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;
using SocketRest.Protocol;
using SocketRest.Protocol.Hpack;

namespace SocketRest.Http;

/// <summary>
/// HTTP/1.1's way to open a WebSocket (RFC 6455 section 4.1) and to offer another protocol (RFC 9110 section 7.8) in terms of extended CONNECT (RFC 8441 section 5), which is the
/// tunnel's only one, and the answer back again.
/// </summary>
internal static class UpgradeTranslation
{
    private const string WebSocket = "websocket";
    private const string KeyHeader = "Sec-WebSocket-Key";
    private const string AcceptHeader = "Sec-WebSocket-Accept";

    /// <summary>Appended to the key before hashing, by RFC 6455 section 1.3.</summary>
    private const string AcceptSalt = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

    /// <summary>The protocol that the request wants to speak instead of HTTP, or null.</summary>
    public static string? ProtocolOf(HttpRequestMessage request)
    {
        if (request.Method == HttpMethod.Connect)
        {
            return request.Headers.Protocol
                ?? throw new NotSupportedException("CONNECT needs a protocol (HttpRequestHeaders.Protocol): the tunnel knows its extended form only (RFC 8441).");
        }

        // Looking at its headers would make some.
        if (request is RelayedRequest || !request.Headers.NonValidated.TryGetValues("Upgrade", out HeaderStringValues upgrade))
        {
            return null;
        }

        string list = upgrade.ToString();
        return HasToken(list, WebSocket) ? WebSocket
            : request.Content is null && request.Method != HttpMethod.Head
                && request.Headers.NonValidated.TryGetValues("Connection", out HeaderStringValues connection) && HasToken(connection.ToString(), "Upgrade") ? OfferIn(list)
            : null;
    }

    /// <summary>
    /// The first protocol of an Upgrade field that may travel, or null. Not another version of HTTP, nor TLS: these are about the connection to who reads the field, and passed on they
    /// would take what follows out of the sight of whoever stands between.
    /// </summary>
    public static string? OfferIn(string upgrade)
    {
        foreach (Range range in upgrade.AsSpan().Split(','))
        {
            ReadOnlySpan<char> item = upgrade.AsSpan()[range].Trim(" \t");
            int slash = item.IndexOf('/');
            ReadOnlySpan<char> name = slash < 0 ? item : item[..slash];
            if (HeaderRules.IsValidName(name) && (slash < 0 || HeaderRules.IsValidName(item[(slash + 1)..]))
                && !Is(name, "h2c") && !Is(name, "h2") && !Is(name, "h3") && !Is(name, "HTTP") && !Is(name, "TLS") && !Is(name, WebSocket))
            {
                return item.ToString();
            }
        }

        return null;

        static bool Is(ReadOnlySpan<char> name, string other) => name.Equals(other, StringComparison.OrdinalIgnoreCase);
    }

    /// <summary>The method of the request that offers a protocol and can do without, or null where it wants nothing else.</summary>
    public static string? OfferingMethod(HttpRequestMessage request, string protocol) =>
        request is RelayedRequest relayed ? relayed.OfferingMethod
        : request.Method == HttpMethod.Connect || ReferenceEquals(protocol, WebSocket) ? null
        : request.Method.Method;

    /// <summary>Whether the field belongs to HTTP/1.1's handshake and has no place in CONNECT, which has no content (RFC 9110 section 9.3.6).</summary>
    public static bool IsOfTheHandshake(string name) =>
        name.Equals(KeyHeader, StringComparison.OrdinalIgnoreCase) || name.Equals("Content-Length", StringComparison.OrdinalIgnoreCase);

    /// <summary>Whether the answer opens both directions. Takes out what says that it does not.</summary>
    public static bool IsAccepted(HttpRequestMessage request, string protocol, HttpResponseMessage response) =>
        response.IsSuccessStatusCode & !(response.Headers.Remove(SubProtocol.OfferHeader) && OfferingMethod(request, protocol) is not null);

    /// <summary>Turns the 2xx that answers CONNECT into the 101 that the caller of an upgrade waits for.</summary>
    public static void CompleteUpgrade(HttpRequestMessage request, HttpResponseMessage response, string protocol)
    {
        if (request.Method == HttpMethod.Connect)
        {
            return;
        }

        response.StatusCode = HttpStatusCode.SwitchingProtocols;
        response.Version = HttpVersion.Version11;
        response.Headers.TryAddWithoutValidation("Upgrade", protocol);
        response.Headers.TryAddWithoutValidation("Connection", "Upgrade");
        if (ReferenceEquals(protocol, WebSocket) && request.Headers.NonValidated.TryGetValues(KeyHeader, out HeaderStringValues key))
        {
            response.Headers.Remove(AcceptHeader);
            response.Headers.TryAddWithoutValidation(AcceptHeader, Accept(key.ToString()));
        }
    }

    private static bool HasToken(string list, string token)
    {
        foreach (Range range in list.AsSpan().Split(','))
        {
            if (list.AsSpan()[range].Trim(" \t").Equals(token, StringComparison.OrdinalIgnoreCase))
            {
                return true;
            }
        }

        return false;
    }

    // SHA-1 is what RFC 6455 section 4.2.2 says; it protects nothing here.
#pragma warning disable CA5350
    public static string Accept(string key) => Convert.ToBase64String(SHA1.HashData(Encoding.ASCII.GetBytes(key + AcceptSalt)));
#pragma warning restore CA5350
}
