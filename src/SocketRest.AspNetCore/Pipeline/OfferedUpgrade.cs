using Microsoft.AspNetCore.Http.Features;

namespace SocketRest.AspNetCore.Pipeline;

/// <summary>What a request has that offers another protocol in HTTP/1.1's way: the application may take it, or answer as though it had not been said.</summary>
internal sealed class OfferedUpgrade(ServerExchange exchange) : IHttpUpgradeFeature
{
    private ServerExchange? _exchange = exchange;

    public bool IsUpgradableRequest => true;

    /// <summary>The request is over, and its exchange may be another's soon.</summary>
    public void Detach() => _exchange = null;

    public Task<Stream> UpgradeAsync() => (_exchange ?? throw new ObjectDisposedException(nameof(OfferedUpgrade), "The request is over.")).UpgradeAsync();
}
