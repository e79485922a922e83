using System.Text.Json.Nodes;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using SocketRest.AspNetCore;
using SocketRest.Cli.Hub.Authentication;

namespace SocketRest.Cli.Hub;

/// <summary>How the hub takes agents in.</summary>
internal static class HubTunnels
{
    public static void Configure(SocketRestServerOptions tunnels, HubOptions options)
    {
        // A token that has expired lets nobody stay; keys do not expire.
        tunnels.CloseOnAuthenticationExpiration = true;
        tunnels.Metadata = new JsonObject
        {
            ["hub"] = new JsonObject
            {
                ["path"] = HubHost.AgentsPath,
                ["hosts"] = new JsonArray([.. options.PublicHosts.Select(host => (JsonNode)host)]),
            },
        };
        tunnels.AuthorizeConnection = handshake => new ValueTask<bool>(Authorize(handshake, options));
    }

    private static bool Authorize(SocketRestHandshakeContext handshake, HubOptions options)
    {
        string? refusal = AgentName.Fault(handshake.Name);
        if (refusal is null && !options.IsOpen && !HubClaims.MayBe(handshake.User, handshake.Name!))
        {
            refusal = $"This key is not for an agent named '{handshake.Name}'; it is for {HubClaims.Describe(handshake.User)}.";
        }

        handshake.RefusalReason = refusal;
        if (refusal is null && handshake is { User.Identity.Name: { } user, Reauthenticates: false })
        {
            HubAccessLog.Connects(handshake.HttpContext.RequestServices.GetRequiredService<ILogger<HubAccessLog>>(), user, handshake.Name);
        }

        return refusal is null;
    }
}
