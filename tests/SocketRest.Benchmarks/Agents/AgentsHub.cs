using System.Globalization;
using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using SocketRest.AspNetCore;
using SocketRest.Benchmarks.App;
using SocketRest.Benchmarks.Idle;
using SocketRest.Benchmarks.Peers;

namespace SocketRest.Benchmarks.Agents;

/// <summary>
/// A hub as a process of its own, at the port that its argument names, with the limits that it has by default. Its first line is its address; after that it
/// answers <c>count</c> with the number of its agents, anything else with its <see cref="MemoryUse"/>, and ends when there are no more lines.
/// </summary>
internal static class AgentsHub
{
    public const string Verb = "agents-hub";
    public const string TunnelPath = "/tunnel";
    public const string Count = "count";

    public static async Task<int> RunAsync(string port)
    {
        var builder = ApplicationUnderTest.CreateBuilder();
        builder.WebHost.ConfigureKestrel(options =>
        {
            LoopbackServer.Configure(options);
            options.Listen(IPAddress.Loopback, int.Parse(port, CultureInfo.InvariantCulture));
        });
        builder.Services.AddSocketRest();
        var app = builder.Build();
        app.MapSocketRest(TunnelPath);
        app.MapSocketRestForwarder("/agents/{agent}/{**path}");
        await app.StartAsync();

        var registry = app.Services.GetRequiredService<SocketRestConnectionRegistry>();
        Console.WriteLine(LoopbackServer.Address(app));
        while (await Console.In.ReadLineAsync() is { } line)
        {
            Console.WriteLine(line == Count ? registry.Connections.Count : await MemoryUse.MeasureAsync());
        }

        return 0;
    }
}
