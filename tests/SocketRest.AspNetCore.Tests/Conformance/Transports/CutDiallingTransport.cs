using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using SocketRest.Faults;

namespace SocketRest.AspNetCore.Tests.Conformance.Transports;

/// <summary><see cref="DiallingTransport"/>, whose socket is cut in every test.</summary>
public sealed class CutDiallingTransport : TunnelTransport
{
    public override async Task<TransportHost> StartAsync(Action<WebApplicationBuilder>? configure, Action<WebApplication> app)
    {
        WebApplication hub = await DiallingTransport.StartHubAsync();
        var cuts = new CutPlan(new Uri(new Uri(hub.Urls.Single()), TunnelPath), requests: Way.FromTarget);
        WebApplication application = await DiallingTransport.StartAgentAsync(cuts.Dial, configure, app);
        SocketRestConnection dialled = await application.Services.GetRequiredService<SocketRestAgent>().GetConnectionAsync();
        SocketRestConnection accepted = await hub.Services.GetRequiredService<SocketRestConnectionRegistry>().WaitForAsync(dialled.Id);
        cuts.Begin(dialled, accepted);
        return new CutHost(application, accepted.CreateHandler, cuts, hub);
    }
}
