using System.Net;

namespace SocketRest.AspNetCore.Tests.Conformance;

/// <summary>The switches of <see cref="SocketsHttpHandler"/> that callers know, with its defaults.</summary>
public sealed record HandlerSettings
{
    public bool AllowAutoRedirect { get; init; } = true;

    public int MaxAutomaticRedirections { get; init; } = 50;

    public bool UseCookies { get; init; } = true;

    /// <summary>The container to use, or <c>null</c> for the handler's own.</summary>
    public CookieContainer? CookieContainer { get; init; }

    public DecompressionMethods AutomaticDecompression { get; init; } = DecompressionMethods.None;
}
