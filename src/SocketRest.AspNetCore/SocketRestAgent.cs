using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using SocketRest.AspNetCore.Pipeline;
using SocketRest.Diagnostics;

namespace SocketRest.AspNetCore;

/// <summary>
/// Keeps this application's tunnel open: dials once the host has started, dials again when the connection is lost, and drains when the
/// host stops. Failures to connect are logged and never stop the host; a host without a web application does not start. Added by
/// <c>AddSocketRestAgent</c> and resolved from the services.
/// </summary>
public sealed class SocketRestAgent : IHostedLifecycleService, IAsyncDisposable, IDisposable
{
    private static readonly TimeSpan s_firstDelay = TimeSpan.FromMilliseconds(100);

    /// <summary>
    /// A connection that ends sooner counts as a failed attempt: two agents of one name and instance would evict each other without a pause.
    /// </summary>
    private static readonly TimeSpan s_settled = TimeSpan.FromSeconds(10);

    /// <summary>What a hub may ask for at most: a mistake there must not lose a device for good.</summary>
    private static readonly TimeSpan s_longestAsked = TimeSpan.FromHours(1);

    private readonly SocketRestAgentOptions _options;
    private readonly ApplicationCapture _capture;
    private readonly SocketRestClient _client;
    private readonly ILogger _logger;
    private readonly CancellationTokenSource _stopping = new();
    private Task _running = Task.CompletedTask;
    private bool _disposed;
    private Task _draining = Task.CompletedTask;

    internal SocketRestAgent(IOptions<SocketRestAgentOptions> options, PipelineServer server, ApplicationCapture capture, ILoggerFactory loggers)
    {
        _options = options.Value;
        _capture = capture;
        _logger = loggers.CreateLogger("SocketRest.Agent");
        _client = new SocketRestClient(_options, server, _logger);
    }

    /// <summary>The connection at this moment, or <see langword="null"/> while there is none.</summary>
    public SocketRestConnection? Connection => _client.Connection;

    /// <summary>Waits for the connection. Where no attempt is under way, one begins at once.</summary>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="SocketRestException">The attempt that was under way failed; the agent goes on trying.</exception>
    /// <exception cref="OperationCanceledException">The wait was cancelled.</exception>
    /// <exception cref="ObjectDisposedException">The host has stopped.</exception>
    public Task<SocketRestConnection> GetConnectionAsync(CancellationToken cancellationToken = default) => _client.GetConnectionAsync(cancellationToken);

    /// <summary>
    /// A handler that calls the other end, through the same tunnel that serves this application, whichever connection that is at the time. Disposing
    /// it closes nothing.
    /// </summary>
    public SocketRestHandler CreateHandler() => _client.CreateHandler();

    /// <summary>Closes the connection without waiting for the other end.</summary>
    public void Dispose() => _ = DisposeAsync().AsTask();

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        // The host's container made the agent once, knows it as two services and disposes it for each.
        if (Interlocked.Exchange(ref _disposed, true))
        {
            return;
        }

        await _stopping.CancelAsync().ConfigureAwait(false);
        await _client.DisposeAsync().ConfigureAwait(false);
        await _running.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    Task IHostedService.StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    Task IHostedService.StopAsync(CancellationToken cancellationToken) => _draining;

    Task IHostedLifecycleService.StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    Task IHostedLifecycleService.StartedAsync(CancellationToken cancellationToken)
    {
        if (!_capture.IsAvailable)
        {
            _ = _capture.Application;
        }

        using (ExecutionContext.SuppressFlow())
        {
            _running = Task.Run(RunAsync, CancellationToken.None);
        }

        return Task.CompletedTask;
    }

    Task IHostedLifecycleService.StoppingAsync(CancellationToken cancellationToken)
    {
        // Not awaited here: ApplicationStopping, which tells long responses to end, only fires after this.
        _draining = DrainAsync(cancellationToken);
        return Task.CompletedTask;
    }

    Task IHostedLifecycleService.StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    private async Task DrainAsync(CancellationToken cancellationToken)
    {
        await _stopping.CancelAsync().ConfigureAwait(false);
        if (_client.Connection is { } connection)
        {
            using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            limit.CancelAfter(_options.ShutdownTimeout);
            try
            {
                await connection.DrainAsync(limit.Token).ConfigureAwait(false);
            }
            catch (OperationCanceledException)
            {
                await connection.CloseAsync().ConfigureAwait(false);
            }
        }

        await _client.DisposeAsync().ConfigureAwait(false);
    }

    private async Task RunAsync()
    {
        TimeSpan delay = s_firstDelay;
        while (!_stopping.IsCancellationRequested)
        {
            TimeSpan wait = Jitter(delay);
            try
            {
                SocketRestConnection connection = await _client.GetConnectionAsync(_stopping.Token).ConfigureAwait(false);
                long since = _options.TimeProvider.GetTimestamp();
                await connection.Completion.WaitAsync(_stopping.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                if (_options.TimeProvider.GetElapsedTime(since) >= s_settled)
                {
                    delay = s_firstDelay;
                    wait = Jitter(delay);
                }
            }
            catch (Exception) when (_stopping.IsCancellationRequested)
            {
                return;
            }
            catch (Exception exception)
            {
                if ((exception as SocketRestException)?.RetryAfter is { } asked)
                {
                    wait = asked < s_longestAsked ? asked : s_longestAsked;
                }

                _logger.ConnectFailed(_options.Uri, exception.Message, wait);
            }

            delay = delay * 2 < _options.MaxReconnectDelay ? delay * 2 : _options.MaxReconnectDelay;
            await Task.Delay(wait, _options.TimeProvider, _stopping.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>Many agents that lost the same hub do not come back in step.</summary>
    private static TimeSpan Jitter(TimeSpan delay) => delay * (0.5 + (Random.Shared.NextDouble() / 2));
}
