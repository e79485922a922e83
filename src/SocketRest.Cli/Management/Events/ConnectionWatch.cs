using Microsoft.Extensions.Hosting;
using SocketRest.AspNetCore;
using SocketRest.Cli.Management.Model;

namespace SocketRest.Cli.Management.Events;

/// <summary>Passes on what happens to connections.</summary>
internal sealed class ConnectionWatch(SocketRestConnectionRegistry registry, HubEvents events, ConnectionMetrics metrics) : BackgroundService
{
    private static readonly TimeSpan s_pingLimit = TimeSpan.FromSeconds(30);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await foreach (SocketRestConnectionEvent one in registry.Events.WithCancellation(stoppingToken).ConfigureAwait(false))
        {
            metrics.Count(one);
            if (one.Kind == SocketRestConnectionEventKind.Connected)
            {
                _ = MeasureAsync(one.Connection, stoppingToken);
            }

            if (events.HasReaders)
            {
                events.Publish(new HubEvent
                {
                    Kind = KindOf(one.Kind),
                    At = one.At,
                    Agent = AgentList.Describe(one.Connection),
                    Reason = one.Reason?.Message,
                });
            }
        }
    }

    /// <summary>Measures the round trip once, so that there is one before the first heartbeat. Never throws.</summary>
    private static async Task MeasureAsync(SocketRestConnection connection, CancellationToken stopping)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(stopping);
        limit.CancelAfter(s_pingLimit);
        await ((Task)connection.PingAsync(default, limit.Token)).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private static HubEventKind KindOf(SocketRestConnectionEventKind kind) => kind switch
    {
        SocketRestConnectionEventKind.Connected => HubEventKind.Connected,
        SocketRestConnectionEventKind.Disconnected => HubEventKind.Disconnected,
        SocketRestConnectionEventKind.Resumed => HubEventKind.Resumed,
        SocketRestConnectionEventKind.Draining => HubEventKind.Draining,
        _ => HubEventKind.Closed,
    };
}
