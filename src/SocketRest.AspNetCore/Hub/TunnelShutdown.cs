using Microsoft.Extensions.Hosting;

namespace SocketRest.AspNetCore.Hub;

/// <summary>
/// Drains the accepted tunnels while the host stops: an open WebSocket would hold the server up for the host's whole time-out. Draining
/// begins before ApplicationStopping fires but does not hold it back, since that is what tells long responses to end.
/// </summary>
internal sealed class TunnelShutdown(TunnelAcceptor acceptor) : IHostedLifecycleService
{
    private Task _draining = Task.CompletedTask;

    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppingAsync(CancellationToken cancellationToken)
    {
        _draining = acceptor.StopAsync(cancellationToken);
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => _draining;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
