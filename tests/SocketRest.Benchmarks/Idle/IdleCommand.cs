using SocketRest.Benchmarks.Measuring;
using SocketRest.Benchmarks.Peers;

namespace SocketRest.Benchmarks.Idle;

/// <summary>What a connection costs a hub that has thousands of them, of which hardly any does anything.</summary>
internal static class IdleCommand
{
    private static readonly TimeSpan s_pause = TimeSpan.FromSeconds(20);

    public static async Task<int> RunAsync(ReadOnlyMemory<string> arguments)
    {
        if (IdleOptions.Parse(arguments.Span) is not { } options)
        {
            return Usage.Fail();
        }

        // Both kinds of connection are dialled from here.
        var connections = Math.Min(options.Connections, FileLimit.Fit(files: 2));
        if (connections < options.Connections)
        {
            Console.WriteLine($"This process may not have enough files open (ulimit -Hn): {connections} connections instead of {options.Connections}.");
        }

        using var dialler = new HttpMessageInvoker(Handlers.Create(PeerSettings.Default));
        var tunnelHub = await HubProcess.StartAsync(IdleHub.Verb);
        using var tunnels = new IdleFleet(tunnelHub, () => TunnelLink.ConnectAsync(tunnelHub.Address, dialler));
        var webSocketHub = await HubProcess.StartAsync(IdleHub.Verb);
        using var webSockets = new IdleFleet(webSocketHub, () => WebSocketLink.ConnectAsync(webSocketHub.Address, dialler));
        foreach (var fleet in (IdleFleet[])[webSockets, tunnels])
        {
            await fleet.OpenAsync(connections);
            await fleet.CarryAsync();
        }

        await Task.Delay(s_pause);
        await webSockets.MeasureAfterTrafficAsync();
        await tunnels.MeasureAfterTrafficAsync();

        Console.WriteLine($"{connections} connections of each kind, each to a hub in a process of its own; private memory of the hub for each connection.");
        Console.WriteLine($"After traffic: {s_pause.TotalSeconds:0} s after every connection of either kind has carried 1 MiB: 512 KiB at once to the hub, and the same back.");
        var report = new Report(Console.Out);
        Add(report, "hub", tunnels);
        Add(report, "websocket", webSockets);
        report.WriteSummary();
        return 0;
    }

    private static void Add(Report report, string name, IdleFleet fleet)
    {
        report.AddValue($"idle.{name}-bytes-per-connection", fleet.Idle.Private, "bytes");
        report.AddValue($"idle.{name}-managed-bytes-per-connection", fleet.Idle.Managed, "bytes");
        report.AddValue($"idle.{name}-bytes-per-connection-after-traffic", fleet.AfterTraffic.Private, "bytes");
        report.AddValue($"idle.{name}-managed-bytes-per-connection-after-traffic", fleet.AfterTraffic.Managed, "bytes");
    }
}
