using System.Runtime.CompilerServices;

namespace SocketRest.Cli.Management;

/// <summary>The figures of a connection that the library does not count yet.</summary>
internal static class AgentFigures
{
    private static readonly ConditionalWeakTable<SocketRestConnection, StrongBox<TimeSpan>> s_roundTrips = [];

    /// <summary>The round trip that was measured last.</summary>
    public static TimeSpan? RoundTrip(SocketRestConnection connection) => s_roundTrips.TryGetValue(connection, out StrongBox<TimeSpan>? measured) ? measured.Value : null;

    public static long CallsTo(SocketRestConnection connection) => 0;

    public static long CallsFrom(SocketRestConnection connection) => 0;

    public static long BytesTo(SocketRestConnection connection) => 0;

    public static long BytesFrom(SocketRestConnection connection) => 0;

    /// <summary>Measures the round trip once, so that there is one before the first heartbeat. Never throws.</summary>
    public static async Task MeasureAsync(SocketRestConnection connection, CancellationToken cancellationToken)
    {
        try
        {
            s_roundTrips.AddOrUpdate(connection, new StrongBox<TimeSpan>(await connection.PingAsync(default, cancellationToken).ConfigureAwait(false)));
        }
        catch (SocketRestException)
        {
        }
        catch (OperationCanceledException)
        {
        }
    }
}
