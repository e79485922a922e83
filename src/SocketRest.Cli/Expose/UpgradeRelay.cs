using System.Net;
using System.Security.Cryptography;
using System.Text;

namespace SocketRest.Cli.Expose;

/// <summary>
/// Turns the tunnel's way to open a WebSocket or another upgraded stream, extended CONNECT (RFC 8441), into what the service understands: HTTP/1.1's Upgrade
/// (RFC 6455 section 4.1), or CONNECT again where it speaks HTTP/2 only. What was an Upgrade of the caller's is one here.
/// </summary>
internal sealed class UpgradeRelay(HttpMessageInvoker invoker, bool http2, TimeProvider time)
{
    private const string WebSocket = "websocket";
    private const string KeyHeader = "Sec-WebSocket-Key";
    private const string AcceptHeader = "Sec-WebSocket-Accept";

    /// <summary>Appended to the key before hashing, by RFC 6455 section 1.3.</summary>
    private const string AcceptSalt = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

    /// <param name="upgrade">The request to the service, with the caller's fields. Disposed here.</param>
    /// <param name="request">The caller's.</param>
    /// <param name="seen">Counts.</param>
    /// <param name="cancellationToken">The caller gave up.</param>
    /// <returns>A 200 with <see cref="DuplexContent"/>, or the service's own refusal.</returns>
    public async Task<HttpResponseMessage> PassAsync(HttpRequestMessage upgrade, HttpRequestMessage request, ExposedRequest seen, CancellationToken cancellationToken)
    {
        using (upgrade)
        {
            string protocol = request.Headers.Protocol!;
            string? key = http2 ? Connect(upgrade, protocol) : Upgrade(upgrade, protocol);
            HttpResponseMessage response = await invoker.SendAsync(upgrade, cancellationToken).ConfigureAwait(false);
            if (response.StatusCode != (http2 ? HttpStatusCode.OK : HttpStatusCode.SwitchingProtocols))
            {
                return response.IsSuccessStatusCode || (int)response.StatusCode < 200 ? NotAnUpgrade(response) : response;
            }

            if (key is not null && !(response.Headers.NonValidated.TryGetValues(AcceptHeader, out var accept) && accept.ToString() == Accept(key)))
            {
                return NotAnUpgrade(response);
            }

            Stream upstream = await response.Content.ReadAsStreamAsync(cancellationToken).ConfigureAwait(false);
            return Opened(response, HttpStatusCode.OK, new DuplexContent(upstream, request.Content, seen, time));
        }
    }

    /// <summary>Whether the caller offers another protocol, and can do without.</summary>
    public static bool IsOffer(HttpRequestMessage request) => request.Headers.NonValidated.Contains("Upgrade");

    /// <summary>Passes such an offer on.</summary>
    /// <returns>A 101 with <see cref="DuplexContent"/>, or the service's own answer.</returns>
    public async Task<HttpResponseMessage> PassOfferAsync(HttpRequestMessage offer, HttpRequestMessage request, ExposedRequest seen, CancellationToken cancellationToken)
    {
        if (http2)
        {
            // There it cannot be made.
            offer.Headers.Remove("Upgrade");
            offer.Headers.Remove("Connection");
        }
        else
        {
            offer.Version = HttpVersion.Version11;
            offer.VersionPolicy = HttpVersionPolicy.RequestVersionExact;
        }

        HttpResponseMessage response = await invoker.SendAsync(offer, cancellationToken).ConfigureAwait(false);
        if (response.StatusCode != HttpStatusCode.SwitchingProtocols)
        {
            return response;
        }

        Stream upstream = await response.Content.ReadAsStreamAsync(cancellationToken).ConfigureAwait(false);
        return Opened(response, HttpStatusCode.SwitchingProtocols, new DuplexContent(upstream, request.Content, seen, time));
    }

    private static HttpResponseMessage Opened(HttpResponseMessage response, HttpStatusCode status, DuplexContent content)
    {
        var answer = new HttpResponseMessage(status) { Content = content };
        foreach ((string name, var values) in response.Headers.NonValidated)
        {
            if (!name.Equals(AcceptHeader, StringComparison.OrdinalIgnoreCase))
            {
                answer.Headers.TryAddWithoutValidation(name, values);
            }
        }

        return answer;
    }

    private static string? Connect(HttpRequestMessage upgrade, string protocol)
    {
        upgrade.Headers.Protocol = protocol;
        return null;
    }

    /// <summary>The key that a WebSocket's answer has to match, or null for another protocol.</summary>
    private static string? Upgrade(HttpRequestMessage upgrade, string protocol)
    {
        upgrade.Method = HttpMethod.Get;
        upgrade.Headers.Protocol = null;
        upgrade.Version = HttpVersion.Version11;
        upgrade.VersionPolicy = HttpVersionPolicy.RequestVersionExact;
        upgrade.Headers.TryAddWithoutValidation("Connection", "Upgrade");
        upgrade.Headers.TryAddWithoutValidation("Upgrade", protocol);
        if (!protocol.Equals(WebSocket, StringComparison.OrdinalIgnoreCase))
        {
            return null;
        }

        string key = Convert.ToBase64String(RandomNumberGenerator.GetBytes(16));
        upgrade.Headers.Remove(KeyHeader);
        upgrade.Headers.TryAddWithoutValidation(KeyHeader, key);
        return key;
    }

    private static HttpResponseMessage NotAnUpgrade(HttpResponseMessage response)
    {
        response.Dispose();
        throw new HttpRequestException(HttpRequestError.InvalidResponse, "The service did not take the upgrade as HTTP wants it.");
    }

    // SHA-1 is what RFC 6455 section 4.2.2 says; it protects nothing here.
#pragma warning disable CA5350
    private static string Accept(string key) => Convert.ToBase64String(SHA1.HashData(Encoding.ASCII.GetBytes(key + AcceptSalt)));
#pragma warning restore CA5350
}
