using Microsoft.Extensions.Hosting;

namespace SocketRest.AspNetCore.Hub;

/// <summary>Drains the accepted tunnels before the server stops: an open WebSocket would hold it up for the host's whole time-out.</summary>
internal sealed class TunnelShutdown(TunnelAcceptor acceptor) : IHostedLifecycleService
{
    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppingAsync(CancellationToken cancellationToken) => acceptor.StopAsync(cancellationToken);

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
