using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using SocketRest.Faults;

namespace SocketRest.AspNetCore.Tests.Conformance.Transports;

/// <summary><see cref="AcceptingTransport"/>, whose socket is cut in every test.</summary>
public sealed class CutAcceptingTransport : TunnelTransport
{
    public override Capability Capabilities => Capability.Tunnel | Capability.Addresses;

    public override async Task<TransportHost> StartAsync(Action<WebApplicationBuilder>? configure, Action<WebApplication> app)
    {
        WebApplication application = await AcceptingTransport.StartHubAsync(configure, app);
        var cuts = new CutPlan(new Uri(new Uri(application.Urls.Single()), TunnelPath), requests: Way.ToTarget);
        var options = new SocketRestClientOptions();
        cuts.Dial(options);
        SocketRestClient tunnel = await SocketRestClient.ConnectAsync(options);
        SocketRestConnection accepted = await application.Services.GetRequiredService<SocketRestConnectionRegistry>().WaitForAsync(tunnel.Connection!.Id);
        cuts.Begin(dialled: tunnel.Connection, accepted);
        return new CutHost(application, tunnel.CreateHandler, cuts, tunnel);
    }
}
