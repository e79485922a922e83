using SocketRest.Multiplexing;

namespace SocketRest.Http;

/// <summary>Where a handler gets the connection for the next request.</summary>
internal interface IConnectionSource
{
    /// <summary>Whether a request that was not sent over one connection may go over another.</summary>
    bool HasOthers { get; }

    /// <summary>The connection for the request if there is one that can be used now, else null.</summary>
    TunnelConnection? CurrentFor(HttpRequestMessage request);

    /// <summary>Waits for a usable connection.</summary>
    /// <exception cref="SocketRestException">There is none and will be none; the request was not sent.</exception>
    ValueTask<TunnelConnection> GetAsync(HttpRequestMessage request, CancellationToken cancellationToken);

    /// <summary>The connection to try next with a request that was not sent over those that were tried, or null when it was tried often enough.</summary>
    /// <exception cref="SocketRestException">There is none and will be none.</exception>
    ValueTask<TunnelConnection?> GetNextAsync(IReadOnlyList<TunnelConnection> tried, CancellationToken cancellationToken);
}
