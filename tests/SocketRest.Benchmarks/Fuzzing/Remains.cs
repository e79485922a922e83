using System.Diagnostics;
using SocketRest.Multiplexing;

namespace SocketRest.Benchmarks.Fuzzing;

/// <summary>What a connection that has ended may not leave behind.</summary>
internal static class Remains
{
    private const int PatientTurns = 200;

    public static async Task CheckAsync(TunnelConnection connection, TimeSpan limit, FuzzTally tally, string name)
    {
        // A defect says so in the reason: an exception that nobody reckoned with.
        if (connection.EndReason is { ErrorCode: SocketRestErrorCode.InternalError, InnerException: { } defect })
        {
            tally.NoteCrash($"{name}: {defect}");
        }

        var started = Stopwatch.GetTimestamp();
        for (var turn = 0; IsAny(connection); turn++)
        {
            if (Stopwatch.GetElapsedTime(started) > limit)
            {
                tally.NoteLeak($"{name}: {connection.OpenStreams} streams open, {connection.Slots.InUse} slots in use, {connection.Served.Count} exchanges running; the end was {connection.EndReason?.ErrorCode}.");
                return;
            }

            if (turn < PatientTurns)
            {
                await Task.Yield();
            }
            else
            {
                await Task.Delay(1);
            }
        }
    }

    private static bool IsAny(TunnelConnection connection) =>
        connection.OpenStreams > 0 || connection.Slots.InUse > 0 || connection.Served.Count > 0;
}
