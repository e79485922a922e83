using System.Net;
using Microsoft.AspNetCore.Builder;

namespace SocketRest.AspNetCore.Tests.Conformance.Transports;

/// <summary>What all tunnels have in common: they present themselves as HTTP/2.</summary>
public abstract class TunnelTransport : ITransport
{
    /// <summary>Out of the way of what the tests map.</summary>
    protected const string TunnelPath = "/-tunnel";

    public virtual Capability Capabilities => Capability.Tunnel;

    public string RequestProtocol => "HTTP/2";

    public Version ResponseVersion => HttpVersion.Version20;

    public abstract Task<TransportHost> StartAsync(Action<WebApplicationBuilder>? configure, Action<WebApplication> app);

    /// <summary>Accepts tunnels in front of whatever pipeline the test builds.</summary>
    protected static void MapTunnel(WebApplication application, bool serve) => application.Map(TunnelPath, branch =>
    {
        branch.UseRouting();
        branch.UseEndpoints(endpoints =>
        {
            SocketRestEndpointConventionBuilder tunnel = endpoints.MapSocketRest("/");
            if (serve)
            {
                tunnel.ServeApplication();
            }
        });
    });
}
