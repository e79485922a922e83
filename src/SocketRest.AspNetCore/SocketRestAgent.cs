using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using SocketRest.AspNetCore.Hub;
using SocketRest.AspNetCore.Pipeline;

namespace SocketRest.AspNetCore;

/// <summary>
/// Keeps this application's tunnel open: dials once the host has started, dials again when the connection is lost, and drains when the
/// host stops. Failures to connect are logged and never stop the host; a host without a web application does not start. Added by
/// <c>AddSocketRestAgent</c> and resolved from the services.
/// </summary>
public sealed class SocketRestAgent : IHostedLifecycleService, IAsyncDisposable, IDisposable
{
    private readonly SocketRestAgentOptions _options;
    private readonly ApplicationCapture _capture;
    private readonly HostOptions _host;
    private readonly SocketRestClient _client;
    private bool _disposed;
    private Task _draining = Task.CompletedTask;

    internal SocketRestAgent(IOptions<SocketRestAgentOptions> options, PipelineServer server, ApplicationCapture capture, IOptions<HostOptions> host, ILoggerFactory loggers)
    {
        _options = options.Value;
        _capture = capture;
        _host = host.Value;
        _client = new SocketRestClient(_options, server, loggers.CreateLogger("SocketRest.Agent"));
    }

    /// <summary>The connection at this moment, or <see langword="null"/> while there is none.</summary>
    public SocketRestConnection? Connection => _client.Connection;

    /// <summary>Waits for the connection, through attempts that fail.</summary>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="SocketRestException">The host stopped meanwhile.</exception>
    /// <exception cref="OperationCanceledException">The wait was cancelled; if an attempt had failed by then, the inner exception says why.</exception>
    /// <exception cref="ObjectDisposedException">The host has stopped.</exception>
    public Task<SocketRestConnection> GetConnectionAsync(CancellationToken cancellationToken = default) => _client.GetConnectionAsync(cancellationToken);

    /// <summary>
    /// A handler that calls the other end, through the same tunnel that serves this application, whichever connection that is at the time. Disposing
    /// it closes nothing.
    /// </summary>
    public SocketRestHandler CreateHandler() => _client.CreateHandler();

    /// <summary>
    /// Renews the credentials of the connection without ending it: asks <see cref="SocketRestClientOptions.AuthorizationProvider"/> again and shows the hub what it yields.
    /// <see cref="SocketRestClient.ReauthenticateAsync"/> says all about it.
    /// </summary>
    /// <param name="cancellationToken">Ends the wait; the new credentials may be accepted all the same.</param>
    /// <exception cref="SocketRestException">
    /// The hub refuses the credentials (<see cref="SocketRestErrorCode.Unauthorized"/>) and the connection goes on with the old ones; it takes none on this connection
    /// (<see cref="SocketRestErrorCode.NotServed"/>); they are no Authorization field or above 32,768 bytes (<see cref="SocketRestErrorCode.InvalidRequest"/>); or the connection has ended.
    /// </exception>
    /// <exception cref="InvalidOperationException">There is no <see cref="SocketRestClientOptions.AuthorizationProvider"/>, or it yields <see langword="null"/>.</exception>
    /// <exception cref="OperationCanceledException">The wait was cancelled.</exception>
    public Task ReauthenticateAsync(CancellationToken cancellationToken = default) => _client.ReauthenticateAsync(cancellationToken);

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

        await _client.DisposeAsync().ConfigureAwait(false);
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

        _client.BeginDialling();
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
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(ShutdownLimit.Of(_options.ShutdownTimeout, _host));
        await _client.DrainAsync(limit.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await _client.DisposeAsync().ConfigureAwait(false);
    }
}
