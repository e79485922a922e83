namespace SocketRest.Http;

/// <summary>
/// Sends a request through the tunnel once and gives its response as it came. The <paramref name="cookies"/> are those of the container:
/// they go into one more Cookie field after the caller's own (RFC 9113, section 8.2.3), so that the caller's request object is left as it
/// is. Completes synchronously unless <paramref name="async"/>.
/// </summary>
internal delegate ValueTask<HttpResponseMessage> SendOnce(
    HttpRequestMessage request, string? cookies, bool async, CancellationToken cancellationToken);
