using SocketRest.Multiplexing;

namespace SocketRest.Http;

/// <summary>Where a handler gets the connection for the next request.</summary>
internal interface IConnectionSource
{
    /// <summary>The connection if it can be used now, else null.</summary>
    TunnelConnection? Current { get; }

    /// <summary>Whether there may be another connection once this one has ended.</summary>
    bool CanDialAgain { get; }

    /// <summary>Waits for a usable connection.</summary>
    /// <exception cref="SocketRestException">There is none and will be none; the request was not sent.</exception>
    ValueTask<TunnelConnection> GetAsync(CancellationToken cancellationToken);
}
