using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace SocketRest.AspNetCore;

/// <summary>
/// How this application answers requests that come through tunnels, accepted or dialled. Set with <c>services.Configure&lt;SocketRestServingOptions&gt;(...)</c>.
/// </summary>
public sealed class SocketRestServingOptions
{
    /// <summary>
    /// Largest request body in bytes, at least 0, or <see langword="null"/> for no limit. Default 30,000,000, as Kestrel's. Reading more is an exception
    /// that becomes a 413. An application changes it for one request through <c>IHttpMaxRequestBodySizeFeature</c>.
    /// </summary>
    public long? MaxRequestBodySize { get; set; } = 30_000_000;

    /// <summary>
    /// Slowest that a request's body may arrive while the application waits for it, with a grace of more than a second at its beginning. Default
    /// <see langword="null"/>: as slow as it likes. A slower one makes the application's read fail with a <c>BadHttpRequestException</c>, which becomes a 408, or
    /// the end of a response that has begun. Time in which the application does not read, or in which the caller has to wait for it, does not count. Looked at once a second.
    /// An application changes it for one request through <c>IHttpMinRequestBodyDataRateFeature</c>; an accepted WebSocket has none.
    /// </summary>
    public MinDataRate? MinRequestBodyDataRate { get; set; }

    /// <summary>
    /// Slowest that a caller may take a response's body, with a grace of more than a second. Default <see langword="null"/>: as slowly as it likes. One that is slower
    /// loses the response. Only time counts in which there was more to send and the caller's window had no room for it. Looked at once a second, also after the
    /// application is done. An application changes it for one request through <c>IHttpMinResponseDataRateFeature</c>; an accepted WebSocket has none.
    /// </summary>
    public MinDataRate? MinResponseDataRate { get; set; }

    /// <summary>Whether synchronous reads and writes of bodies are allowed. Default <see langword="false"/>, as Kestrel's.</summary>
    public bool AllowSynchronousIO { get; set; }
}
