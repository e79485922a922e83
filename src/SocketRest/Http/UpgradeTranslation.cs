using System.Net;
using System.Security.Cryptography;
using System.Text;

namespace SocketRest.Http;

/// <summary>
/// HTTP/1.1's way to open a WebSocket (RFC 6455 section 4.1) in terms of extended CONNECT (RFC 8441 section 5), which is the tunnel's only one,
/// and the answer back again.
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
        return request is not RelayedRequest && request.Headers.NonValidated.Contains("Upgrade")
            && request.Headers.Upgrade.Any(value => value.Name.Equals(WebSocket, StringComparison.OrdinalIgnoreCase))
            ? WebSocket
            : null;
    }

    /// <summary>Whether the field belongs to HTTP/1.1's handshake and has no place in CONNECT, which has no content (RFC 9110 section 9.3.6).</summary>
    public static bool IsOfTheHandshake(string name) =>
        name.Equals(KeyHeader, StringComparison.OrdinalIgnoreCase) || name.Equals("Content-Length", StringComparison.OrdinalIgnoreCase);

    /// <summary>Turns the 2xx that answers CONNECT into the 101 that the caller of an upgrade waits for.</summary>
    public static void CompleteUpgrade(HttpRequestMessage request, HttpResponseMessage response)
    {
        if (request.Method == HttpMethod.Connect || !response.IsSuccessStatusCode)
        {
            return;
        }

        response.StatusCode = HttpStatusCode.SwitchingProtocols;
        response.Version = HttpVersion.Version11;
        response.Headers.TryAddWithoutValidation("Upgrade", WebSocket);
        response.Headers.TryAddWithoutValidation("Connection", "Upgrade");
        if (request.Headers.NonValidated.TryGetValues(KeyHeader, out System.Net.Http.Headers.HeaderStringValues key))
        {
            response.Headers.Remove(AcceptHeader);
            response.Headers.TryAddWithoutValidation(AcceptHeader, Accept(key.ToString()));
        }
    }

    // SHA-1 is what RFC 6455 section 4.2.2 says; it protects nothing here.
#pragma warning disable CA5350
    public static string Accept(string key) => Convert.ToBase64String(SHA1.HashData(Encoding.ASCII.GetBytes(key + AcceptSalt)));
#pragma warning restore CA5350
}
