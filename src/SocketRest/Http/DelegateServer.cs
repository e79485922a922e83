using Microsoft.Extensions.Logging;
using SocketRest.Multiplexing;

namespace SocketRest.Http;

/// <summary>Answers a tunnel's requests with a delegate over <see cref="HttpRequestMessage"/>: serving without ASP.NET.</summary>
internal sealed class DelegateServer(
    Func<HttpRequestMessage, CancellationToken, Task<HttpResponseMessage>> handler, ILogger logger, bool servesUpgrades = false) : IStreamServer
{
    public bool ServesUpgrades => servesUpgrades;

    public Func<HttpRequestMessage, CancellationToken, Task<HttpResponseMessage>> Handler => handler;

    public ILogger Logger => logger;

    public IServerExchange CreateExchange(TunnelStream stream) => new DelegateExchange(this, stream);
}
