using System.Reflection;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using SocketRest.Cli.Management.Access;
using SocketRest.Cli.Management.Model;
using SocketRest.Cli.Management.Recording;

namespace SocketRest.Cli.Management;

/// <summary>The hub itself.</summary>
internal static class HubEndpoints
{
    private static readonly string s_version = ReadVersion();

    public static void Map(IEndpointRouteBuilder api)
    {
        api.MapGet("hub", Get).WithName("GetHub").WithTags("Hub").WithSummary("Says which hub this is and what it has to do.");
        api.MapGet("openapi.json", () => TypedResults.Stream(typeof(HubEndpoints).Assembly.GetManifestResourceStream("openapi/hub.json")!, "application/json"))
            .ExcludeFromDescription();
    }

    private static Ok<HubInformation> Get(HttpRequest request, AgentList agents, RequestLog log, HubClock clock, HubOrigins origins)
    {
        int[] states = new int[3];
        foreach (SocketRestConnection connection in agents.All)
        {
            states[(int)AgentList.StateOf(connection)]++;
        }

        return TypedResults.Ok(new HubInformation
        {
            Version = s_version,
            Started = clock.Started,
            UptimeSeconds = Math.Round(clock.Uptime.TotalSeconds, 3),
            Connections = new ConnectionCounts
            {
                Total = states.Sum(),
                Connected = states[(int)AgentState.Connected],
                Interrupted = states[(int)AgentState.Interrupted],
                Draining = states[(int)AgentState.Draining],
            },
            Calls = log.Finished,
            RunningCalls = log.Running,
            AgentPath = origins.AgentPath(request),
            AgentAddress = origins.AgentAddress(request),
        });
    }

    private static string ReadVersion()
    {
        string version = typeof(HubEndpoints).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "0";
        return version.Split('+')[0];
    }
}
