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

    /// <summary>Whether synchronous reads and writes of bodies are allowed. Default <see langword="false"/>, as Kestrel's.</summary>
    public bool AllowSynchronousIO { get; set; }
}
