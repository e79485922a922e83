using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using SocketRest.Diagnostics;
using SocketRest.Multiplexing;

namespace SocketRest.AspNetCore.Hub;

/// <summary>Calls the application with each event, one after the other, for as long as the host runs: a reader like any other.</summary>
internal sealed class ConnectionEventCallback(SocketRestConnectionRegistry registry, IOptions<SocketRestServerOptions> options, ILoggerFactory loggers)
    : IHostedLifecycleService
{
    private readonly ILogger _logger = loggers.CreateLogger("SocketRest.AspNetCore.Hub");
    private Task _running = Task.CompletedTask;

    public Task StartingAsync(CancellationToken cancellationToken)
    {
        if (options.Value.OnConnectionEvent is { } callback)
        {
            // Before any server listens, so that nothing happens unseen.
            IAsyncEnumerator<SocketRestConnectionEvent> reader = registry.Events.GetAsyncEnumerator(CancellationToken.None);
            _running = Detached.Run(() => EventCallback.RunAsync(reader, callback, _logger.ConnectionEventFailed));
        }

        return Task.CompletedTask;
    }

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public async Task StoppedAsync(CancellationToken cancellationToken)
    {
        registry.Broadcaster.Complete();
        await _running.WaitAsync(cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }
}
