using System.Net.WebSockets;
using Microsoft.Extensions.Logging;
using SocketRest.Diagnostics;
using SocketRest.Multiplexing;
using SocketRest.Transport;

namespace SocketRest.Dialling;

/// <summary>Opens another socket for a client's connection that has lost its own, for as long as the connection's grace goes.</summary>
internal sealed class ConnectionRestorer : IDisposable
{
    /// <summary>The longest wait between two attempts: a grace is short.</summary>
    private static readonly TimeSpan s_longestWait = TimeSpan.FromSeconds(5);

    private static readonly SocketRestException s_lost = new(SocketRestErrorCode.ConnectionLost, "The socket is being replaced.");

    private readonly CancellationTokenSource _stopping = new();
    private readonly CancellationToken _stopped;

    private readonly SocketOpener _opener;
    private readonly SocketRestClientOptions _options;
    private readonly IStreamServer? _server;
    private readonly ILogger _logger;
    private bool _disposed;

    public ConnectionRestorer(SocketOpener opener, SocketRestClientOptions options, IStreamServer? server, ILogger logger)
    {
        _opener = opener;
        _options = options;
        _server = server;
        _logger = logger;
        _stopped = _stopping.Token;
    }

    /// <summary>Sees to this connection from now on.</summary>
    public void Watch(TunnelConnection connection, ClientStates states) => connection.Observe(loss =>
    {
        if (loss is null)
        {
            states.Resumed(connection.Public);
            return;
        }

        states.Interrupted(connection.Public, loss);
        ThreadPool.UnsafeQueueUserWorkItem(static work => _ = work.Item1.RestoreAsync(work.connection), (this, connection), preferLocal: false);
    });

    /// <summary>No more attempts.</summary>
    public void Dispose()
    {
        if (!Interlocked.Exchange(ref _disposed, true))
        {
            _stopping.Cancel();
            _stopping.Dispose();
        }
    }

    private async Task RestoreAsync(TunnelConnection connection)
    {
        var backoff = new Backoff(_options.MaxReconnectDelay < s_longestWait ? _options.MaxReconnectDelay : s_longestWait);
        TimeSpan wait = backoff.AtOnce();
        while (true)
        {
            await Task.WhenAny(Task.Delay(wait, _options.TimeProvider, _stopped), connection.Completion).ConfigureAwait(false);
            if (_stopped.IsCancellationRequested || !connection.IsInterrupted)
            {
                return;
            }

            try
            {
                await AttemptWhileAliveAsync(connection).ConfigureAwait(false);
                return;
            }
            catch (SocketRestException failure) when (failure.ErrorCode is SocketRestErrorCode.ResumeFailed or SocketRestErrorCode.VersionNotSupported)
            {
                GiveUp(connection, failure);
                return;
            }
            catch (Exception exception)
            {
                if (connection.IsEnded)
                {
                    return;
                }

                wait = backoff.Next(exception as SocketRestException);
                _logger.ResumeFailed(connection.Identity.Id, exception.Message, wait);
            }
        }
    }

    /// <summary>An attempt ends with its connection: the next dial, which begins then, has none beside it.</summary>
    private async Task AttemptWhileAliveAsync(TunnelConnection connection)
    {
        using var over = CancellationTokenSource.CreateLinkedTokenSource(_stopped);
        Task attempt = AttemptAsync(connection, over.Token);
        if (await Task.WhenAny(attempt, connection.Completion).ConfigureAwait(false) != attempt)
        {
            await over.CancelAsync().ConfigureAwait(false);
        }

        await attempt.ConfigureAwait(false);
    }

    private async Task AttemptAsync(TunnelConnection connection, CancellationToken cancellationToken)
    {
        // The old socket is cut already: this is short, and what it still brought counts.
        await connection.LeaveLinkAsync(connection.EndReason ?? s_lost).WaitAsync(cancellationToken).ConfigureAwait(false);
        WebSocket socket = await _opener.OpenAsync(connection.Identity.Id, cancellationToken).ConfigureAwait(false);
        HandshakeResult result = await new Handshake(new WebSocketTransport(socket), _options, _server, _logger)
            .ResumeAsync(_options.Uri?.ToString(), connection, cancellationToken)
            .ConfigureAwait(false);
        result.OrThrow();
    }

    /// <summary>The other end has said that it does not know the connection any more. Where it knows what it had begun, the rest was not sent.</summary>
    private static void GiveUp(TunnelConnection connection, SocketRestException failure)
    {
        if (failure.LastStream is { } last)
        {
            connection.OnGoAway(last, SocketRestErrorCode.ResumeFailed, failure.Message, answer: false);
        }

        connection.Fail(
            new SocketRestException(SocketRestErrorCode.ResumeFailed, $"The connection was lost and could not be resumed. {failure.Message}", innerException: failure),
            SocketRestErrorCode.ConnectionLost);
    }
}
